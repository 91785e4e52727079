"""A support chat with a tool, watched through OpenTelemetry's official instrumentation of the openai SDK.

    pip install openai opentelemetry-sdk opentelemetry-exporter-otlp-proto-http \
        opentelemetry-instrumentation-genai-openai
    python chat_app.py "When will order 48213 arrive?"

It asks OpenAI, or whatever OPENAI_BASE_URL names, and sends its spans to http://localhost:4318, where
llmwatch listens, or to OTEL_EXPORTER_OTLP_ENDPOINT. Without arguments it chats: a line a question, an empty
line ends.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterator
from typing import cast

# Read when the instrumentation makes a call: prompts and answers go on the spans (by default neither does).
os.environ.setdefault("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY")

from openai import APIError, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

MODEL = os.environ.get("CHAT_MODEL", "gpt-4o-mini")
SYSTEM = "You answer customers of Harbor & Pine, an outdoor shop. Use the tools. Be friendly and brief."
TOOLS: list[ChatCompletionToolParam] = [
    {
        "type": "function",
        "function": {
            "name": "get_order",
            "description": "The state of an order.",
            "parameters": {
                "type": "object",
                "properties": {"order_id": {"type": "string"}},
                "required": ["order_id"],
            },
        },
    }
]
tracer = trace.get_tracer("chat_app")


def watch() -> TracerProvider:
    """Send the spans of this app, and of every call through the openai SDK."""
    resource = Resource.create({"service.name": "chat-app", "service.version": "1.0"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    return provider


class Chat:
    """A conversation. Each turn is one trace; all share a session."""

    def __init__(self, client: OpenAI, user: str) -> None:
        self._client = client
        self._tags = {"session.id": f"chat-{uuid.uuid4().hex[:8]}", "user.id": user, "feature": "chat"}
        self._messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": SYSTEM}]

    def ask(self, question: str) -> Iterator[str]:
        """The answer, piece by piece."""
        with tracer.start_as_current_span("chat-turn", attributes=self._tags):
            self._messages.append({"role": "user", "content": question})
            self._run_tools()
            stream = self._client.chat.completions.create(
                model=MODEL,
                messages=self._messages,
                stream=True,
                stream_options={"include_usage": True},  # else no one learns the tokens of a stream
            )
            answer = ""
            for chunk in stream:
                for choice in chunk.choices:
                    answer += choice.delta.content or ""
                    yield choice.delta.content or ""
            self._messages.append({"role": "assistant", "content": answer})

    def _run_tools(self) -> None:
        """Let the model call tools once, and add its calls and their results to the conversation."""
        asked = self._client.chat.completions.create(
            model=MODEL, messages=self._messages, tools=TOOLS, temperature=0
        )
        message = asked.choices[0].message
        if message.tool_calls:
            self._messages.append(cast("ChatCompletionMessageParam", message.model_dump(exclude_none=True)))
        for call in message.tool_calls or []:
            if call.type == "function":
                result = get_order(call.id, call.function.arguments)
                self._messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def get_order(call_id: str, arguments: str) -> str:
    """The tool, with a span of its own: no instrumentation can know about it."""
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_order",
        "gen_ai.tool.call.id": call_id,
        "gen_ai.tool.call.arguments": arguments,
    }
    with tracer.start_as_current_span("execute_tool get_order", attributes=attributes) as span:
        order = json.loads(arguments).get("order_id", "unknown")
        result = json.dumps({"order_id": order, "state": "shipped", "carrier": "NordPost", "days": 2})
        span.set_attribute("gen_ai.tool.call.result", result)
        return result


def main() -> None:
    """Answer the question on the command line, or chat."""
    provider = watch()
    try:
        with OpenAI() as client:
            chat = Chat(client, user=os.environ.get("USER", "somebody"))
            for question in [" ".join(sys.argv[1:])] if sys.argv[1:] else iter(input, ""):
                try:
                    for piece in chat.ask(question):
                        print(piece, end="", flush=True)
                    print()
                except APIError as error:
                    print(f"error: {error}", file=sys.stderr)
    finally:
        provider.shutdown()  # sends what is still in the batch


if __name__ == "__main__":
    main()
