"""What the stub answers: pure, the same for every API."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from llmwatch.demo.corpus import corpus, fill, pattern, slots_in, tokens_in, topic_of
from llmwatch.demo.stub.judging import marks

_REASONING_MODELS = ("o1", "o3", "o4-", "gpt-5", "2.5")
_CACHED_FROM = 400
"""Prompts of more tokens than this are partly cached, in blocks of 128, as OpenAI's are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that the request offers."""

    name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request, whatever API it came through."""

    model: str
    system: str
    user: str
    """The last user message."""
    prompt: str
    """Everything that was sent, for counting."""
    tools: tuple[Tool, ...] = ()
    tools_ran: bool = False
    """The last message holds the tools' results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call the model asks for; ``arguments`` is JSON."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes back. ``input_tokens`` includes cached, ``output_tokens`` includes reasoning ones."""

    id: str
    text: str
    tool_calls: tuple[ToolCall, ...]
    finish: Literal["stop", "length", "tool_calls", "refusal"]
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int


def text_of(content: object) -> str:
    """A message's content as text: itself, or that of its text parts."""
    if isinstance(content, list):
        return "\n".join(str(part["text"]) for part in content if "text" in part)
    return str(content or "")


def answer(question: Question) -> Answer:
    """The answer to ``question``: always the same one."""
    digest = hashlib.sha256(f"{question.model}\0{question.prompt}".encode()).hexdigest()
    calls: tuple[ToolCall, ...] = ()
    finish: Literal["stop", "length", "tool_calls", "refusal"] = "stop"
    text = marks(question.user) or _reply(question)
    if question.tools and not question.tools_ran:
        calls, finish, text = _tool_calls(question, digest), "tool_calls", ""
    if "refusal" in question.model or text == corpus().refusal:
        calls, finish, text = (), "refusal", corpus().refusal
    if "length" in question.model:
        finish, text = "length", text[: len(text) // 2]
    count = tokens_in(question.prompt)
    reasoning = 64 if any(name in question.model for name in _REASONING_MODELS) else 0
    return Answer(
        id=digest[:24],
        text=text,
        tool_calls=calls,
        finish=finish,
        input_tokens=count,
        output_tokens=reasoning + tokens_in(text + "".join(call.arguments for call in calls)),
        cached_tokens=count // 128 * 128 if count > _CACHED_FROM else 0,
        reasoning_tokens=reasoning,
    )


def _reply(question: Question) -> str:
    texts, prompts, user = corpus(), corpus().prompts, question.user
    slots = slots_in(user)
    topic = topic_of(user.rpartition("Question: ")[2])
    if question.system == prompts.classify:
        label = topic.label if topic else "product"
        return json.dumps({"label": label, "urgent": "twice" in user or "late" in user})
    if question.system == prompts.rewrite:
        return user.rpartition(": ")[2].rstrip("?.").lower()
    found = [
        *(errand.report for errand in texts.errands if pattern(errand.task).search(user)),
        *(digest.summary for digest in texts.digests if digest.title in user),
        *(mail.body for mail in texts.mails if pattern(mail.brief).search(user)),
        *(texts.refusal for declined in texts.unanswerable if pattern(declined).search(user)),
    ]
    if topic and not found:
        found = [topic.vague if question.system == prompts.answer else topic.answer]
    return fill(found[0], slots) if found else f"You said: {user.strip()[-200:]}"


def _tool_calls(question: Question, digest: str) -> tuple[ToolCall, ...]:
    """The calls of the errand that is asked for, if its tools are offered; else one of the first tool."""
    offered = {tool.name: tool for tool in question.tools}
    slots = slots_in(question.user)
    runs = [run for e in corpus().errands if pattern(e.task).search(question.user) for run in e.tools]
    wanted = [(run.name, fill(run.arguments, slots)) for run in runs if run.name in offered]
    if not wanted:
        first = question.tools[0]
        wanted = [(first.name, json.dumps(_sample(first.schema)))]
    return tuple(
        ToolCall(id=f"call_{digest[:20]}{number}", name=name, arguments=arguments)
        for number, (name, arguments) in enumerate(wanted)
    )


def _sample(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An object that fits a JSON schema's own properties."""
    by_type = {"integer": 3, "number": 3, "boolean": True, "array": [], "object": {}}
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    return {
        name: (of.get("enum") or [by_type.get(of.get("type", "string"), f"some {name}")])[0]
        for name, of in properties.items()
    }
