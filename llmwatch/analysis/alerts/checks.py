"""Rules that need more than a metric and a bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean
from typing import Final

from llmwatch.analysis.alerts.engine import Seen
from llmwatch.analysis.alerts.measured import SHOWN, Unit
from llmwatch.analysis.alerts.rule import Rule, slice_of
from llmwatch.analysis.alerts.significance import shares_differ, trend
from llmwatch.analysis.alerts.view import Amount, View
from llmwatch.analysis.budget import BudgetState
from llmwatch.analysis.budgetwords import behind, said
from llmwatch.config.budgets import RUNAWAY_LOOP
from llmwatch.format import money, percent, tokens
from llmwatch.store.filters import quoted

_NANO: Final = 10**9
_DAY_S: Final = 86_400
_BURST: Final = 10
_RATINGS: Final = 10
_ROUNDING: Final = 1.02
"""Histograms may say 1 % more on either side than what was sent (store/histogram.py)."""


def error_burst(rule: Rule, view: View) -> Iterator[Seen]:
    """More than a share of the last ten calls failed, counted by whole minutes."""
    calls = errors = 0
    for more, failed in reversed(view.calls(rule.window_s, rule.where)):
        calls, errors = calls + more, errors + failed
        if calls >= max(_BURST, rule.min_samples):
            break
    name = slice_of(rule.where)
    if calls < max(_BURST, rule.min_samples):
        yield Seen(slice=name, finding="no data", samples=calls)
        return
    rate = errors / calls
    yield Seen(
        slice=name,
        finding="holds" if rate > rule.threshold else "fine",
        value=rate,
        threshold=rule.threshold,
        samples=calls,
        reason=f"{errors} of the last {calls} calls failed, over {percent(rule.threshold)}",
        terms=f"status:error kind:llm {name}".strip(),
    )


def low_rating(rule: Rule, view: View) -> Iterator[Seen]:
    """The mean of the last ten ratings is low."""
    ratings = view.ratings(_RATINGS, rule.window_s)
    if len(ratings) < max(rule.min_samples, 1):
        yield Seen(finding="no data", samples=len(ratings))
        return
    mean = fmean(ratings)
    yield Seen(
        finding="holds" if mean < rule.threshold else "fine",
        value=mean,
        threshold=rule.threshold,
        samples=len(ratings),
        reason=f"the last {len(ratings)} ratings are {mean:.2f} on average, under {rule.threshold:g}",
    )


def quality_samples(rule: Rule, view: View) -> Iterator[Seen]:
    """More than a share of the answers are marked ten percent lower than usual."""
    usual, marks = view.usual("quality_score", {}), view.scores("quality_score", rule.window_s)
    if len(marks) < max(rule.min_samples, 1):
        yield Seen(finding="no data", samples=len(marks))
        return
    if usual is None:
        yield Seen(finding="learning", samples=len(marks))
        return
    low = sum(mark < 0.9 * usual.mean for mark in marks)
    share = low / len(marks)
    yield Seen(
        finding="holds" if share > rule.threshold else "fine",
        value=share,
        threshold=rule.threshold,
        samples=len(marks),
        reason=f"{percent(share)} of the answers are 10 % or more under the usual quality {usual.mean:.2f}, "
        f"over {percent(rule.threshold)}",
        terms="kind:llm",
    )


def token_outlier(rule: Rule, view: View) -> Iterator[Seen]:
    """A request with many times the tokens of the 95th percentile."""
    amounts: tuple[tuple[Amount, str], ...] = (("input", "in"), ("output", "out"))
    found, name = "learning", slice_of(rule.where)
    for amount, key in amounts:
        usual = view.usual(f"{amount}_tokens_p95", rule.where)
        if usual is None or not usual.mean:
            continue
        found, bar = "fine", usual.mean * rule.threshold
        largest = view.larger(amount, bar * _ROUNDING, rule.window_s, rule.where)
        if largest.count:
            terms = f"kind:llm {key}>{bar:.0f} {name}".strip()
            yield Seen(
                slice=f"{name} {amount}".strip(), finding="holds", value=largest.value, threshold=bar,
                samples=largest.count, terms=terms,
                reason=f"{_requests(largest.count)} with up to {tokens(largest.value)} {amount} tokens, over "
                f"{rule.threshold:g} times the usual p95 {tokens(usual.mean)}",
            )  # fmt: skip
    if found == "learning":
        yield Seen(slice=name, finding="learning")


def runaway_loop(rule: Rule, view: View) -> Iterator[Seen]:
    """Agents that run in circles, each in a trace of its own."""
    traces = view.marked(RUNAWAY_LOOP, rule.window_s)
    if len(traces) > rule.threshold:
        for trace_id, said_of_it in traces:
            terms = f"trace:{quoted(trace_id)}"
            yield Seen(
                slice=terms, finding="holds", value=len(traces), threshold=rule.threshold,
                samples=len(traces), reason=said_of_it, terms=terms,
            )  # fmt: skip


def request_ceiling(rule: Rule, view: View) -> Iterator[Seen]:
    """Requests that cost more than so many dollars each: at least ``min_samples`` of them."""
    bar, name = rule.threshold * _NANO, slice_of(rule.where)
    largest = view.larger("cost", bar * _ROUNDING, rule.window_s, rule.where)
    yield Seen(
        slice=name,
        finding="holds" if largest.count >= max(rule.min_samples, 1) else "fine",
        value=largest.value if largest.count else None,
        threshold=bar,
        samples=largest.count,
        reason=f"{_requests(largest.count)} over {money(round(bar))}, up to {money(round(largest.value))}",
        terms=f"kind:llm cost>{rule.threshold:g} {name}".strip(),
    )


def budget_warn(rule: Rule, view: View) -> Iterator[Seen]:
    """A budget in money has reached its ``warn_at``."""
    yield from (
        _budget(state, state.warn_at * rule.threshold) for state in _limited(view) if state.unit == "usd"
    )


def token_quota(rule: Rule, view: View) -> Iterator[Seen]:
    """A quota of tokens or calls has reached its ``warn_at``."""
    yield from (
        _budget(state, state.warn_at * rule.threshold) for state in _limited(view) if state.unit != "usd"
    )


def budget_exceeded(rule: Rule, view: View) -> Iterator[Seen]:
    """A budget or a quota is used up."""
    yield from (_budget(state, rule.threshold) for state in _limited(view))


def _limited(view: View) -> list[BudgetState]:
    return [state for state in view.budgets() if state.share is not None]


def _budget(state: BudgetState, bar: float) -> Seen:
    assert state.share is not None, "only budgets with a limit are looked at"
    whose = f" {state.by}:{quoted(state.value)}" if state.value is not None else ""
    return Seen(
        slice=f"{state.name} {datetime.fromtimestamp(state.start_s, UTC):%Y-%m-%d %H:%M}{whose}",
        finding="holds" if state.share >= bar else "fine",
        value=state.share,
        threshold=bar,
        reason=said(state),
        terms=behind(state),
        once=True,
    )


def session_cost(rule: Rule, view: View) -> Iterator[Seen]:
    """A session has cost many times what sessions cost on average."""
    for session in view.sessions(rule.window_s):
        bar = session.mean_nanousd * rule.threshold
        enough = session.sessions >= rule.min_samples
        yield Seen(
            slice=f"session:{quoted(session.session)}",
            finding="no data" if not enough else "holds" if session.nanousd > bar else "fine",
            value=session.nanousd,
            threshold=bar,
            samples=session.sessions,
            reason=f"a session cost {money(session.nanousd)}, over {rule.threshold:g} times the mean "
            f"{money(round(session.mean_nanousd))}",
            terms=f"session:{quoted(session.session)}",
        )


def new_segment(rule: Rule, view: View) -> Iterator[Seen]:
    """A segment of users that was never seen before, or whose share of the calls has changed."""
    segments = view.segments(rule.window_s)
    calls, before = sum(each.calls for each in segments), sum(each.before for each in segments)
    for each in segments:
        name = f"segment:{quoted(each.segment)}"
        if not before:
            yield Seen(slice=name, finding="learning", samples=each.calls)
            continue
        p = shares_differ(each.calls, calls, each.before, before)
        now, usual = each.calls / max(calls, 1), each.before / before
        shifted = p is not None and p < rule.threshold and (now > 2 * usual or 2 * now < usual)
        new = each.before == 0 and each.calls >= rule.min_samples
        text = (
            f"segment {each.segment} is new: {_requests(each.calls)}"
            if new
            else f"segment {each.segment} makes {percent(now)} of the calls, {percent(usual)} before"
        )
        holds = new or (shifted and calls >= rule.min_samples)
        yield Seen(
            slice=name, finding="holds" if holds else "fine", value=now, threshold=usual,
            samples=each.calls, reason=text, terms=name,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rising:
    """A metric that rises over the days of the window, more than chance would make it."""

    metric: str
    title: str
    unit: Unit
    terms: str

    def __call__(self, rule: Rule, view: View) -> Iterator[Seen]:
        """The trend of the whole days of the window."""
        name, days = slice_of(rule.where), view.days(self.metric, rule.window_s // _DAY_S, rule.where)
        found = trend(days) if len(days) >= max(rule.min_samples, 3) else None
        if found is None:
            yield Seen(slice=name, finding="no data", samples=len(days))
            return
        slope, p = found
        show = SHOWN[self.unit]
        yield Seen(
            slice=name,
            finding="holds" if slope > 0 and p < rule.threshold else "fine",
            value=days[-1],
            threshold=days[0],
            samples=len(days),
            reason=f"{self.title} rose from {show(days[0])} to {show(days[-1])} in {len(days)} days "
            f"(p = {p:.2g})",
            terms=f"{self.terms} {name}".strip(),
        )


def _requests(count: int) -> str:
    return f"{count:,} request{'' if count == 1 else 's'}"
