"""Server-sent events by the letter of the WHATWG standard, whatever the cuts between chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.providers import sse
from llmwatch.providers.errors import BadAnswerError
from llmwatch.providers.sse import Decoder, NdjsonDecoder, SseDecoder


def decode(decoder: Decoder, *chunks: bytes) -> list[str]:
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*events, *decoder.close()]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: one\n\n", ["one"]),
        (b"data:one\n\n", ["one"]),
        (b"data:  two spaces\n\n", [" two spaces"]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b"data: a\r\n\r\ndata: b\r\r", ["a", "b"]),
        (b": a comment\n\nevent: ping\n\ndata: x\nid: 7\nretry: 3\n\n", ["x"]),
        (b"data\n\n", [""]),
        (b"\xef\xbb\xbfdata: after a BOM\n\n", ["after a BOM"]),
        (b"data: never ended by a blank line\n", []),
        ("data: Zürich 東京\n\n".encode(), ["Zürich 東京"]),
        (b"data: \xff\n\n", ["\ufffd"]),
        (b"", []),
    ],
)
def test_server_sent_events(stream: bytes, events: list[str]) -> None:
    assert decode(SseDecoder(), stream) == events
    assert decode(SseDecoder(), *(stream[i : i + 1] for i in range(len(stream)))) == events


def test_lines_of_json() -> None:
    assert decode(NdjsonDecoder(), b'{"a"', b":1}\n\n", b'{"b":2}') == ['{"a":1}', '{"b":2}']


@given(
    st.lists(st.text(alphabet="ab:ü\n ", max_size=8)),
    st.lists(st.integers(1, 9)),
    st.sampled_from(["\n", "\r", "\r\n"]),
)
def test_cuts_do_not_matter(texts: list[str], cuts: list[int], end: str) -> None:
    stream = "".join("".join(f"data: {line}{end}" for line in t.split("\n")) + end for t in texts).encode()
    chunks, start = [], 0
    for cut in cuts:
        chunks.append(stream[start : start + cut])
        start += cut
    assert decode(SseDecoder(), *chunks, stream[start:]) == texts


def test_an_endless_event_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100)
    with pytest.raises(BadAnswerError, match="more than"):
        decode(SseDecoder(), *[b"x" * 60] * 2)
    with pytest.raises(BadAnswerError, match="more than"):
        decode(SseDecoder(), *[b"data: 0123456789\n"] * 20)
