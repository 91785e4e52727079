"""What a run says of a model call (model, parameters, tokens) in LangSmith's words and in LangChain's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.langchain import generations, message_fields
from llmwatch.collector.dialects.plainjson import PARAMETERS
from llmwatch.collector.dialects.plainrecord import snake_names
from llmwatch.collector.dialects.readers import dollars, provider
from llmwatch.collector.dialects.usage import usage_of_body
from llmwatch.collector.dialects.values import first, flag, text
from llmwatch.store.span import Usage

_MODELS: Final = ("model", "model_name", "model_id", "deployment_name")
_LLM_OUTPUTS: Final = ("llm_output", "llmOutput")
_TOKENS: Final = ("token_usage", "tokenUsage", "usage", "estimatedTokenUsage")
_USAGE: Final = ("usage_metadata", "usage")
_SETTINGS: Final = {"ls_temperature": "temperature", "ls_max_tokens": "max_tokens", "ls_stop": "stop"}
_NO_SETTINGS: Final = frozenset({
    *_MODELS, "_type", "stream", "streaming", "stream_options", "tools", "functions", "messages", "input",
    "model_kwargs", "max_retries", "timeout", "request_timeout", "base_url",
})  # fmt: skip
"""Of what LangChain calls an invocation's parameters: what is kept elsewhere, or is the client's affair."""
_UNSET: Final = ("NOT_GIVEN", "<openai.Omit ", "<openai.NotGiven ")
"""How what was not set looks in the words of an older SDK than OpenAI's."""


def call_facts(run: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the Call of a run that is one, without its parameters."""
    inputs, outputs, metadata = mapping_in(run, "inputs"), mapping_in(run, "outputs"), metadata_of(run)
    answered, fields, response = _answer(outputs)
    found = {
        "provider": provider(metadata.get("ls_provider")),
        "request_model": text(metadata.get("ls_model_name"))
        or text(first(_invocation(run), _MODELS))
        or text(inputs.get("model")),
        "response_model": text(outputs.get("model"))
        or text(first(answered, _MODELS))
        or text(first(response, _MODELS)),
        "response_id": text(first(outputs, ("id", "responseId"))) or text(response.get("id")),
        "stream": flag(inputs.get("stream")),
        **usage_facts(run),
    }
    if "usage" not in found:
        told = first(answered, _TOKENS)
        said = (
            first(fields, _USAGE),
            snake_names(told) if isinstance(told, dict) else None,  # JavaScript's are in camel case
            first(response, _TOKENS),
            outputs.get("usage"),
        )
        found["usage"] = next((usage for value in said if (usage := usage_of_body(value))), None)
    return {name: value for name, value in found.items() if value is not None}


def usage_facts(run: Mapping[str, Any]) -> dict[str, Any]:
    """The tokens and the cost that a run of any kind states as its own."""
    for place in (metadata_of(run), mapping_in(run, "outputs")):
        said = place.get("usage_metadata")
        usage: Usage | None = usage_of_body(said)
        if usage and isinstance(said, dict):
            cost = dollars(said.get("total_cost"))
            return {"usage": usage} if cost is None else {"usage": usage, "sender_cost_nanousd": cost}
    return {}


def parameters_of(run: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the call: those of the request, and those that LangSmith names itself."""
    inputs, metadata = mapping_in(run, "inputs"), metadata_of(run)
    asked = {name: inputs[name] for name in PARAMETERS if name in inputs}
    named = {name: metadata[key] for key, name in _SETTINGS.items() if key in metadata}
    found = {**named, **mapping_in(metadata, "ls_invocation_params"), **_invocation(run), **asked}
    return {
        name: value
        for name, value in found.items()
        if name not in _NO_SETTINGS
        and value is not None
        and not (isinstance(value, str) and value.startswith(_UNSET))
    }


def tools_of(run: Mapping[str, Any]) -> Any:
    """The tools that were offered, in whatever shape."""
    return mapping_in(run, "inputs").get("tools") or first(_invocation(run), ("tools", "functions"))


def looks_like_a_call(run: Mapping[str, Any]) -> bool:
    """Whether what came out is a model's answer: an update may not say of what kind its run is."""
    return not {"choices", "generations", "usage_metadata"}.isdisjoint(mapping_in(run, "outputs"))


def metadata_of(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands in ``extra.metadata``."""
    return mapping_in(mapping_in(run, "extra"), "metadata")


def mapping_in(place: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under ``name``; empty when there is none."""
    found = place.get(name)
    return found if isinstance(found, dict) else {}


def _invocation(run: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping_in(mapping_in(run, "extra"), "invocation_params")


def _answer(outputs: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]:
    """LangChain's account of an answer: of the call, of the first message, and of the response it came in."""
    answered = first(outputs, _LLM_OUTPUTS)
    fields = next((found for one in generations(outputs) if (found := message_fields(one))), {})
    return answered if isinstance(answered, dict) else {}, fields, mapping_in(fields, "response_metadata")
