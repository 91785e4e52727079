"""Embedding vectors make way for a note; everything else stays."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from llmwatch.collector.dialects.vectors import without_vectors, without_vectors_in

VECTOR = [0.25, -0.5, 1e-07, 3.0] * 8
NOTE = "[vector of 32 numbers]"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (VECTOR, NOTE),
        ([VECTOR, VECTOR], [NOTE, NOTE]),
        ({"embedding": VECTOR, "index": 0}, {"embedding": NOTE, "index": 0}),
        (json.dumps({"data": [{"embedding": VECTOR}]}), json.dumps({"data": [{"embedding": NOTE}]})),
        (json.dumps(VECTOR), f'"{NOTE}"'),
        ([0.91, 0.47], [0.91, 0.47]),
        (["a"] * 20, ["a"] * 20),
        ("a text about [1, 2, 3] " * 10, "a text about [1, 2, 3] " * 10),
        (7, 7),
        (None, None),
    ],
)
def test_vectors(value: Any, kept: Any) -> None:
    assert without_vectors({"key": value}) == {"key": kept}


def test_vectors_in_base64() -> None:
    packed = base64.b64encode(struct.pack("32f", *VECTOR)).decode()
    body = json.dumps({"data": [{"embedding": packed}], "model": "m"})
    assert without_vectors_in(body) == json.dumps({"data": [{"embedding": NOTE}], "model": "m"})


def test_no_text_is_no_text() -> None:
    assert without_vectors_in(None) is None
