"""llmwatch prices: what models cost, where that is from, and whether it is current."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from llmwatch.cli.place import chosen
from llmwatch.cli.printing import color
from llmwatch.durations import EXAMPLES, parse_duration
from llmwatch.errors import StoreMissingError, UsageError
from llmwatch.format import plural
from llmwatch.neutral import neutral_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from llmwatch.analysis.pricing import Checked, Doubt, ListInUse, ModelPrices, RatesInUse
    from llmwatch.store.reads.priced import CalledModel

_LATELY: Final = "30d"
_DAY_NS: Final = 86_400 * 10**9
_LABEL: Final = 14


@click.group()
def command() -> None:
    """Show, update and check the prices that calls are billed with.

    Calls keep the price they were first billed with: an update changes what comes after it.
    """


@command.command()
@click.argument("model", required=False)
@click.option("--provider", metavar="NAME", help="As spans name it, e.g. openai or aws.bedrock.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="A day (default: now).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, rates in nano-dollars per million tokens.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def show(
    ctx: click.Context, model: str | None, provider: str | None, day: datetime | None, db: str | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Print what MODEL costs, dollars per million tokens; without it, what was called in the last 30 days.

    Each price names its list, the day of the list and its age, and the rule by which the model was found in
    it. A price of the configuration is marked as custom. Exits 1 when MODEL has no price.
    """
    from llmwatch.analysis.pricing import lists_in_use, model_prices
    from llmwatch.cli.tables import json_text
    from llmwatch.providers.booksource import books_in_use
    from llmwatch.providers.prices import Prices

    database, config = chosen(ctx.parent or ctx, db=db)
    at_ns = time.time_ns() if day is None else int(day.replace(tzinfo=UTC).timestamp()) * 10**9
    names = [(provider, model)] if model is not None else _called_names(database, provider)
    prices = Prices(config.prices)
    books = books_in_use()
    found = [model_prices(prices, books, seller, name, at_ns) for seller, name in names]
    lists = lists_in_use(books, at_ns)
    if as_json:
        click.echo(json_text({"lists": lists, "custom": sorted(config.prices), "models": found}))
    else:
        _echo(_shown(lists, list(config.prices), found))
    sys.exit(1 if model is not None and not found[0].prices else 0)


@command.command()
@click.option(
    "--from", "source", metavar="URL|FILE",
    help="genai-prices' data.json or LiteLLM's model_prices map (default: genai-prices' own address).",
)  # fmt: skip
@click.option("--bundled", is_flag=True, help="Go back to the list that was installed with llmwatch.")
def update(source: str | None, *, bundled: bool) -> None:
    """Fetch a newer price list and use it, here and in the collector that runs.

    It is fetched over https (or from this machine, or a file), checked as a whole, and kept in the data
    directory; when anything is wrong with it, what was in use stays. Nothing about you or your calls is sent.
    """
    from llmwatch.providers import booksource
    from llmwatch.providers.pricefetch import fetched

    if bundled:
        if source is not None:
            raise UsageError("--bundled fetches nothing", hint="Give --from or --bundled, not both.")
        kept = booksource.drop()
        click.echo("The bundled list is in use again." if kept else "The bundled list was in use already.")
        return
    data, name = fetched(source or booksource.DEFAULT_URL)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = booksource.checked(data, name, now)
    path = booksource.keep(found)
    size = f"{plural(found.models, 'model')} of {plural(len(found.book.sellers), 'seller')}"
    click.echo(neutral_line(f"{found.book.name} of {found.book.listed}: {size}, from {name}"))
    click.echo(neutral_line(f"Kept in {path}. Calls from now on are billed with it."))


