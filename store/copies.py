"""Spans that tell of one call twice, because two instrumentations of one client saw it.

Both see the same response at the same time, one of them from further in. The ids of responses alone say
nothing: servers with a cache, and stubs, answer two equal requests with the same one. So two spans are one
call when they are of the same model, overlap in time and

- both know the id of the response, it is the same, and they have the same parent or are of two dialects; or
- one of them does not know it, they are of two dialects, and they tell the same tokens, or one lasts within
  the other and they have the same parent, the same input, or both failed.
"""

from __future__ import annotations

from typing import Final

from llmwatch.store.projection import Brief

_TOTAL: Final = 2
"""Where the total is in a brief's usage: a sum, that knows nothing more."""
_MOST_OPEN: Final = 64
"""Calls at the same time, of one trace, that are looked at."""


def copies(spans: list[Brief]) -> dict[str, str]:
    """For those of ``spans`` (of one trace, none above another) whose call another tells better, its id."""
    if len(spans) < 2:
        return {}
    ids = [span.response_id for span in spans if span.response_id is not None]
    if len(set(ids)) == len(ids) and len({span.dialect for span in spans}) < 2:
        return {}
    calls: list[list[Brief]] = []
    open_calls: list[list[Brief]] = []
    for span in sorted(spans, key=_position):
        open_calls = [call for call in open_calls if _lasts_until(call[0], span.start_ns)][-_MOST_OPEN:]
        call = next((call for call in reversed(open_calls) if _same(call, span)), None)
        if call is None:
            call = []
            calls.append(call)
            open_calls.append(call)
        call.append(span)
    best = ((call, _best(call)) for call in calls if len(call) > 1)
    return {span.span_id: kept.span_id for call, kept in best for span in call if span is not kept}


def _position(span: Brief) -> tuple[int, bool, int, str]:
    """Outer ones first."""
    return span.start_ns, span.end_ns is not None, -(span.end_ns or 0), span.span_id


def _lasts_until(span: Brief, time_ns: int) -> bool:
    """A span that has not ended lasts until now."""
    return span.end_ns is None or span.end_ns >= time_ns


def _same(call: list[Brief], span: Brief) -> bool:
    """Whether ``span``, which began while the first of ``call`` ran, tells of the same call."""
    outer = call[0]
    if not _same_model(outer, span):
        return False
    two = all(span.dialect != other.dialect for other in call)
    if outer.response_id is not None and span.response_id is not None:
        return outer.response_id == span.response_id and (two or outer.parent_id == span.parent_id)
    if not two or outer.kind != span.kind:
        return False
    same_input = span.input_tokens is not None and span.input_tokens == outer.input_tokens
    if same_input and span.output_tokens is not None and span.output_tokens == outer.output_tokens:
        return True
    failed = outer.status == span.status == "error"
    return _within(span, outer) and (outer.parent_id == span.parent_id or same_input or failed)


def _best(call: list[Brief]) -> Brief:
    """The one that knows most of its usage.

    Of those that know as much, the innermost is nearest to the wire (OpenLLMetry counts an output token too
    many in Anthropic's streams); but where the outermost says the same, it knows who asked and for what, too.
    """
    nearest = min(call, key=lambda span: (_counts(span).count(None), -span.start_ns, span.span_id))
    said = _counts(nearest), nearest.cost_nanousd  # writes for an hour show in the cost alone
    return next(span for span in call if (_counts(span), span.cost_nanousd) == said)


def _counts(span: Brief) -> tuple[int | None, ...]:
    usage = span.usage
    return (*usage[:_TOTAL], *usage[_TOTAL + 1 :])


def _within(inner: Brief, outer: Brief) -> bool:
    return outer.end_ns is None or (inner.end_ns is not None and inner.end_ns <= outer.end_ns)


def _same_model(left: Brief, right: Brief) -> bool:
    """One of them may know only what was asked for, or nothing."""
    mine = {left.request_model, left.response_model} - {None}
    theirs = {right.request_model, right.response_model} - {None}
    return not mine or not theirs or not mine.isdisjoint(theirs)
