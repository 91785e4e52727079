"""Versions of prompts, which are kept as Langfuse's (store/registry.py), in Phoenix's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmwatch.collector.dialects.values import mapping, text
from llmwatch.store.registry import PromptRow


def version(row: PromptRow) -> dict[str, Any]:
    """A version as ``GET /v1/prompts/…`` gives it."""
    config = mapping(row.config) or {}
    provider = (text(config.get("provider")) or "openai").lower()
    settings = {name: value for name, value in config.items() if name not in ("model", "provider")}
    return {
        "id": f"{row.name}:{row.version}",
        "description": ", ".join(row.labels),
        "model_provider": provider.upper(),
        "model_name": text(config.get("model")) or "",
        "template": _template(row.prompt),
        "template_type": "STR" if isinstance(row.prompt, str) else "CHAT",
        "template_format": "MUSTACHE",
        "invocation_parameters": {"type": provider, provider: settings},
    }


def _template(prompt: Any) -> Mapping[str, Any]:
    if isinstance(prompt, str):
        return {"type": "string", "template": prompt}
    turns = prompt if isinstance(prompt, list) else []
    said = [turn for turn in turns if isinstance(turn, dict) and "role" in turn]
    return {
        "type": "chat",
        "messages": [{"role": turn["role"], "content": turn.get("content") or ""} for turn in said],
    }
