"""What a span lacks, and the exact line to change so that the next one has it. Pure.

Every rule looks at one span with what surrounds it in its trace, and says nothing when in doubt: what may
still come is not missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from llmwatch.analysis import remedies
from llmwatch.analysis.why import sender
from llmwatch.format import change, duration, money
from llmwatch.store.redaction import SCRUBBED, redacted
from llmwatch.store.rows import Around, SpanDetail
from llmwatch.store.span import Span

_AHEAD_NS: Final = 60 * 10**9
"""Clocks of one network are closer than this; what starts later than it was received has a wrong one."""
_LATE_NS: Final = 600 * 10**9
"""After so long without news nothing more is expected: exporters hold spans back for seconds."""
_UNKNOWN_SERVICE: Final = "unknown_service"
"""What OTel SDKs call an app that has no name, with ``:python`` and the like behind it."""
_AGENTS: Final = frozenset({"claude-code", "codex", "gemini-cli"})
"""Their prompts come once, beside the calls, and answers hardly ever."""
QUIET: Final = frozenset({"service", "person"})
"""Hints about what many an app does well without."""
_SPEAKING: Final = ("gen_ai.input.messages", "gen_ai.output.messages", "input.value", "output.value")


_WORDS: Final = re.compile(r"message|prompt|completion|input|output|content|_data$|session\.id|user\.id")
"""Attributes whose mark was left by the sender: credentials are taken out here."""


class Hint(NamedTuple):
    """Something that is missing."""

    id: str
    missing: str
    """What, in a few words. It may hold text from outside."""
    fix: str
    """The line to change, as it is written in the app; empty when nothing there can be changed."""


class _Seen(NamedTuple):
    detail: SpanDetail
    around: Around
    now_ns: int

    @property
    def span(self) -> Span:
        return self.detail.span

    @property
    def late(self) -> bool:
        return self.now_ns - self.around.received_ns > _LATE_NS

    @property
    def answered(self) -> bool:
        """Whether it is a model call that is over, went well, and is not seen better in another span.

        A call of which nothing came back may have failed without saying so (Braintrust tells its parent).
        """
        span, call = self.span, self.span.call
        if span.kind != "llm" or span.state != "ended" or span.status == "error":
            return False
        spoken = span.content.output_messages or span.content.output_text
        known = call is not None and (call.usage or call.response_id or call.finish_reasons or call.stream)
        asked = span.content.input_messages or span.content.input_text
        return self.detail.row.usage_role in (None, "counted") and bool(spoken or known or not asked)


_Rule: TypeAlias = Callable[[_Seen], Hint | None]


def hints(detail: SpanDetail, around: Around, now_ns: int) -> tuple[Hint, ...]:
    """What is missing of a span, what matters most first."""
    seen = _Seen(detail, around, now_ns)
    return tuple(hint for rule in _RULES if (hint := rule(seen)) is not None)


def _clock(seen: _Seen) -> Hint | None:
    ahead = seen.span.start_ns - seen.around.received_ns
    if ahead <= _AHEAD_NS:
        return None
    return Hint("clock", f"it starts {duration(ahead)} after it was received: its clock is ahead",
                "sudo timedatectl set-ntp true, where the app runs")  # fmt: skip


def _parent(seen: _Seen) -> Hint | None:
    if seen.around.parent_arrived or not seen.late:
        return None
    if seen.around.root_arrived:
        return Hint("parent", "its parent never came", remedies.ending(seen.span))
    missing = "the root of its trace never came: it was not flushed, or its service sends elsewhere"
    return Hint("root", missing, remedies.ending(seen.span))


def _end(seen: _Seen) -> Hint | None:
    if seen.span.state != "started" or not seen.late:
        return None
    return Hint("end", "it never ended, or its end was not sent", remedies.ending(seen.span))


def _redacted(seen: _Seen) -> Hint | None:
    attributes = seen.span.content.attributes
    marked = [name for name, value in attributes.items() if _marked(value) and _WORDS.search(name)]
    if not marked:
        return None
    scrubbed = any(str(attributes[name]).startswith(SCRUBBED) for name in marked)
    fix = "logfire.configure(scrubbing=False)" if scrubbed else remedies.content(seen.span)
    return Hint("redacted", f"redacted by its sender: {', '.join(sorted(marked)[:3])}", fix)


def _content(seen: _Seen) -> Hint | None:
    content = seen.span.content
    prompt = content.input_messages or content.input_text
    answer = content.output_messages or content.output_text
    if seen.span.dialect in _AGENTS:
        expected = seen.span.kind in ("agent", "prompt")
        answer = answer or prompt
    else:
        expected = seen.answered
    if not expected or content.truncated or (prompt and answer) or _redacted(seen):
        return None
    missing = "the answer" if prompt else "the prompt" if answer else "prompt and answer"
    return Hint("content", f"{missing} not captured", remedies.content(seen.span))


def _usage(seen: _Seen) -> Hint | None:
    call = seen.span.call
    usage = call.usage if call else None
    if not seen.answered or call is None or call.cache_hit:
        return None
    if usage and usage.estimated:
        return Hint("estimated", "the tokens are an estimate", remedies.stream_usage(seen.span))
    if usage and (usage.input_tokens is not None or usage.output_tokens is not None):
        return None
    if seen.around.usage_above:
        return Hint(
            "rollup", "only a span above it says tokens, for all of its calls", remedies.usage(seen.span)
        )
    if (call.stream or call.time_to_first_chunk_ns is not None) and call.provider != "anthropic":
        return Hint("stream_usage", "a stream without token counts", remedies.stream_usage(seen.span))
    return Hint("usage", "no token counts", remedies.usage(seen.span))


def _price(seen: _Seen) -> Hint | None:
    cost, call = seen.span.cost, seen.span.call
    if cost is None or cost.nanousd is not None or seen.detail.row.usage_role != "counted":
        return None
    if call is None or call.sender_cost_nanousd is not None:
        return None
    named = call.request_model or call.response_model
    if not named:
        fix = remedies.model(seen.span)
    elif "locally" in cost.note:
        fix = "[providers.NAME] base_url = …, free = true in the configuration"
    else:
        fix = 'llmwatch prices update, or [prices."MODEL"] input = …, output = … in the configuration'
    return Hint("price", cost.note or "unpriced", fix)


def _dropped(seen: _Seen) -> Hint | None:
    count = seen.span.content.dropped_attributes
    if not count:
        return None
    return Hint(
        "dropped", f"its SDK dropped {count:,} attributes", "export OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=1000"
    )


def _cut(seen: _Seen) -> Hint | None:
    content = seen.span.content
    if content.truncated:
        return Hint("cut", f"cut to size: {', '.join(content.truncated[:3])}",
                    "[collector] max_value_kib in the configuration")  # fmt: skip
    if any(_broken(content.attributes.get(name)) for name in _SPEAKING):
        return Hint("cut", "messages cut by its SDK", "unset OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
    return None


def _cost(seen: _Seen) -> Hint | None:
    cost, call = seen.span.cost, seen.span.call
    if cost is None or cost.nanousd is None or call is None or not call.sender_cost_nanousd:
        return None
    if not sender(call.sender_cost_nanousd, cost.nanousd).differs:
        return None
    ours, theirs = cost.nanousd, call.sender_cost_nanousd
    told = f"{change(ours, theirs)} of ours" if ours else f"{money(theirs)}, where ours is $0"
    return Hint("cost", f"its sender's cost differs: {told}", f"llmwatch why {seen.span.span_id}")


def _service(seen: _Seen) -> Hint | None:
    name, resource = seen.span.context.service, seen.span.content.resource
    if name is not None and not name.startswith(_UNKNOWN_SERVICE):
        return None
    if name is None and "telemetry.sdk.name" not in resource and seen.span.dialect != "json":
        return None
    return Hint("service", "its app has no name", remedies.service(seen.span))


def _person(seen: _Seen) -> Hint | None:
    if seen.span.kind != "llm" or seen.around.person_known or seen.span.state == "partial":
        return None
    if seen.detail.row.usage_role in ("rollup", "duplicate"):
        return None
    return Hint("person", "no session and no user", remedies.person(seen.span))


def _marked(value: Any) -> bool:
    return isinstance(value, str) and redacted(value)


def _broken(value: Any) -> bool:
    """Whether JSON that holds messages has no end."""
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return False
    return value.rstrip()[-1:] != {"[": "]", "{": "}"}[value[0]]


_RULES: Final[tuple[_Rule, ...]] = (
    _clock, _parent, _end, _redacted, _cut, _content, _usage, _price, _dropped, _cost, _service, _person,
)  # fmt: skip
"""What matters most first."""


def counted(found: Iterator[tuple[SpanDetail, tuple[Hint, ...]]]) -> list[Group]:
    """Hints of many spans by what they say and to whom, the most frequent first."""
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for detail, told in found:
        for hint in told:
            key = (hint.id, detail.span.dialect, hint.fix)
            groups.setdefault(key, [0, hint, detail])[0] += 1
    made = [
        Group(hint, detail.span.dialect, spans, detail.row.trace_id, detail.row.span_id)
        for spans, hint, detail in groups.values()
    ]
    return sorted(made, key=lambda group: (-group.spans, group.hint.id, group.dialect))


class Group(NamedTuple):
    """The same hint about many spans of one dialect."""

    hint: Hint
    """As the newest of them says it."""
    dialect: str
    spans: int
    trace_id: str
    span_id: str
    """The newest of them."""
