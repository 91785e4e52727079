"""The parameters of a request that a replay knows, under their GenAI names."""

from __future__ import annotations

from typing import Any, Final

from llmwatch.store.span import JsonObject

PARAMETERS: Final = frozenset({
    "temperature", "top_p", "top_k", "max_tokens", "seed", "stop_sequences", "frequency_penalty",
    "presence_penalty", "reasoning_effort", "response_format", "tool_choice", "parallel_tool_calls",
})  # fmt: skip
_SYNONYMS: Final = {
    "stop": "stop_sequences", "stopSequences": "stop_sequences", "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens", "maxOutputTokens": "max_tokens", "num_predict": "max_tokens",
    "topP": "top_p", "topK": "top_k", "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
}  # fmt: skip
_SAID_ELSEWHERE: Final = frozenset({
    "model", "messages", "input", "contents", "system", "instructions", "prompt", "tools", "functions",
    "stream", "stream_options", "n", "choice.count", "user", "metadata", "store",
})  # fmt: skip
"""Recorded among the parameters, but fields of the request, or nothing that changes the answer."""

_WHOLE: Final = frozenset({"max_tokens", "top_k", "seed"})
"""Recordings may have these as floats, which the APIs refuse."""


def known_parameters(recorded: JsonObject) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The recorded parameters that are sent again, and a sentence naming those that are not."""
    known: dict[str, Any] = {}
    unknown: list[str] = []
    for said, value in recorded.items():
        name = _SYNONYMS.get(said, said)
        if value is None or name in _SAID_ELSEWHERE:
            continue
        if name in PARAMETERS:
            known[name] = int(value) if name in _WHOLE and _is_whole(value) else value
        else:
            unknown.append(name)
    note = f"Not sent, unknown to the replay: {', '.join(sorted(unknown))}."
    return known, ((note,) if unknown else ())


def _is_whole(value: object) -> bool:
    return isinstance(value, float) and value.is_integer()
