"""What the proxy adds to a call: the same upstream asked directly and through it, by turns, in the same run.

usage: python bench/proxy.py [--rounds 3] [--calls 400]

The upstream is a process of its own that answers at once; what is told are differences of medians.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from figures import Figure, table
from servers import free_port, running

_MODEL = "gpt-4o-mini"
_TOKENS = 10
_BODY = {"model": _MODEL, "messages": [{"role": "user", "content": "What is the capital of France? " * 40}]}
_USAGE = {"prompt_tokens": 280, "completion_tokens": _TOKENS, "total_tokens": 280 + _TOKENS}
_ANSWER = json.dumps({
    "id": "chatcmpl-1", "object": "chat.completion", "model": _MODEL, "usage": _USAGE,
    "choices": [{
        "index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": "The capital of France is Paris. " * 8},
    }],
}).encode()  # fmt: skip


def _events() -> Iterator[bytes]:
    for at in range(_TOKENS):
        finish = "stop" if at == _TOKENS - 1 else None
        choice = {"index": 0, "delta": {"content": f"token{at} "}, "finish_reason": finish}
        body = {"id": "chatcmpl-1", "model": _MODEL, "choices": [choice]}
        yield f"data: {json.dumps(body)}\n\n".encode()
    yield f"data: {json.dumps({'id': 'chatcmpl-1', 'choices': [], 'usage': _USAGE})}\n\n".encode()
    yield b"data: [DONE]\n\n"


_EVENTS = [*_events()]
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n\r\n"
_BETWEEN_S = 0.002
"""Between the tokens of a stream: those of real models are five times as far apart."""

Ask = Callable[[http.client.HTTPConnection], float]


async def _serve(port: int) -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", port)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer to each request of a connection: streamed when its body asks for that."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            if json.loads(await reader.readexactly(size)).get("stream"):
                writer.write(_HEAD % b"text/event-stream\r\ntransfer-encoding: chunked")
                for event in _EVENTS:
                    writer.write(b"%x\r\n%s\r\n" % (len(event), event))
                    await writer.drain()
                    await asyncio.sleep(_BETWEEN_S)
                writer.write(b"0\r\n\r\n")
            else:
                writer.write(_HEAD % (b"application/json\r\ncontent-length: %d" % len(_ANSWER)) + _ANSWER)
            await writer.drain()


def _whole(connection: http.client.HTTPConnection) -> float:
    """Seconds until an answer is there."""
    return _timed(connection, _BODY, lambda response: response.read())


def _first(connection: http.client.HTTPConnection) -> float:
    """Seconds until the first byte of a stream's body is there."""
    return _timed(connection, {**_BODY, "stream": True}, lambda response: response.read(1), rest=True)


def _timed(
    connection: http.client.HTTPConnection,
    body: Mapping[str, object],
    until: Callable[[http.client.HTTPResponse], bytes],
    *,
    rest: bool = False,
) -> float:
    sent = json.dumps(body).encode()
    begun = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", sent, {"Content-Type": "application/json"})
    response = connection.getresponse()
    until(response)
    seconds = time.perf_counter() - begun
    if rest:
        response.read()
    if response.status != 200:
        raise RuntimeError(f"answered with {response.status}")
    return seconds


@contextlib.contextmanager
def _upstream() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, __file__, "--serve", str(port)])
    try:
        while True:
            with contextlib.suppress(OSError):
                http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
                break
            time.sleep(0.01)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def measure(rounds: int, calls: int) -> list[Figure]:
    """Medians of both ways, and what the proxy adds, in milliseconds; a value a round."""
    found: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, _upstream() as port:
        config = Path(folder) / "config.toml"
        config.write_text(
            f'[providers.openai]\napi = "openai-chat"\nbase_url = "http://127.0.0.1:{port}/v1"\n'
        )
        os.environ["LLMWATCH_CONFIG"] = str(config)
        with running("llmwatch", Path(folder) / "llmwatch.db") as ours:
            ways = {
                way: http.client.HTTPConnection("127.0.0.1", at)
                for way, at in (("direct", port), ("proxy", ours.port))
            }
            asks: dict[str, Ask] = {"whole answer": _whole, "first byte of a stream": _first}
            for _ in range(rounds):
                for what, ask in asks.items():
                    times: dict[str, list[float]] = {way: [] for way in ways}
                    for _ in range(calls):
                        for way, connection in ways.items():
                            times[way].append(ask(connection) * 1000)
                    for way, values in times.items():
                        found.setdefault((what, way), []).append(statistics.median(values))
    figures = []
    for what in asks:
        direct, proxied = found[what, "direct"], found[what, "proxy"]
        added = [p - d for p, d in zip(proxied, direct, strict=True)]
        figures += [
            Figure(name=f"{what}, direct", values=direct, unit="ms"),
            Figure(name=f"{what}, through the proxy", values=proxied, unit="ms"),
            Figure(name=f"{what}, added", values=added, unit="ms", bar=3),
        ]
    return figures


def main() -> None:
    """Print the table, or be the upstream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(args.serve))
        return
    print(table(measure(args.rounds, args.calls)))


if __name__ == "__main__":
    main()
