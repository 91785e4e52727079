"""Whether the judge judges, and if not, why: said in the same words wherever it is shown."""

from __future__ import annotations

from typing import Final

from llmwatch.config import Config
from llmwatch.config.evals import JudgeConfig
from llmwatch.format import money
from llmwatch.providers.endpoints import Endpoint, endpoints
from llmwatch.providers.replay import cost_of
from llmwatch.store.span import Usage

_NANO: Final = 10**9
_QUESTION: Final = Usage(input_tokens=1_000, output_tokens=100)


def judging_endpoint(config: Config) -> Endpoint | None:
    """Where answers are sent to be judged; None when the judge is off.

    Raises:
        ConfigError: Its base_url cannot be used.
    """
    return next((each for each in endpoints(config) if each.name == config.judge.endpoint), None)


def daily_limit(judge: JudgeConfig) -> int:
    """What judging may cost a day, nano-dollars."""
    return round(judge.daily_usd * _NANO)


def hindrance(judge: JudgeConfig, endpoint: Endpoint | None, spent_nanousd: int, now_ns: int) -> str | None:
    """Why nothing is judged at ``now_ns``, after ``spent_nanousd`` today; None when nothing hinders it."""
    if endpoint is None:
        return "the judge is off: [judge] names no endpoint"
    if not endpoint.ready:
        return f"the judge is off: {endpoint.key_env} is not set"
    cost = cost_of(judge.model, _QUESTION, endpoint, now_ns)
    if cost is None or cost.nanousd is None:
        return (
            f"the judge is off: what {judge.model} costs at {endpoint.name} is not known, so its budget "
            "could not be kept; give it a price in [prices], or declare the endpoint free"
        )
    limit = daily_limit(judge)
    if cost.nanousd and spent_nanousd >= limit:
        return f"the judge waits for tomorrow: {money(spent_nanousd)} of {money(limit)} a day are spent"
    return None
