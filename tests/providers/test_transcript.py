"""Messages as text and back: nothing is lost, and an edit changes what was edited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.errors import UsageError
from llmwatch.providers.transcript import from_text, to_text
from llmwatch.store.span import Message, Part
from tests.providers.conversations import CALL, IMAGE, LINKED, TOOL_TURN, says

RECORDED = (
    *TOOL_TURN.messages,
    Message(
        role="user",
        parts=(Part(type="text", text="And this?"), IMAGE, Part(type="text", text="And:"), LINKED),
    ),
)


def test_what_it_looks_like() -> None:
    assert to_text(RECORDED) == (
        "=== system\nBe brief.\n\n"
        "=== user\nWeather in Paris?\n\n"
        '=== assistant\nLet me look.\n=== + call call_1 get_weather\n{"city": "Paris"}\n\n'
        '=== tool\n=== + result call_1\n{"celsius": 18}\n\n'
        "=== user\nAnd this?\n=== + kept 1 image/png\n=== + text\nAnd:\n=== + kept 2 image\n"
    )


def test_nothing_changed() -> None:
    assert from_text(to_text(RECORDED), RECORDED) == RECORDED


def test_an_edit_changes_what_was_edited() -> None:
    text = to_text(RECORDED).replace("And this?", "And that?").replace("Paris", "Lyon")
    edited = from_text(text, RECORDED)
    assert edited[0] == RECORDED[0]
    assert edited[1] == says("user", "Weather in Lyon?")
    assert edited[2].parts == (Part(type="text", text="Let me look."), Part(
        type="tool_call", id=CALL.id, name=CALL.name, arguments='{"city": "Lyon"}'))  # fmt: skip
    assert edited[3] == RECORDED[3]
    assert edited[4].parts == (Part(type="text", text="And that?"), *RECORDED[4].parts[1:])


def test_messages_come_and_go() -> None:
    assert from_text("=== user\nHello", ()) == (says("user", "Hello"),)
    assert from_text("\n\n=== user\nHello\n", ()) == (says("user", "Hello"),)
    assert from_text("=== system\n\n=== user\nHello\n", RECORDED) == (says("user", "Hello"),)
    assert from_text("", RECORDED) == ()


def test_control_characters_are_shown_and_kept_where_nothing_was_edited() -> None:
    hostile = (says("user", "\x1b]0;owned\x07\ttab\r\n\u202e"), says("user", "plain"))
    text = to_text(hostile)
    assert not any(c in text for c in "\x1b\x07\r\u202e")
    assert "\t" in text
    assert from_text(text.replace("plain", "edited"), hostile) == (hostile[0], says("user", "edited"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hello", "Line 1: the text must begin"),
        ("=== robot\nHi", "Line 1: there is no role 'robot'"),
        ("=== user\nHi\n\n=== \nx", "Line 4: there is no role ''"),
        ("=== user\nHi\n=== + kept 9\n", "no part 'kept 9'"),
        ("=== user\nHi\n=== + song\nla", "no part 'song'"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        from_text(text, RECORDED)


LINE = st.sampled_from(
    ["", "a", " b ", "===", "=== user", "=== + text", "\\=== x", "\\\\===", "--- ", "\\", "é\t🙂"]
)
BODY = st.lists(LINE, min_size=1, max_size=4).map("\n".join)
PART = st.one_of(
    BODY.filter(bool).map(lambda text: Part(type="text", text=text)),
    BODY.map(lambda text: Part(type="tool_call", id="c1", name="my tool", arguments=text)),
    BODY.map(lambda text: Part(type="tool_call_response", id="c1", text=text)),
    st.sampled_from([IMAGE, LINKED]),
)
MESSAGES = st.lists(
    st.builds(
        lambda role, parts: Message(role=role, parts=tuple(parts)),
        st.sampled_from(["system", "user", "assistant", "tool"]),
        st.lists(PART, min_size=1, max_size=3),
    ),
    max_size=4,
).map(tuple)


@given(MESSAGES)
def test_every_text_survives(messages: tuple[Message, ...]) -> None:
    """Read without the original, so that everything but kept parts comes from the text itself."""
    kept = (Message(role="user", parts=tuple(p for m in messages for p in m.parts if p in (IMAGE, LINKED))),)
    assert from_text(to_text(messages), messages) == messages
    assert from_text(to_text(messages), kept) == messages
