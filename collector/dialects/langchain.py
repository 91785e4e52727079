"""LangChain's serialization of messages and answers, as its tracers send it, in OpenAI's words.

A message is a constructor's call, ``{"lc": 1, "id": [..., "HumanMessage"], "kwargs": {...}}``, or an object
whose ``type`` says who speaks, with its fields beside it or under ``data``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from llmwatch.collector.dialects.values import first

_ROLES: Final = {
    "human": "user", "ai": "assistant", "system": "system", "developer": "developer", "tool": "tool",
    "function": "tool", "chat": "user",
}  # fmt: skip
_REASONS: Final = ("finish_reason", "stop_reason", "finishReason")


def openai_message(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """A message of LangChain's with OpenAI's names; None when it is none of LangChain's."""
    kind, fields = _opened(item)
    if kind not in _ROLES or fields is None:
        return None
    extra, response = _mapping(fields, "additional_kwargs"), _mapping(fields, "response_metadata")
    return {
        "role": fields.get("role") or _ROLES[kind],
        "content": fields.get("content"),
        "name": fields.get("name"),
        "tool_call_id": fields.get("tool_call_id"),
        "tool_calls": fields.get("tool_calls") or extra.get("tool_calls"),
        "function_call": extra.get("function_call"),
        "refusal": extra.get("refusal"),
        "reasoning_content": extra.get("reasoning_content"),
        "finish_reason": first(response, _REASONS),
    }


def answers(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The messages in the ``generations`` of an answer, one list of which there is for each prompt."""
    for generation in generations(body):
        info = generation.get("generation_info") or generation.get("generationInfo")
        message = generation.get("message")
        said = openai_message(message) if isinstance(message, dict) else None
        said = said or {"role": "assistant", "content": generation.get("text")}
        if isinstance(info, dict) and not said.get("finish_reason"):
            said["finish_reason"] = first(info, _REASONS)
        yield said


def generations(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The generations of an answer, for all of its prompts."""
    found = body.get("generations")
    for group in found if isinstance(found, list) else ():
        for generation in group if isinstance(group, list) else [group]:
            if isinstance(generation, dict):
                yield generation


def message_fields(generation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of the message in a generation as LangChain names them; empty when there is none."""
    message = generation.get("message")
    return (_opened(message)[1] if isinstance(message, dict) else None) or {}


def _opened(item: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
    """The kind of a message in a word, and its fields."""
    fields: Any = item
    if "lc" in item:
        names, fields = item.get("id"), item.get("kwargs")
        name = str(names[-1]) if isinstance(names, list) and names else ""
    else:
        name = str(item.get("type"))
        if isinstance(item.get("data"), dict):
            fields = item["data"]
        elif "content" not in item or "role" in item:
            fields = None
    kind = name.removesuffix("Chunk").removesuffix("Message").lower()
    return kind, fields if isinstance(fields, dict) else None


def _mapping(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}
