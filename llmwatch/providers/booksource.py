"""Updates of the price list: one file in the data directory that comes before the bundled list.

It is checked as a whole before it replaces anything, and read again by whoever prices when it changes: the
running collector and the screens look at it every few seconds.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from llmwatch import paths
from llmwatch.errors import PriceListError
from llmwatch.providers.bookreading import sellers_of
from llmwatch.providers.litellmprices import is_litellm, providers_of
from llmwatch.providers.pricebook import Book, bundled

_log = logging.getLogger(__name__)

Form: TypeAlias = Literal["genai-prices", "LiteLLM"]

DEFAULT_URL: Final = (
    "https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"
)
"""Where genai-prices publishes its list."""
LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a list; the largest published one has 3 MiB."""
_FEWEST: Final = 10
"""Models with a price that a list must have: fewer is a mistake, not a list."""
_LOOK_EVERY_S: Final = 2.0


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """A list as it is kept."""

    form: Form
    source: str
    """Where it came from: an address, or a file's name."""
    fetched: str
    """When, ISO in UTC."""
    providers: msgspec.Raw
    """In the form of genai-prices' data.json, whatever it came as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An update that can be used."""

    update: Update
    book: Book
    models: int
    """Those with a price."""


def books_in_use() -> Sequence[Book]:
    """The lists to ask in turn. The same object for as long as nothing changes."""
    return _SHELF.books()


def kept() -> Kept | None:
    """The update in the data directory; None when there is none.

    Raises:
        PriceListError: It cannot be read.
    """
    path = paths.prices_path()
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PriceListError(f"{path} cannot be read: {error.strerror}") from error
    try:
        update = msgspec.json.decode(data, type=Update)
    except msgspec.MsgspecError as error:
        raise PriceListError(
            f"{path} is no update of the price list: {error}", hint="Fetch it anew: llmwatch prices update"
        ) from error
    return _kept(update)


def checked(data: bytes, source: str, fetched: str) -> Kept:
    """What a published list says: genai-prices' data.json, or LiteLLM's map of models.

    Args:
        data: The bytes of it.
        source: Where they came from.
        fetched: When, ISO in UTC.

    Raises:
        PriceListError: They are no list, or any of it is not as it must be.
    """
    if len(data) > LARGEST:
        raise PriceListError(f"{source} is longer than {LARGEST >> 20} MiB, which no price list is")
    try:
        given = json.loads(data, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise PriceListError(f"{source} is not JSON: {error}") from error
    form: Form = "genai-prices"
    if is_litellm(given):
        form, given = "LiteLLM", providers_of(given)
    if not isinstance(given, list):
        raise PriceListError(
            f"{source} is no price list",
            hint="It must be genai-prices' data.json, or LiteLLM's model_prices_and_context_window.json.",
        )
    raw = json.dumps(given, default=_number).encode()
    return _kept(Update(form=form, source=source, fetched=fetched, providers=msgspec.Raw(raw)))


def keep(update: Kept) -> Path:
    """Put ``update`` in the place of what is kept, and say where.

    Raises:
        PriceListError: It cannot be written.
    """
    path = paths.prices_path()
    beside = path.with_suffix(f".{os.getpid()}.new")
    try:
        paths.make_private_dir(path.parent)
        paths.make_private_file(beside)
        beside.write_bytes(msgspec.json.encode(update.update))
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise PriceListError(f"{path} cannot be written: {error.strerror}") from error
    return path


def drop() -> bool:
    """Take away what is kept, so that the bundled list is in use; says whether there was something.

    Raises:
        PriceListError: It cannot be taken away.
    """
    path = paths.prices_path()
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise PriceListError(f"{path} cannot be removed: {error.strerror}") from error
    return True


class _Shelf:
    """The lists in use, looked at again from time to time. Any thread may ask."""

    def __init__(self) -> None:
        self._books: Sequence[Book] = ()
        self._seen: tuple[Path, int, int] | None = None
        self._look_at = 0.0

    def books(self) -> Sequence[Book]:
        now = time.monotonic()
        if now >= self._look_at or not self._books:
            self._look_at = now + _LOOK_EVERY_S
            self._look()
        return self._books

    def _look(self) -> None:
        path = paths.prices_path()
        try:
            status = path.stat()
            seen = (path, status.st_mtime_ns, status.st_size)
        except OSError:
            seen = (path, 0, 0)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            update = kept()
        except PriceListError as error:
            _log.warning("The bundled price list is used: %s", error)
            update = None
        if update is None:
            self._books = (bundled(),)
        elif update.update.form == "LiteLLM":  # it names fewer models: the others keep a price
            self._books = (update.book, bundled())
        else:
            self._books = (update.book,)


_SHELF: Final = _Shelf()


def _kept(update: Update) -> Kept:
    sellers = sellers_of(msgspec.json.decode(update.providers), update.source)
    models = sum(len(seller.models) for seller in sellers)
    if models < _FEWEST:
        raise PriceListError(f"{update.source} has prices of {models} models, which is no price list")
    day = update.fetched[:10]
    return Kept(update=update, book=Book(sellers, update.form, day), models=models)


def _number(value: object) -> object:
    """A decimal as JSON writes it; the library reads numbers and text alike."""
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} in a price list")
