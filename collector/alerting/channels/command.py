"""A program of the user's own, started without a shell."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from llmwatch.collector.alerting.message import Message
from llmwatch.config.alerts import CommandConfig
from llmwatch.errors import DeliveryError


def command(config: CommandConfig) -> Callable[[Message], Awaitable[None]]:
    """A sender that runs a program: the alert is JSON on its stdin, and its fields are variables."""

    async def send(message: Message) -> None:
        await run(config.command, config.timeout_s, message.json(), variables(message))

    return send


def variables(message: Message) -> dict[str, str]:
    """``LLMWATCH_ALERT_RULE`` and so on, one for each field of the alert that has a value."""
    fields = msgspec.json.decode(message.json(), type=dict[str, object])
    return {
        f"LLMWATCH_ALERT_{name.upper()}": " ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in fields.items()
        if value is not None
    }


async def run(
    program: Sequence[str], timeout_s: float, given: bytes = b"", added: Mapping[str, str] | None = None
) -> None:
    """Run ``program`` with ``given`` on its stdin; what it prints is not read.

    Raises:
        DeliveryError: It cannot be started, ended with another status than 0, or took too long.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *program, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, env={**os.environ, **(added or {})},
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise DeliveryError(f"{program[0]} cannot be started: {error.strerror}", lasting=True) from error
    try:
        await asyncio.wait_for(process.communicate(given), timeout_s)
    except TimeoutError as error:
        raise DeliveryError(f"{program[0]} was still running after {timeout_s:g} s") from error
    finally:
        await _end(process)
    if process.returncode:
        raise DeliveryError(f"{program[0]} ended with status {process.returncode}")


async def _end(process: Process) -> None:
    """End it and what it has started, if it still runs."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
