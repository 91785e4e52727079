"""Who may talk to the collector: checks of the request's head, before any of its body is read.

A page in the user's browser can reach a local port. It is kept out by its Origin, by its Host when a name
was rebound to this machine (DNS rebinding), and by content types it cannot send without asking first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from llmwatch.addresses import bracketed
from llmwatch.collector.otlp.replies import JSON, PROTOBUF

NDJSON: Final = "application/x-ndjson"

_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s:/?#@\[\]]+)(?::\d{1,5})?")
_TYPES: Final = {
    **dict.fromkeys(("/v1/traces", "/v1/logs", "/v1/metrics"), (PROTOBUF, JSON)),
    **dict.fromkeys(
        ("/api/spans", "/api/lines", "/api/scores", "/api/feedback", "/api/replays"), (JSON, NDJSON)
    ),
    **dict.fromkeys(("/api/alerts/acknowledge", "/api/alerts/snooze", "/api/alerts/test"), (JSON,)),
    **dict.fromkeys(("/api/guard/reserve", "/api/guard/settle", "/api/guard/tool"), (JSON,)),
}
"""What may be posted, by the end of the path; the clients of other platforms often send no content type."""

Refuse: TypeAlias = Callable[[Scope, int, str], Response]


class Gate:
    """Lets a request in when its Host, its Origin and its content type are ours; else answers 403 or 415.

    Args:
        app: Who answers those let in.
        refuse: Makes the answer of a status and a message.
        hosts: Names that a Host header may carry beside those of this machine, with any port.
        origins: Browser origins that may post, as a browser writes them.
    """

    def __init__(
        self, app: ASGIApp, *, refuse: Refuse, hosts: Iterable[str] = (), origins: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._hosts = frozenset(bracketed(host.lower()) for host in (*_LOOPBACK, *hosts))
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the app, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
            return
        status, message = refusal
        await self._refuse(scope, status, message)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        hosts = header_values(scope, b"host")
        named = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
        if named is None or named["name"] not in self._hosts:
            return 403, (
                "this Host is not ours: use localhost, 127.0.0.1 or [::1], "
                "or add the name to collector.allowed_hosts in the configuration"
            )
        if not self._origins.issuperset(header_values(scope, b"origin")):
            return 403, "this Origin may not post here: see collector.allowed_origins in the configuration"
        if scope["method"] == "POST":
            wanted = next((types for path, types in _TYPES.items() if scope["path"].endswith(path)), ())
            if wanted and media_type(scope) not in wanted:
                return 415, f"send this with Content-Type: {' or '.join(wanted)}"
        return None


def header_values(scope: Scope, name: bytes) -> list[str]:
    """All values of a header, whose ``name`` is given in lower case."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def media_type(scope: Scope) -> str:
    """The request's content type in lower case without parameters; empty when it has none."""
    return "".join(header_values(scope, b"content-type")).partition(";")[0].strip().lower()