@command.command()
@click.option("--since", metavar="DURATION", default=_LATELY, show_default=True, help="How far back to look.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def check(ctx: click.Context, since: str, db: str | None, *, as_json: bool) -> None:
    """Say how old the price list is, and which models that were called need a look.

    Named are models without a price, models that were priced by a guess, and models whose sender told a
    cost of its own that differs from ours by more than 5 %. Exits 0 when nothing needs a look, else 1.
    """
    from llmwatch.analysis.pricing import checked
    from llmwatch.cli.tables import json_text
    from llmwatch.providers.booksource import books_in_use
    from llmwatch.providers.prices import Prices

    length_ns = parse_duration(since)
    if length_ns is None:
        raise UsageError(f"--since {since} is no length of time", hint=f"Write {EXAMPLES}.")
    database, config = chosen(ctx.parent or ctx, db=db)
    now_ns = time.time_ns()
    called = _called(database, now_ns - length_ns)
    found = checked(Prices(config.prices), books_in_use(), len(config.prices), called, now_ns)
    if as_json:
        click.echo(json_text({"fine": found.fine, **_plain(found)}))
    else:
        _echo(_checked(found, since))
    sys.exit(0 if found.fine else 1)


def _called(database: Path, since_ns: int) -> list[CalledModel]:
    """What was called; nothing before there is a database."""
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads.priced import called_models

    try:
        reader = connect_reader(database)
    except StoreMissingError:
        return []
    with closing(reader):
        return called_models(reader, since_ns)


def _called_names(database: Path, provider: str | None) -> list[tuple[str | None, str]]:
    called = _called(database, time.time_ns() - 30 * _DAY_NS)
    names = [(each.provider, each.response_model or each.request_model) for each in called]
    return list(
        dict.fromkeys((seller, name) for seller, name in names if name and provider in (None, seller))
    )


def _plain(found: Checked) -> Mapping[str, object]:
    return {name: getattr(found, name) for name in ("lists", "custom", "unpriced", "guessed", "differing")}


def _shown(
    lists: Iterable[ListInUse], custom: list[str], models: Iterable[ModelPrices]
) -> Iterator[tuple[str, bool]]:
    """Lines, and whether each is a warning."""
    yield from _lists(lists)
    if custom:
        yield _pair("custom", ", ".join(custom)), False
    for model in models:
        yield "", False
        yield f"{model.asked}{f' of {model.provider}' if model.provider else ''}", False
        if model.note:
            yield _pair("  note", model.note), not model.prices
        if model.names:
            yield _pair("  known as", ", ".join(model.names)), False
        for price in model.prices:
            yield from ((line, False) for line in _rates(price))


def _rates(price: RatesInUse) -> Iterator[str]:
    named = " ".join(filter(None, (price.provider, price.model)))
    age = "" if price.age_days is None else f" ({plural(price.age_days, 'day')} old)"
    facts = [
        "custom: from the configuration" if price.custom else price.source,
        f"list of {price.listed}{age}" if price.listed else "",
        f"price since {price.since}" if price.since else "",
    ]
    yield _pair(f"  {price.condition or 'price'}", f"{named}; {'; '.join(filter(None, facts))}")
    yield _pair("", _dollars(price.rates))
    for start, rates in price.above.items():
        yield _pair("", f"above {start:,} input tokens: {_dollars(rates)}")


def _dollars(rates: Mapping[str, int]) -> str:
    """``input 2.5  output 10``: dollars per million tokens; a request's are for one."""
    return "  ".join(
        f"{sort.replace('_', ' ')} {rate / (1e15 if sort == 'request' else 1e9):.9g}"
        for sort, rate in rates.items()
    )


def _checked(found: Checked, since: str) -> Iterator[tuple[str, bool]]:
    yield from _lists(found.lists)
    yield _pair("custom", plural(found.custom, "price") if found.custom else "none"), False
    for title, doubts in (
        ("unpriced", found.unpriced), ("by a guess", found.guessed), ("differing", found.differing),
    ):  # fmt: skip
        if not doubts:
            yield _pair(title, f"none of the calls of the last {since}"), False
        for doubt in doubts:
            yield _pair(title, _doubt(doubt)), True


def _doubt(doubt: Doubt) -> str:
    named = f"{doubt.model or '(no model)'}{f' of {doubt.provider}' if doubt.provider else ''}"
    return f"{named}: {plural(doubt.calls, 'call')}; {doubt.why}; last {doubt.trace_id}:{doubt.span_id}"


def _lists(lists: Iterable[ListInUse]) -> Iterator[tuple[str, bool]]:
    for used in lists:
        age = "" if used.age_days is None else f" ({plural(used.age_days, 'day')} old)"
        day = f", of {used.listed}{age}" if used.listed else ""
        size = f"{plural(used.models, 'model')} of {plural(used.sellers, 'seller')}"
        yield _pair("price list", f"{used.name}{day}: {size}"), used.old
        if used.old:
            yield _pair("", "a newer one: llmwatch prices update"), False


def _pair(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}"


def _echo(lines: Iterable[tuple[str, bool]]) -> None:
    for line, warns in lines:
        shown = neutral_line(f"▲ {line}" if warns else line)
        click.echo(click.style(shown, fg="yellow") if warns else shown, color=color())
