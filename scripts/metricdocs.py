"""docs/metrics.md: every metric by its name, from the registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmwatch.analysis.baselines import ENOUGH_HOURS
from llmwatch.analysis.metrics import METRICS, Unit
from llmwatch.store.histogram import RELATIVE_ERROR

_UNITS: Final[dict[Unit, str]] = {
    "share": "0 to 1",
    "mark": "0 to 1",
    "ns": "nanoseconds",
    "nanousd": "nano-dollars",
    "count": "",
    "tokens": "tokens",
    "characters": "characters",
    "per_minute": "per minute",
    "tokens_per_second": "tokens per second",
    "tokens_per_minute": "tokens per minute",
    "bytes_per_second": "bytes per second",
}

INTRODUCTION: Final = f"""# Metrics

Every number that is shown, exported or alerted on has one of these names and is computed in one place
(`llmwatch/analysis/metrics/`), so that it is the same on the screen, on the command line, in JSON and in
Prometheus. Each can be asked for by model, feature, prompt and its version, app version, environment,
service, provider, tool, user, segment of users and session, and for any combination of them. What a span does
not say of user, session, feature and segment, its trace says for it. `llmwatch metrics` prints them:

```sh
llmwatch metrics latency_p95 error_rate --since 24h --by model
llmwatch metrics cost_per_request --where feature=chat --where segment=pro --usual
llmwatch metrics --json
```

- Sums and counts are exact. Percentiles, and means of times, come from histograms that merge; they are within
  {RELATIVE_ERROR:.0%} of the exact value (nearest rank).
- What cannot be told has no value: the error rate of no calls is not zero. Every figure says how many calls,
  scores or people it is of, and rules have a minimum for that.
- Windows are of whole minutes. A span counts when it begins, a score when it was given.
- What a metric usually is (`llmwatch baseline show`) is learnt from its values in the hours of the seven days
  before, or of a window in which all was well (`llmwatch baseline set --from … --to …`): their mean, standard
  deviation and 95th percentile. Until {ENOUGH_HOURS} hours say something (in a shorter window, all its hours)
  it is being learnt, and nothing is compared with it.

| name | what it is | unit | better |
| --- | --- | --- | --- |"""


def page(note: str) -> str:
    """The page, which begins with ``note``."""
    return "\n".join([note, INTRODUCTION, *_rows(), ""])


def _rows() -> Iterator[str]:
    for metric in METRICS.values():
        yield f"| `{metric.id}` | {metric.about} | {_UNITS[metric.unit]} | {metric.better or ''} |"
    yield "| `score:NAME` | Mean of the scores of that name. | 0 to 1 | higher |"
