"""Which addresses are this machine's own, and how they are written."""

from __future__ import annotations

import pytest

from llmwatch.addresses import need_loopback, origin
from llmwatch.errors import UsageError


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_loopback_passes(host: str) -> None:
    need_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "*", "192.168.1.5", "8.8.8.8", "example.com", "localhost.example.com",
     "127.0.0.1.nip.io", "1127.0.0.1", "::2", "127.0.0.1 ", "127.0.0.1\n"],
)  # fmt: skip
def test_what_others_can_reach_does_not(host: str) -> None:
    with pytest.raises(UsageError, match="no authentication"):
        need_loopback(host)


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:4318"), ("::1", "http://[::1]:4318")]
)
def test_origin(host: str, url: str) -> None:
    assert origin(host, 4318) == url
