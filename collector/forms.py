"""Reading multipart/form-data (RFC 7578) that is already in memory, within limits."""

from __future__ import annotations

from typing import Final, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from llmwatch.errors import IngestError

_MOST_PARTS: Final = 50_000
"""A part takes 50 us to read, however small."""


class FormPart(NamedTuple):
    """One part of a form."""

    name: str
    content_type: str
    data: bytes


def form_parts(body: bytes, content_type: str) -> list[FormPart]:
    """The parts of ``body`` in their order; ``content_type`` is the request's header, with the boundary.

    Raises:
        IngestError: It is no such form, is cut off, or has too many parts.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise IngestError("send this as multipart/form-data with a boundary", status=415)
    form = _Form()
    try:
        MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": form.begin,
                "on_header_field": form.header_field,
                "on_header_value": form.header_value,
                "on_header_end": form.header_end,
                "on_part_data": form.data,
                "on_part_end": form.end_part,
                "on_end": form.end,
            },
        ).write(body)
    except FormParserError as error:
        raise IngestError(f"this is no multipart form: {error}") from error
    if not form.ended:
        raise IngestError("the multipart form ends too early")
    return form.parts


class _Form:
    """What the parser tells, put together."""

    def __init__(self) -> None:
        self.parts: list[FormPart] = []
        self.ended = False
        self._headers: dict[bytes, bytes] = {}
        self._field = self._value = b""
        self._pieces: list[bytes] = []

    def begin(self) -> None:
        if len(self.parts) == _MOST_PARTS:
            raise IngestError(f"the form has more than {_MOST_PARTS} parts: send fewer at a time", status=413)
        self._headers, self._pieces = {}, []

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(data[start:end])

    def end_part(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"").decode("utf-8", "replace")
        _, options = parse_options_header(disposition.encode().decode("latin-1"))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        content_type = self._headers.get(b"content-type", b"").decode("latin-1")
        self.parts.append(FormPart(name, content_type, b"".join(self._pieces)))

    def end(self) -> None:
        self.ended = True
