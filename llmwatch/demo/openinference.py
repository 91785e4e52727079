"""How a service under an OpenInference instrumentation says it."""

from __future__ import annotations

import json

from llmwatch.demo.calls import ModelCall
from llmwatch.demo.trace import Trace, Value
from llmwatch.store.span import Message


def chat(trace: Trace, call: ModelCall) -> None:
    """A model call in ``trace``."""
    with trace.step("ChatCompletion", _request(call)) as span:
        trace.wait(call.model.first_token_ms + call.attached_tokens / 10)
        trace.wait(call.output_tokens / call.model.tokens_per_s * 1000, 0.15)
        span.attributes.update(
            {
                "llm.model_name": call.model.answered,
                "llm.finish_reason": call.answer.finish_reason or "stop",
                "llm.token_count.prompt": call.input_tokens,
                "llm.token_count.completion": call.output_tokens,
                "llm.token_count.total": call.input_tokens + call.output_tokens,
                "llm.token_count.prompt_details.cache_read": call.cached_tokens,
                **_flat("llm.output_messages.0", call.answer),
                "output.value": _text(call.answer),
            }
        )


def _request(call: ModelCall) -> dict[str, Value]:
    attributes: dict[str, Value] = {
        "openinference.span.kind": "LLM",
        "llm.system": call.model.provider,
        "llm.provider": call.model.provider,
        "llm.model_name": call.model.name,
        "llm.invocation_parameters": json.dumps(
            {"model": call.model.name, "temperature": call.temperature, "max_tokens": call.max_tokens}
        ),
        "input.value": _text(call.messages[-1]),
    }
    for number, message in enumerate(call.messages):
        attributes |= _flat(f"llm.input_messages.{number}", message)
    if call.prompt_name and call.prompt_version:
        attributes["llm.prompt_template.version"] = call.prompt_version
        attributes["prompt.id"] = call.prompt_name
    return attributes


def _flat(prefix: str, message: Message) -> dict[str, Value]:
    return {f"{prefix}.message.role": message.role, f"{prefix}.message.content": _text(message)}


def _text(message: Message) -> str:
    return "\n".join(part.text or "" for part in message.parts)
