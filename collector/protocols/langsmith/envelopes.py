"""What LangSmith's clients put runs and feedback in, taken apart into items that are read one by one.

An item is JSON: ``{"post": run}``, ``{"patch": run}`` or ``{"feedback": …}``. Of a form, whose parts hold a
run's fields one by one, it has ``fields``, the run's ``id``, and ``attachments`` as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from llmwatch.collector.forms import FormPart, form_parts
from llmwatch.collector.safejson import repaired
from llmwatch.errors import IngestError

_OPERATIONS: Final = ("post", "patch")
_encode: Final = msgspec.json.Encoder().encode


class _Batch(Struct):
    post: list[Raw] | None = None
    patch: list[Raw] | None = None


_BATCH: Final = msgspec.json.Decoder(_Batch)


def single(operation: str, body: bytes) -> list[bytes]:
    """The one item in the body of ``POST /runs``, ``PATCH /runs/{id}`` or ``POST /feedback``."""
    return [_encode({operation: Raw(body or b"null")})]


def of_batch(body: bytes) -> list[bytes]:
    """The items in the body of ``POST /runs/batch``.

    Raises:
        IngestError: It is no object with lists.
    """
    try:
        batch = _BATCH.decode(body)
    except (ValueError, RecursionError):
        try:
            batch = _BATCH.decode(repaired(body))
        except (ValueError, RecursionError) as error:
            raise IngestError(
                f"a batch is an object of lists: {error}", hint='{"post": [], "patch": []}'
            ) from error
    runs = {"post": batch.post or (), "patch": batch.patch or ()}
    return [_encode({operation: run}) for operation in _OPERATIONS for run in runs[operation]]


def of_form(body: bytes, content_type: str) -> list[bytes]:
    """The items in the body of ``POST /runs/multipart``.

    Raises:
        IngestError: It is no form.
    """
    return [_encode(item) for item in _grouped(form_parts(body, content_type))]


def _grouped(parts: Iterable[FormPart]) -> list[dict[str, Any]]:
    """The parts of each run together. Of attachments only what they are is kept, not their bytes."""
    items: list[dict[str, Any]] = []
    runs: dict[str, dict[str, Any]] = {}
    attached: dict[str, dict[str, Any]] = {}
    for part in parts:
        operation, _, rest = part.name.partition(".")
        of, _, field = rest.partition(".")
        if operation in _OPERATIONS and not field:
            runs[f"{operation}.{of}"] = item = {operation: Raw(part.data or b"null"), "id": of, "fields": {}}
            items.append(item)
        elif operation in _OPERATIONS and (run := runs.get(f"{operation}.{of}")):
            if part.data:
                run["fields"][field] = Raw(part.data)
        elif operation == "attachment":
            about = {"mime_type": part.content_type.partition(";")[0], "size_bytes": len(part.data)}
            attached.setdefault(of, {})[field] = about
        else:
            items.append(
                {operation: Raw(part.data or b"null")} if operation == "feedback" else {"part": part.name}
            )
    for item in runs.values():
        if item["id"] in attached:
            item["attachments"] = attached[item["id"]]
    return items
