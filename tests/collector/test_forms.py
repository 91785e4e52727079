"""Forms: whole, broken, cut off, with too many parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector import forms
from llmwatch.collector.forms import FormPart, form_parts
from llmwatch.errors import IngestError

TYPE = "multipart/form-data; boundary=xyz"


def form(*parts: bytes) -> bytes:
    return b"".join(b"--xyz\r\n" + part + b"\r\n" for part in parts) + b"--xyz--\r\n"


def part(name: str, data: bytes, content_type: str = "application/json") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"\r\nContent-Type: {content_type}\r\n\r\n'
    return head.encode() + data


def test_parts_come_in_their_order() -> None:
    body = form(part("a.b", b"{}"), part("ü", b"\r\n--xy\x00", "text/plain; length=7"), b"x-any: 1\r\n\r\n")
    assert form_parts(body, TYPE) == [
        FormPart("a.b", "application/json", b"{}"),
        FormPart("ü", "text/plain; length=7", b"\r\n--xy\x00"),
        FormPart("", "", b""),
    ]


def test_headers_are_read_in_any_case_and_parameters_with_quotes() -> None:
    body = b"--a b\r\nCONTENT-disposition: form-data; name=plain\r\n\r\n1\r\n--a b--"
    assert form_parts(body, 'Multipart/Form-Data; Boundary="a b"'.replace("Boundary", "boundary")) == [
        FormPart("plain", "", b"1")
    ]


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_without_a_boundary_it_is_no_form(content_type: str) -> None:
    with pytest.raises(IngestError) as caught:
        form_parts(form(part("a", b"1")), content_type)
    assert caught.value.status == 415


@pytest.mark.parametrize(
    "body",
    [b"", b"--xyz", b"nonsense", form(part("a", b"1"))[:-6], b"--xyz\r\nno colon\r\n\r\n1\r\n--xyz--\r\n"],
)
def test_what_is_broken_is_refused(body: bytes) -> None:
    with pytest.raises(IngestError) as caught:
        form_parts(body, TYPE)
    assert caught.value.status == 400


def test_headers_and_parts_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IngestError):
        form_parts(form(b"x: " + b"y" * 100_000 + b"\r\n\r\n1"), TYPE)
    monkeypatch.setattr(forms, "_MOST_PARTS", 3)
    with pytest.raises(IngestError) as caught:
        form_parts(form(*[part("a", b"1")] * 4), TYPE)
    assert caught.value.status == 413


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        form_parts(b"--xyz\r\n" + body, TYPE)
    except IngestError as error:
        assert error.status == 400
