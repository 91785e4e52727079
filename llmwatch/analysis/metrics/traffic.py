"""How much is asked, how fast the answers come, and how they fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from llmwatch.analysis.metrics.metric import UNKNOWN, Figure, Metric, mean, minutes, percentile, share
from llmwatch.store.outcomes import ERROR_CLASSES
from llmwatch.store.rows import Measured, Totals

PERCENTILES: Final = (50, 95, 99)
CLIENT_ERRORS: Final = (
    "rate_limit",
    "context_length",
    "content_filter",
    "authentication",
    "invalid_request",
    "other_4xx",
)
"""What is answered with a 4xx status."""

_Take = Callable[[Measured], Totals]


def _requests(measured: Measured) -> Figure:
    return Figure(measured.calls.spans, measured.calls.spans)


def _request_rate(measured: Measured) -> Figure:
    length = minutes(measured)
    return Figure(measured.calls.spans / length, measured.calls.spans) if length else UNKNOWN


def _error_rate(measured: Measured) -> Figure:
    return share(measured.calls.errors, measured.calls.spans)


def _errors_of(classes: tuple[str, ...], measured: Measured) -> Figure:
    words = measured.calls.words
    return share(sum(words.get(f"error:{name}", 0) for name in classes), measured.calls.spans)


def _retry_rate(measured: Measured) -> Figure:
    """Unknown where no sender says how often it tried."""
    calls = measured.calls
    return share(calls.retried, calls.spans) if calls.retry_told else UNKNOWN


def _throughput(measured: Measured) -> Figure:
    calls, length = measured.calls, minutes(measured)
    if not calls.texts or not length:
        return UNKNOWN
    return Figure((calls.request_bytes + calls.response_bytes) / (length * 60), calls.texts)


def _tool_success(measured: Measured) -> Figure:
    tools = measured.tools
    return share(tools.spans - tools.tool_failures, tools.spans)


def _times(prefix: str, title: str, about: str, of: str, take: _Take) -> Iterator[Metric]:
    for q in PERCENTILES:
        yield Metric(
            id=f"{prefix}_p{q}",
            title=f"p{q} {title}",
            about=f"{about}, {q}th percentile, within 1 %.",
            unit="ns",
            better="lower",
            compute=partial(_time, of, take, q / 100),
        )
    yield Metric(
        id=f"{prefix}_mean",
        title=f"mean {title}",
        about=f"{about}, mean, within 1 %.",
        unit="ns",
        better="lower",
        compute=lambda measured: mean(getattr(take(measured), of)),
    )


def _time(of: str, take: _Take, q: float, measured: Measured) -> Figure:
    return percentile(getattr(take(measured), of), q)


def _failures() -> Iterator[Metric]:
    groups: dict[str, tuple[str, ...]] = {**{name: (name,) for name in ERROR_CLASSES}, "4xx": CLIENT_ERRORS}
    for name, classes in groups.items():
        yield Metric(
            id=f"error_rate:{name}",
            title=f"error rate, {name.replace('_', ' ')}",
            about="LLM calls that fail so, by the type and the message of their error, of all LLM calls."
            if name != "4xx"
            else f"LLM calls that fail with any of {', '.join(CLIENT_ERRORS)}, of all LLM calls.",
            unit="share",
            better="lower",
            compute=partial(_errors_of, classes),
        )


TRAFFIC: Final = (
    Metric(id="requests", title="requests", about="LLM calls.", unit="count", better=None, compute=_requests),
    Metric(
        id="request_rate",
        title="requests",
        about="LLM calls per minute.",
        unit="per_minute",
        better=None,
        compute=_request_rate,
    ),
    Metric(
        id="error_rate",
        title="error rate",
        about="LLM calls that fail, of all.",
        unit="share",
        better="lower",
        compute=_error_rate,
    ),
    *_failures(),
    Metric(
        id="timeout_rate",
        title="timeouts",
        about="LLM calls that time out, of all.",
        unit="share",
        better="lower",
        compute=partial(_errors_of, ("timeout",)),
    ),
    Metric(
        id="retry_rate",
        title="retries",
        about="LLM calls that were tried more than once, of all; unknown where nobody says how often.",
        unit="share",
        better="lower",
        compute=_retry_rate,
    ),
    *_times("latency", "latency", "Duration of LLM calls", "duration_ns", lambda measured: measured.calls),
    *_times(
        "ttft",
        "time to first token",
        "Time to the first token of LLM calls that were streamed",
        "first_chunk_ns",
        lambda measured: measured.calls,
    ),
    Metric(
        id="tokens_per_second",
        title="tokens per second",
        about="Output tokens per second between the first token and the end of a streamed LLM call, median, "
        "within 1 %.",
        unit="tokens_per_second",
        better="higher",
        compute=lambda measured: percentile(measured.calls.speed, 0.5, 1e-3),
    ),
    Metric(
        id="throughput_bytes",
        title="throughput",
        about="Bytes (UTF-8) of what was asked and answered, per second, of LLM calls with text.",
        unit="bytes_per_second",
        better=None,
        compute=_throughput,
    ),
    Metric(
        id="tool_success_rate",
        title="tool success",
        about="Tools that neither failed nor said that they did, of all that ran.",
        unit="share",
        better="higher",
        compute=_tool_success,
    ),
    *_times(
        "tool_latency", "tool latency", "Duration of tools", "duration_ns", lambda measured: measured.tools
    ),
    *_times(
        "retrieval_latency",
        "retrieval latency",
        "Duration of retrievals",
        "duration_ns",
        lambda measured: measured.retrievals,
    ),
)
