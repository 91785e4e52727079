"""The built-in rules: what each looks at and means; their numbers are in llmwatch/config/alerts.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from llmwatch.analysis.alerts import arms, checks
from llmwatch.analysis.alerts.bars import Bar
from llmwatch.analysis.alerts.engine import Seen
from llmwatch.analysis.alerts.measured import Measured, Unit
from llmwatch.analysis.alerts.rule import Rule
from llmwatch.analysis.alerts.view import View

Look: TypeAlias = Callable[[Rule, View], Iterable[Seen]]
_FIVE_MINUTES_S: Final = 300
_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Kind:
    """One built-in rule."""

    about: str
    """When it fires, for a person."""
    look: Look
    every_s: int = 60
    """How often it is worth looking."""
    live: bool = False
    """Whether the running minute counts, because nobody should wait for its end."""


def _metric(
    about: str, metric: str, title: str, bar: Bar, unit: Unit, terms: str = "kind:llm", *, live: bool = False
) -> Kind:
    return Kind(about, Measured(metric=metric, title=title, bar=bar, unit=unit, terms=terms), live=live)


KINDS: Final[Mapping[str, Kind]] = {
    "error_rate": _metric(
        "The share of LLM calls that fail is over the threshold.",
        "error_rate", "error rate", "over", "share", "status:error kind:llm"),
    "error_burst": Kind(
        "The share of the last ten calls that failed is over the threshold: for apps with few calls.",
        checks.error_burst),
    "ttft_p99": _metric(
        "The 99th percentile of the time to the first token is over so many seconds.",
        "ttft_p99", "p99 time to first token", "over", "seconds", "kind:llm ttft>{}"),
    "latency_p99": _metric(
        "The 99th percentile of the duration of LLM calls is over so many seconds.",
        "latency_p99", "p99 latency", "over", "seconds", "kind:llm dur>{}"),
    "latency_p95": _metric(
        "The 95th percentile of the duration of LLM calls is over so many seconds.",
        "latency_p95", "p95 latency", "over", "seconds", "kind:llm dur>{}"),
    "latency_mean": _metric(
        "The mean duration of LLM calls is over so many times the usual.",
        "latency_mean", "mean latency", "times", "seconds"),
    "safety": _metric(
        "More answers than this failed a check of safety.",
        "safety_failures", "answers that failed a check of safety:", "over", "count", live=True),
    "quality_collapse": _metric(
        "The mean quality of answers is by such a share under the usual.",
        "quality_score", "quality", "below", "mark"),
    "cost_per_request": _metric(
        "The mean cost of a request is over so many times the usual.",
        "cost_per_request", "cost per request", "times", "dollars", "cost>0"),
    "quality_drop": _metric(
        "The mean quality of answers is by such a share under the usual.",
        "quality_score", "quality", "below", "mark"),
    "quality_samples": Kind(
        "More than this share of the answers are marked 10 % or more under the usual quality.",
        checks.quality_samples),
    "token_quota": Kind(
        "A quota of tokens or calls has reached so many times its own warn_at.",
        checks.token_quota, live=True),
    "prompt_worse": Kind(
        "The newest version of a prompt does worse than the one before, and chance would make such a "
        "difference less often than this: two-proportion z-tests of errors, checks and feedback, Welch's "
        "t-test of quality.",
        arms.prompt_worse, _FIVE_MINUTES_S),
    "budget_warn": Kind(
        "A budget in money has reached so many times its own warn_at.", checks.budget_warn, live=True),
    "budget_exceeded": Kind(
        "This share of a budget or quota is spent.", checks.budget_exceeded, live=True),
    "cost_spike": _metric(
        "The cost of an hour is over so many times that of the usual hour.",
        "cost_per_hour", "cost per hour", "times", "dollars", "cost>0"),
    "high_cost": _metric(
        "The cost of an hour is over so many dollars.",
        "cost_per_hour", "cost per hour", "over", "dollars", "cost>0"),
    "low_quality": _metric(
        "The share of answers with low scores is over the threshold.",
        "low_score_rate", "answers with low scores:", "over", "share"),
    "low_rating": Kind(
        "The mean of the last ten ratings of users, from 0 to 1, is under the threshold.", checks.low_rating),
    "negative_feedback": _metric(
        "The share of feedback that is negative is over the threshold.",
        "negative_feedback", "negative feedback", "over", "share"),
    "regeneration": _metric(
        "The share of answers that users had made again is by such a share over the usual.",
        "regeneration_rate", "answers made again:", "above", "share"),
    "retries": _metric(
        "The share of calls that were tried again is by such a share over the usual.",
        "retry_rate", "calls tried again:", "above", "share"),
    "refusals": _metric(
        "The share of calls that the model refuses is over so many times the usual.",
        "refusal_rate", "refusals", "times", "share", "heuristic:refusal"),
    "heuristic_pass": _metric(
        "The share of answers that pass every check is under the threshold.",
        "heuristic_pass_rate", "answers that pass the checks:", "under", "share", "heuristic:*"),
    "groundedness": _metric(
        "The mean groundedness of answers, from 0 to 1, is under the threshold.",
        "groundedness", "groundedness", "under", "mark"),
    "truncation": _metric(
        "The share of answers that are cut off at the token limit is over the threshold.",
        "truncation_rate", "answers cut off:", "over", "share", "finish:length"),
    "prompt_drift": _metric(
        "The mean number of tokens of prompts is by such a share off the usual, on either side.",
        "prompt_tokens_mean", "tokens of a prompt", "around", "count"),
    "token_outlier": Kind(
        "A request has over so many times the tokens of the usual 95th percentile.", checks.token_outlier),
    "session_cost": Kind(
        "A session has cost over so many times what sessions cost on average.",
        checks.session_cost, _FIVE_MINUTES_S),
    "request_rate": _metric(
        "The rate of requests is by so many standard deviations off the usual, on either side.",
        "request_rate", "requests", "sigma", "count"),
    "retrieval_trend": Kind(
        "Retrieval gets slower by the day, and chance would make such a trend less often than this.",
        checks.Rising(metric="retrieval_latency_p95", title="p95 latency of retrieval", unit="seconds",
                      terms="kind:retriever"),
        _HOUR_S),
    "new_segment": Kind(
        "A segment of users is seen for the first time, or its share of the calls has doubled or halved and "
        "chance would do that less often than this.",
        checks.new_segment, _HOUR_S),
    "experiment": Kind(
        "Versions of a prompt, or models of a feature, do differently, and chance would make such a "
        "difference less often than this: review and decide.",
        arms.experiment, _HOUR_S),
    "session_cost_trend": Kind(
        "Sessions cost more by the day, and chance would make such a trend less often than this.",
        checks.Rising(metric="cost_per_session", title="cost per session", unit="dollars", terms="cost>0"),
        _HOUR_S),
    "request_ceiling": Kind(
        "Time and again requests cost over so many dollars each: min_samples of them in the window.",
        checks.request_ceiling),
    "runaway_loop": Kind(
        "More traces than this run in circles: an agent calls the same tool with the same arguments time and "
        "again (loop.repeats).",
        checks.runaway_loop, live=True),
    "request_cost": Kind(
        "A single request cost over so many dollars.", checks.request_ceiling, live=True),
}  # fmt: skip
"""Every built-in rule by its name."""
