"""The raw request that some instrumentations keep in an attribute, for what a span's own fields lack.

OpenInference keeps the body of the HTTP request in ``input.value``, MLflow in ``mlflow.spanInputs``. Messages
are not read here: the collector has read them from the same places.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llmwatch.config import ProviderApi
from llmwatch.store.span import JsonObject

_KEYS: Final = ("input.value", "mlflow.spanInputs", "langfuse.observation.input", "traceloop.entity.input")
_SETTINGS: Final = ("generationConfig", "options")
"""Where Gemini and Ollama keep their parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a raw request says beside its messages."""

    tools: tuple[JsonObject, ...] = ()
    parameters: JsonObject = field(default_factory=dict)
    """With everything else that stands beside the messages, under the API's own names."""
    model: str | None = None
    api: ProviderApi | None = None


def raw_request(attributes: JsonObject) -> Recorded:
    """The first of the known attributes that holds a request's body; empty when none does."""
    for key in _KEYS:
        body = _object(attributes.get(key))
        if any(name in body for name in ("messages", "input", "contents", "prompt")):
            tools, model = body.get("tools"), body.get("model")
            nested = {name: value for key in _SETTINGS for name, value in _object(body.get(key)).items()}
            return Recorded(
                tools=tuple(t for t in tools if isinstance(t, Mapping)) if isinstance(tools, list) else (),
                parameters={**{k: v for k, v in body.items() if k not in _SETTINGS}, **nested},
                model=model if isinstance(model, str) else None,
                api="gemini" if "contents" in body else "openai-responses" if "input" in body else None,
            )
    return Recorded()


def _object(value: object) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}
