"""OpenAI's embeddings."""

from __future__ import annotations

import base64
import hashlib
import struct

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from llmwatch.demo.corpus import tokens_in
from llmwatch.demo.stub.failures import failure, openai_error

_DIMENSIONS = 16


async def embeddings(request: Request) -> Response:
    """``POST /v1/embeddings``."""
    body = await request.json()
    if failed := await failure(body["model"], openai_error):
        return failed
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    count = sum(tokens_in(str(text)) for text in texts)
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(str(text), body.get("encoding_format"))}
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": count, "total_tokens": count}
    return JSONResponse({"object": "list", "model": body["model"], "data": data, "usage": usage})


def _vector(text: str, encoding: str | None) -> list[float] | str:
    digest = hashlib.sha256(text.encode()).digest()
    values = [(byte - 128) / 256 for byte in digest[:_DIMENSIONS]]
    packed = struct.pack(f"<{_DIMENSIONS}f", *values)
    return base64.b64encode(packed).decode() if encoding == "base64" else values
