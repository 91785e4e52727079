"""The line to change for what a span lacks, for the SDK that sent it. Pure.

What a client's registry entry (clients.toml) says comes first where it is about the same thing; the tables
here are for what depends on the scope of an instrumentation, or is not about one client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from llmwatch.clients import Client, sending
from llmwatch.store.span import Span

_JS: Final = frozenset({"nodejs", "webjs"})
_OTEL: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CONTENT: Final[tuple[tuple[str, str], ...]] = (
    ("opentelemetry.instrumentation.openai_v2", f"export {_OTEL}=true"),
    # 1.x of the instrumentations named genai_* and genai.* takes a mode and reads "true" as none.
    ("opentelemetry.instrumentation.genai", f"export {_OTEL}=SPAN_ONLY"),
    ("opentelemetry.util.genai", f"export {_OTEL}=SPAN_ONLY"),
    ("opentelemetry.instrumentation.google_genai", f"export {_OTEL}=true"),
    ("opentelemetry.instrumentation.vertexai", f"export {_OTEL}=true"),
    ("opentelemetry.instrumentation.botocore", f"export {_OTEL}=true"),
    ("@opentelemetry/instrumentation-openai", f"export {_OTEL}=true"),
    ("gcp.vertex.agent", "export ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS=true"),
    ("azure.", "export AZURE_TRACING_GEN_AI_CONTENT_RECORDING_ENABLED=true"),
    ("agent_framework", "export ENABLE_SENSITIVE_DATA=true"),
    ("Microsoft.SemanticKernel", "SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE=true"),
    ("semantic_kernel", "export SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE=true"),
    ("org.springframework", "spring.ai.chat.observations.log-prompt=true"),
)
"""What makes an instrumentation send prompts and answers, by how its scope begins."""

_AGENTS: Final = (
    "pip install openinference-instrumentation-openai-agents: its own exporter names responses by id"
)
_CONTENT_OF: Final[Mapping[str, str]] = {
    "genai": 'span.set_attribute("gen_ai.input.messages", json.dumps(messages))',
    "handmade": 'span.set_attribute("llm.prompt", prompt); span.set_attribute("llm.completion", answer)',
    "json": '"messages": […], "response": "…" in the posted object',
    "langfuse": "export LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED=true",
    "langsmith": "export LANGSMITH_HIDE_INPUTS=false LANGSMITH_HIDE_OUTPUTS=false",
    "openai_agents": _AGENTS,
    "anthropic-sdk": "pip install opentelemetry-instrumentation-anthropic: these spans never carry messages",
}
_USAGE_OF: Final[Mapping[str, str]] = {
    "json": '"input_tokens": …, "output_tokens": … in the posted object',
    "handmade": 'span.set_attribute("llm.input_tokens", …); span.set_attribute("llm.output_tokens", …)',
    "langfuse": 'langfuse.update_current_generation(usage_details={"input": …, "output": …})',
    "langsmith": 'return {…, "usage_metadata": {"input_tokens": …, "output_tokens": …, "total_tokens": …}}',
    "braintrust": 'span.log(metrics={"prompt_tokens": …, "completion_tokens": …})',
    "mlflow": 'span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": …, "output_tokens": …})',
    "openinference": 'span.set_attribute("llm.token_count.prompt", …), and llm.token_count.completion',
}
_ANY_USAGE: Final = 'span.set_attribute("gen_ai.usage.input_tokens", …), and gen_ai.usage.output_tokens'
_MODEL_OF: Final[Mapping[str, str]] = {
    "openai_agents": _AGENTS,
    "langfuse": 'langfuse.update_current_generation(model="…")',
    "handmade": 'span.set_attribute("llm.model", …)',
    "json": '"model": "…" in the posted object',
}
_END_OF: Final[Mapping[str, str]] = {
    "langfuse": "langfuse.flush() before the process exits",
    "langsmith": "Client().flush() before the process exits",
    "braintrust": "braintrust.flush() before the process exits",
    "openllmetry": "Traceloop.flush() before the process exits",
    "json": 'post the object again with its "end_time"',
    "logfire": "logfire.shutdown() before the process exits",
    "weave": "client.finish() before the process exits",
}
_ANY_END: Final = "trace.get_tracer_provider().shutdown() before the process exits"
_JS_END: Final = "await sdk.shutdown() before the process exits"
_PERSON_OF: Final[Mapping[str, str]] = {
    "openllmetry": 'Traceloop.set_association_properties({"session_id": …, "user_id": …})',
    "openinference": "with using_attributes(session_id=…, user_id=…):",
    "langfuse": "with propagate_attributes(session_id=…, user_id=…):",
    "langsmith": 'langsmith_extra={"metadata": {"session_id": …, "user_id": …}}',
    "vercel": "experimental_telemetry: { isEnabled: true, metadata: { sessionId, userId } }",
    "mlflow": 'mlflow.update_current_trace(metadata={"mlflow.trace.session": …, "mlflow.trace.user": …})',
    "braintrust": 'span.log(metadata={"session_id": …, "user_id": …})',
    "openai_agents": 'with trace("…", group_id=session_id):',
    "proxy": "Helicone-Session-Id and Helicone-User-Id headers",
    "json": '"session_id": "…", "user_id": "…" in the posted object',
}
_ANY_PERSON: Final = 'span.set_attribute("session.id", …); span.set_attribute("user.id", …)'


def client_of(span: Span) -> Client | None:
    """The client of the registry that sent ``span``: by its dialect, and by the language of its SDK."""
    candidates = sending(span.dialect)
    if not candidates:
        return None
    js = is_js(span)
    scope = (span.content.scope_name or "").lower()
    named = [client for client in candidates if client.name == scope]
    return next(iter(named or [c for c in candidates if _js_client(c) == js] or candidates))


def is_js(span: Span) -> bool:
    """Whether a JavaScript SDK sent ``span``."""
    return span.content.resource.get("telemetry.sdk.language") in _JS


def content(span: Span) -> str:
    """What makes its SDK send prompts and answers."""
    scope = span.content.scope_name or ""
    for beginning, line in _CONTENT:
        if scope.startswith(beginning):
            return line
    client = client_of(span) if span.dialect != "generic" else None
    return _CONTENT_OF.get(span.dialect) or (client.content if client else "")


def stream_usage(span: Span) -> str:
    """What makes a streamed call report its tokens."""
    client = client_of(span)
    if client and client.stream_usage:
        return client.stream_usage
    return (
        "stream_options: { include_usage: true }" if is_js(span) else 'stream_options={"include_usage": True}'
    )


def usage(span: Span) -> str:
    """What says the tokens of a call."""
    return _USAGE_OF.get(span.dialect, _ANY_USAGE)


def ending(span: Span) -> str:
    """What makes the last spans of a process come."""
    return _END_OF.get(span.dialect, _JS_END if is_js(span) else _ANY_END)


def model(span: Span) -> str:
    """What says which model was called."""
    return _MODEL_OF.get(span.dialect, 'span.set_attribute("gen_ai.request.model", …)')


def person(span: Span) -> str:
    """What says whose call it is."""
    if span.dialect == "langfuse" and not span.content.scope_name:  # its SDK before it spoke OTLP
        return "langfuse.trace(session_id=…, user_id=…)"
    return _PERSON_OF.get(span.dialect, _ANY_PERSON)


def service(span: Span) -> str:
    """What names the app."""
    return (
        '"service": "my-app" in the posted object'
        if span.dialect == "json"
        else "export OTEL_SERVICE_NAME=my-app"
    )


def _js_client(client: Client) -> bool:
    return client.name.endswith("-js") or client.name == "vercel-ai"
