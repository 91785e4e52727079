"""Full text: what is cut into words, and how phrases are asked for."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.store.search import cut, phrase, searchable
from llmwatch.store.span import Content, Message, Part, Retrieval, Tool
from tests.store.builders import said, span


def test_each_text_once() -> None:
    content = Content(
        input_messages=(said("one"), said("two"), said("one")),
        output_messages=(
            Message(
                role="assistant",
                parts=(
                    Part(type="reasoning", text="thought"),
                    Part(type="tool_call", name="sql", arguments='{"q": 1}', id="call_1"),
                    Part(type="blob", data="AAAA", mime_type="image/png"),
                ),
            ),
        ),
        input_text="",
        attributes={"secret": "no"},
    )
    tool = Tool(result="rows")
    record = span(content=content, tool=tool, retrieval=Retrieval(query="two"), error_message="boom")
    assert searchable(record) == ("one", "two", "thought", "sql", '{"q": 1}', "rows", "boom")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ascii", "plain ascii"),
        ("naïve café", "naïve café"),
        ("退款 now", " 退  款  now"),
        ("カタカナ", " カ  タ  カ  ナ "),
        ("한국", " 한  국 "),
    ],
)
def test_ideographs_are_words(text: str, expected: str) -> None:
    assert cut(text) == expected


@pytest.fixture(scope="module")
def index() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE search USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')")
    return db


@pytest.mark.parametrize(
    ("text", "asked", "found"),
    [
        ("please refund my order", "refund", True),
        ("please refund my order", "REFUND my", True),
        ("please refund my order", "my refund", False),
        ("please refund my order", "refu*", True),
        ("please refund my order", "refu", False),
        ("please refund my order", "refund AND order", False),
        ("please refund my order", 'refund" OR "x', False),
        ("the café", "cafe", True),
        ("我要退款", "退款", True),
        ("我要退款", "退", True),
        ("我要退款", "款退", False),
        ("東京タワー", "東京", True),
        ("a\0b", "b", True),
    ],
)
def test_phrases(index: sqlite3.Connection, text: str, asked: str, found: bool) -> None:
    index.execute("DELETE FROM search")
    index.execute("INSERT INTO search VALUES (?)", (cut(text),))
    rows = index.execute("SELECT 1 FROM search WHERE search MATCH ?", (phrase(asked),)).fetchall()
    assert bool(rows) == found


@given(st.text())
def test_any_text_can_be_asked_for(index: sqlite3.Connection, text: str) -> None:
    asked = phrase(text.encode("utf-8", "replace").decode())
    index.execute("SELECT 1 FROM search WHERE search MATCH ?", (asked,)).fetchall()
