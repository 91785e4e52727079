"""Every capture, whatever its protocol: each request is answered as its client needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.playing import play
from tests.dialects.captures import ALL, sent

_PLAYED = [
    name
    for name in ALL
    if all(request.protocol == "http" for request in sent(name)) and not name.startswith("helicone")
]
"""All but those over gRPC (tests/collector/test_grpc.py) and through the proxy (test_proxy.py)."""

_ALREADY_THERE = ("support-answer", "qa")
"""A prompt and a dataset that the recorder had from the start, and an empty database has not."""


@pytest.mark.parametrize("name", _PLAYED)
async def test_each_request_is_answered_as_recorded(name: str, tmp_path: Path) -> None:
    played = await play(name, tmp_path / "llmwatch.db")
    assert played.exchanges
    for request, response in played.exchanges:
        what = f"{request.method} {request.path}"
        named = f"{request.path}?{request.query}"
        if request.method == "GET" and any(thing in named for thing in _ALREADY_THERE):
            assert response.status_code == 404, what
        elif request.status == 503:  # the recorder refused on purpose, to see the client try again
            assert response.status_code < 300, what
        elif request.status < 400:
            assert response.status_code == request.status, what
        else:
            assert response.status_code < 500, what
    assert played.stored
