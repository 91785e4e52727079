"""The parent's end of the second process: its pipes, and who waits for which answer."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from collections import deque
from subprocess import PIPE
from typing import Final

from llmwatch.collector.reading.wire import LENGTH_BYTES, framed, length
from llmwatch.config import Config

_COMMAND: Final = (sys.executable, "-P", "-m", "llmwatch.collector.reading.worker")
_PIPE_BYTES: Final = 1 << 20
_PATIENCE_S: Final = 10.0
"""So long it may take to begin, or to end."""


class Second:
    """A process that reads by one configuration. Used by the event loop alone."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._waiting: deque[asyncio.Future[bytes]] = deque()
        self._messages: asyncio.WriteTransport | None = None
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def begun(cls, config: Config) -> Second:
        """One that is ready to read, which takes half a second.

        Raises:
            OSError: It cannot be started, ends before it is ready, or takes too long.
            NotImplementedError: This platform has no such pipes.
        """
        process = await asyncio.to_thread(
            subprocess.Popen, _COMMAND, stdin=PIPE, stdout=PIPE, pipesize=_PIPE_BYTES
        )
        made = cls(process)
        try:
            await made._connect()
            async with asyncio.timeout(_PATIENCE_S):
                await made.ask(pickle.dumps(config))
        except BaseException:
            await made.end(kill=True)
            raise
        return made

    def ask(self, message: bytes) -> asyncio.Future[bytes]:
        """The answer to ``message``.

        Raises:
            ConnectionError: From the future: the process has ended.
        """
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if self._messages is None or self._messages.is_closing():
            future.set_exception(ConnectionError("the process has ended"))
        else:
            self._waiting.append(future)
            self._messages.write(framed(message))
        return future

    async def end(self, *, kill: bool = False) -> None:
        """Let the process answer what it was asked, and end; or kill it."""
        if kill:
            self.process.kill()
        if self._messages is not None:
            self._messages.close()
        if self._listening is not None:
            _, hanging = await asyncio.wait([self._listening], timeout=_PATIENCE_S)
            if hanging:
                self.process.kill()
                await self._listening
        await asyncio.to_thread(self.process.wait)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        answers = asyncio.StreamReader()
        self._messages, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, self.process.stdin)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(answers), self.process.stdout)
        self._listening = asyncio.create_task(self._listen(answers), name="second process")

    async def _listen(self, answers: asyncio.StreamReader) -> None:
        try:
            while True:
                head = await answers.readexactly(LENGTH_BYTES)
                answer = await answers.readexactly(length(head))
                future = self._waiting.popleft()
                if not future.done():
                    future.set_result(answer)
        except (asyncio.IncompleteReadError, OSError) as error:
            for future in self._waiting:
                if not future.done():
                    future.set_exception(ConnectionError(f"the process has ended: {error}"))
            self._waiting.clear()
