"""What the screen says before the first span: the exact lines that make an app send some."""

from __future__ import annotations

from typing import Final

from llmwatch.addresses import origin
from llmwatch.clients import Address, Client, find
from llmwatch.tui.models.cells import Cell, Line

_SHOWN: Final = ("opentelemetry", "openai-otel", "openinference", "curl")
"""The most common ways, which between them suit any app; the first matters most."""
_NAMED: Final = ("langfuse", "langsmith", "claude-code", "vercel-ai")
"""Some of the others, so that it is clear what they are."""


def first_run_lines(here: Address, grpc_problem: str, height: int) -> list[Line]:
    """The screen before the first span; clients that do not fit the height are left out.

    ``grpc_problem`` says why OTLP over gRPC is not taken; empty when it is, or when that is not known yet.
    """
    lines: list[Line] = [
        (
            Cell("Waiting for the first span on ", "strong"),
            Cell(origin(here.host, here.port), "accent"),
        ),
        (),
    ]
    last = _last_lines(grpc_problem)
    for client in filter(None, map(find, _SHOWN)):
        block = _block(client, here)
        if len(lines) + len(block) + len(last) <= height:
            lines += block
    return lines + last


def _block(client: Client, here: Address) -> list[Line]:
    return [
        (Cell(client.title, "strong"),),
        *((Cell("  " + line),) for line in here.fill(client.lines).splitlines()),
        (),
    ]


def _last_lines(grpc_problem: str) -> list[Line]:
    lines: list[Line] = [
        (Cell(f"Others, as {', '.join(_NAMED)}, …: ", "muted"), Cell("llmwatch connect")),
        (Cell("No app at hand? ", "muted"), Cell("llmwatch demo"), Cell(" shows a believable one.", "muted")),
    ]
    return [*lines, (Cell(grpc_problem, "muted"),)] if grpc_problem else lines
