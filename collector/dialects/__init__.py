"""One pure normaliser a dialect: raw records in, canonical spans out.

A dialect is a table of what its attribute names mean (facts.py). All tables read every span at once. The
first dialect of `DIALECTS` whose scope a span comes from, else whose marks it carries, names it and may put
right what was read: a new one is a module with a table, and a line here.
"""

from __future__ import annotations

from typing import Final

from llmwatch.collector.dialects.agents import agent_spans
from llmwatch.collector.dialects.anthropic_sdk import ANTHROPIC_SDK
from llmwatch.collector.dialects.build import span_from
from llmwatch.collector.dialects.claude_code import CLAUDE_CODE, CLAUDE_CODE_AGENT
from llmwatch.collector.dialects.codex import CODEX, CODEX_AGENT
from llmwatch.collector.dialects.facts import Dialect, Rules
from llmwatch.collector.dialects.frameworks import ADK, AGENTOPS, GENKIT, LAMINAR, LIVEKIT
from llmwatch.collector.dialects.gemini_cli import GEMINI_CLI, GEMINI_CLI_AGENT
from llmwatch.collector.dialects.genai import GENAI
from llmwatch.collector.dialects.genai_logs import log_of
from llmwatch.collector.dialects.generic import GENERIC
from llmwatch.collector.dialects.handmade import HANDMADE
from llmwatch.collector.dialects.langfuse import LANGFUSE
from llmwatch.collector.dialects.langsmith import LANGSMITH
from llmwatch.collector.dialects.litellm import LITELLM
from llmwatch.collector.dialects.logfire import LOGFIRE
from llmwatch.collector.dialects.mlflow import MLFLOW
from llmwatch.collector.dialects.openinference import OPENINFERENCE
from llmwatch.collector.dialects.openlit import OPENLIT
from llmwatch.collector.dialects.openllmetry import OPENLLMETRY
from llmwatch.collector.dialects.scores import scores_of
from llmwatch.collector.dialects.vercel import VERCEL
from llmwatch.collector.records import RawLog, RawSpan
from llmwatch.store.span import Score, Span

__all__ = ["DIALECTS", "normalise_log", "normalise_span", "scores_of"]

DIALECTS: Final[tuple[Dialect, ...]] = (
    LANGFUSE, OPENINFERENCE, VERCEL, MLFLOW, LANGSMITH, CLAUDE_CODE, CODEX, GEMINI_CLI,
    OPENLLMETRY, OPENLIT, LOGFIRE, LITELLM, ANTHROPIC_SDK,
    GENKIT, ADK, LAMINAR, AGENTOPS, LIVEKIT, GENAI, HANDMADE, GENERIC,
)  # fmt: skip
"""In order of precedence; the last takes what no other knows."""

_AGENTS: Final = (CLAUDE_CODE_AGENT, CODEX_AGENT, GEMINI_CLI_AGENT)
_RULES: Final = Rules(DIALECTS)


def normalise_span(raw: RawSpan) -> Span:
    """The canonical span of ``raw``."""
    return span_from(raw, _RULES)


def normalise_log(raw: RawLog) -> tuple[Span | Score, ...]:
    """What a log record says of spans (mostly of one: a ``partial`` record) or as a judgement."""
    found = log_of(raw, _RULES)
    return (found,) if found else agent_spans(raw, _AGENTS, _RULES)
