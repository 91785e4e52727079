"""How ids of scores may stand in the file."""

from __future__ import annotations

import pytest

from llmwatch.store.names import spellings

HEX = "0192f3c4a5b67788990011223344ffee"
UUID = "0192f3c4-a5b6-7788-9900-11223344ffee"


@pytest.mark.parametrize(
    ("name", "means"),
    [
        (UUID, HEX),
        (HEX, UUID),
        (UUID.upper(), HEX),
        (f"tr-{HEX}", HEX),
        (HEX, f"tr-{HEX}"),
        (f"weave:///team/shop/call/{UUID}", UUID),
        (f"weave:///team/shop/call/{UUID}", HEX),
        (f"weave:///team/shop/call/{UUID}:*", UUID),
        ("00F067AA0BA902B7", "00f067aa0ba902b7"),
        (" chatcmpl-Ab12 ", "chatcmpl-Ab12"),
        ("span_0011aa", "span_0011aa"),
    ],
)
def test_an_id_is_found_in_its_other_forms(name: str, means: str) -> None:
    assert means in spellings(name)
    assert spellings(name)[0] == name


@pytest.mark.parametrize("name", ["chatcmpl-Ab12", "a", "x-y-z", "https://example.com/call", "tr-1"])
def test_no_form_is_made_up(name: str) -> None:
    assert set(spellings(name)) <= {name, name.lower(), name.lower().removeprefix("tr-")}


def test_nothing_is_no_name() -> None:
    assert spellings("") == ()
    assert spellings("  ") == ("  ",)
    assert spellings("A" * 10_000) == ("A" * 10_000,)
