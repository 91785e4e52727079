"""Keys of a request taken out of what is stored of it: some providers repeat them, in pieces or escaped."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.msgpack import Encoder

from llmwatch.collector.secrets import HIDDEN
from llmwatch.store.span import Span

_encoder = Encoder()


def without(keys: tuple[str, ...], span: Span) -> Span:
    """``span`` with none of ``keys`` in any of its texts."""
    encoded = _encoder.encode(span)  # 5 us, and hardly ever is there one
    if not any(key.encode() in encoded for key in keys):
        return span
    return msgspec.convert(_hidden(msgspec.to_builtins(span), keys), Span)


def _hidden(value: Any, keys: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        for key in keys:
            value = value.replace(key, HIDDEN)
        return value
    if isinstance(value, dict):
        return {_hidden(name, keys): _hidden(item, keys) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(item, keys) for item in value]
    return value
