"""Documents whose every text is hostile: what a reader of Markdown and one of HTML make of them."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from llmwatch.cli.reports.document import Document, Section, Table, as_html, as_markdown
from llmwatch.neutral import neutral_line

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=https://evil.example/x.png>",
    "![x](https://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "<https://evil.example>",
    "https://evil.example www.evil.example me@evil.example @someone",
    "a | b | c",
    "# heading",
    "- item",
    "1. item",
    "1) item",
    "> quote",
    "`code` **bold** _it_ ~~gone~~",
    "```\nfence",
    "&lt;b&gt; &#60;",
    "\\<b>",
    "|---|---|",
    "=====",
    "[x]: https://evil.example",
    "\x1b[31mred\x07\u202e",
    "</style></title><svg onload=alert(1)>",
    "trailing \\",
    "+ plus",
    "---",
    "- - -",
    "-",
    "*",
    "+150 %",
    "",
]


def document(text: str) -> Document:
    table = Table(("name", text), [(text, "1"), ("a", text)], frozenset({text}))
    return Document(text or "-", [f"line {text}"], [Section("Part", [f"{text} point", text], table)])


def walk(tokens: list[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *walk(token.children or []))]


def read(text: str) -> tuple[set[str], list[str]]:
    """The kinds of tokens that a reader finds, and the texts."""
    tokens = walk(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text))
    inline = [token for token in tokens if token.type == "inline"]
    shown = ["".join(child.content for child in token.children or []) for token in inline]
    return {token.type for token in tokens}, shown


PLAIN = {
    f"{name}_{end}"
    for name in (
        "heading",
        "paragraph",
        "bullet_list",
        "list_item",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    )
    for end in ("open", "close")
} | {"inline", "text", "text_special"}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def tags(text: str) -> Tags:
    parser = Tags()
    parser.feed(text)
    parser.close()
    return parser


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_every_text_as_it_is(text: str) -> None:
    kinds, shown = read(as_markdown(document(text)))
    assert kinds <= PLAIN
    line = neutral_line(text).strip()
    assert shown[0] == (line or "-")
    assert shown[1] == f"line {line}".strip()
    assert f"{line} point".strip() in shown
    assert shown.count(line) >= 3, "the head, and a cell in each of two rows"


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_makes_no_link_of_plain_text(text: str) -> None:
    written = as_markdown(document(text))
    assert "://" not in written
    assert "www." not in written
    assert "@" not in written
    assert "<" not in written


@pytest.mark.parametrize("text", HOSTILE)
def test_html_has_only_its_own_tags(text: str) -> None:
    ours, theirs = tags(as_html(document("harmless"))), tags(as_html(document(text)))
    assert [tag for tag, _ in theirs.found] == [tag for tag, _ in ours.found]
    assert {names for _, names in theirs.found} <= {names for _, names in ours.found}
    assert neutral_line(text) in "".join(theirs.texts)


@given(st.text(max_size=80))
def test_any_text_is_text(text: str) -> None:
    kinds, _ = read(as_markdown(document(text)))
    assert kinds <= PLAIN
    assert [t for t, _ in tags(as_html(document(text))).found] == [
        t for t, _ in tags(as_html(document("x"))).found
    ]


def test_html_asks_nobody_for_anything() -> None:
    page = as_html(document("https://evil.example"))
    assert "Content-Security-Policy" in page
    assert "default-src 'none'" in page
    found = tags(page).found
    assert not {"script", "img", "link", "iframe", "a", "object", "base"} & {tag for tag, _ in found}
    assert not {"src", "href", "action", "style", "onload"} & {name for _, names in found for name in names}
    assert "url(" not in page
    assert "@import" not in page


def test_a_section_without_anything_is_left_out() -> None:
    empty = Document("Title", sections=[Section("None"), Section("Table", table=Table(("a",), []))])
    assert as_markdown(empty) == "# Title\n"
    assert "<h2>" not in as_html(empty)


def test_what_it_looks_like() -> None:
    table = Table(("model", "cost"), [("gpt-4o", "$1.25"), ("mini", "$0")], frozenset({"cost"}))
    written = Document("Daily report", ["2 March"], [Section("Cost", ["of $10.00"], table)])
    assert as_markdown(written) == (
        "# Daily report\n\n2 March\n\n## Cost\n\n- of $10.00\n\n"
        "| model | cost |\n|---|---:|\n| gpt-4o | $1.25 |\n| mini | $0 |\n"
    )
    assert '<td>gpt-4o</td><td class="n">$1.25</td>' in as_html(written)
