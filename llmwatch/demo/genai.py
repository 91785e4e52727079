"""How a service under OpenTelemetry's own instrumentation says it: the GenAI semantic conventions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from llmwatch.demo.calls import Failure, ModelCall
from llmwatch.demo.trace import DemoSpan, Trace, Value
from llmwatch.store.span import Document, Message, Part


def chat(trace: Trace, call: ModelCall, *, slowness: float = 1, failure: Failure | None = None) -> DemoSpan:
    """A streamed model call in ``trace``, ``slowness`` times as long as the model's usual.

    Raises:
        StepError: ``failure`` was asked for.
    """
    name = f"chat {call.model.name}"
    with trace.step(name, _request(call), "client") as span:
        if failure:
            trace.wait(failure.after_ms, 0.1)
            raise failure.error()
        trace.wait(call.model.first_token_ms * slowness)
        first_ns = trace.now_ns
        trace.wait(call.output_tokens / call.model.tokens_per_s * 1000 * slowness, 0.15)
        span.attributes.update(_response(call, span, first_ns - span.start_ns))
    return span


def tool(trace: Trace, run: Part, result: str, ms: float, failure: Failure | None = None) -> None:
    """A tool that runs because the model asked for it in ``run``.

    Raises:
        StepError: ``failure`` was asked for.
    """
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": run.name or "",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": run.id or "",
        "gen_ai.tool.call.arguments": run.arguments or "",
    }
    with trace.step(f"execute_tool {run.name}", attributes) as span:
        if failure:
            trace.wait(failure.after_ms, 0.1)
            raise failure.error()
        trace.wait(ms)
        span.attributes["gen_ai.tool.call.result"] = result


def embed(trace: Trace, model: str, tokens: int) -> None:
    """An embedding of ``tokens``."""
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.usage.input_tokens": tokens,
        "gen_ai.embeddings.dimension.count": 1536,
    }
    with trace.step(f"embeddings {model}", attributes, "client"):
        trace.wait(60)


def documents(found: Iterable[Document]) -> str:
    """``gen_ai.retrieval.documents``."""
    return json.dumps([{"id": d.id, "score": d.score, "content": d.content} for d in found])


def messages(said: Sequence[Message]) -> str:
    """``gen_ai.input.messages`` or ``gen_ai.output.messages``."""
    return json.dumps([_message(message) for message in said], ensure_ascii=False)


def _request(call: ModelCall) -> dict[str, Value]:
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": call.model.provider,
        "gen_ai.request.model": call.model.name,
        "gen_ai.request.temperature": call.temperature,
        "gen_ai.request.max_tokens": call.max_tokens,
        "gen_ai.request.stream": True,
        "gen_ai.input.messages": messages(call.messages),
    }
    if call.tools:
        definitions = [
            {"type": "function", "name": name, "parameters": {"type": "object"}} for name in call.tools
        ]
        attributes["gen_ai.tool.definitions"] = json.dumps(definitions)
    if call.prompt_name and call.prompt_version:
        attributes["gen_ai.prompt.name"] = call.prompt_name
        attributes["gen_ai.prompt.version"] = call.prompt_version
    return attributes


def _response(call: ModelCall, span: DemoSpan, first_token_ns: int) -> dict[str, Value]:
    return {
        "gen_ai.response.model": call.model.answered,
        "gen_ai.response.id": f"resp-{span.span_id}",
        "gen_ai.response.finish_reasons": [call.answer.finish_reason or "stop"],
        "gen_ai.response.time_to_first_chunk": first_token_ns / 1e9,
        "gen_ai.usage.input_tokens": call.input_tokens,
        "gen_ai.usage.output_tokens": call.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": call.cached_tokens,
        "gen_ai.output.messages": messages([call.answer]),
    }


def _message(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "parts": [_part(part) for part in message.parts]}
    return body | ({"finish_reason": message.finish_reason} if message.finish_reason else {})


def _part(part: Part) -> dict[str, Any]:
    match part.type:
        case "tool_call":
            return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": part.arguments}
        case "tool_call_response":
            return {"type": "tool_call_response", "id": part.id, "response": part.text}
        case _:
            return {"type": "text", "content": part.text}
