"""llmwatch metrics: any metric of any window and slice, beside what it usually is."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Final, cast, get_args

import click

from llmwatch.cli.place import chosen
from llmwatch.errors import UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from llmwatch.analysis.metrics import Figure, Metric
    from llmwatch.store.reads.sliced import By, Where

_MINUTE_NS: Final = 60 * 10**9


@click.command()
@click.argument("metrics", metavar="[METRIC]…", nargs=-1)
@click.option("--since", metavar="DURATION|all", default="1h", show_default=True, help="How far back.")
@click.option("--by", help="A line for each model, feature, version, user, segment, …")
@click.option("--where", "terms", multiple=True, metavar="KEY=VALUE", help="Only those, e.g. model=gpt-4o.")
@click.option("--usual", is_flag=True, help="Print what each usually is, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, in the units of docs/metrics.md.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def command(
    ctx: click.Context, metrics: Sequence[str], since: str, by: str | None, terms: Sequence[str],
    db: str | None, *, usual: bool, as_json: bool,
) -> None:  # fmt: skip
    """Print METRICs, or all that can be told. docs/metrics.md says what each is.

    They are of the last whole minutes and the running one. With --by each value of a dimension has lines of
    its own; a slice by user or session is read from the spans.
    """
    from llmwatch.analysis.metrics import METRICS, metric_of
    from llmwatch.cli.status import start_of
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads.status import first_ns

    database, _ = chosen(ctx, db=db)
    asked = [metric_of(name) for name in metrics or METRICS]
    where = cast("Where", dict(_term(term) for term in terms))
    dimension = None if by is None else _dimension(by)
    now_ns = time.time_ns()
    start_s, end_s = start_of(since, now_ns), -(-now_ns // _MINUTE_NS) * 60
    with closing(connect_reader(database)) as reader:
        if start_s is None:
            start_s = (first_ns(reader) or now_ns) // _MINUTE_NS * 60
        found = _found(reader, asked, (start_s, end_s), where, dimension)
        known = _usual(reader, asked, where, end_s) if usual else {}
    rows = [
        (value, metric, figure)
        for value, figures in found
        for metric, figure in zip(asked, figures, strict=True)
        if metrics or figure.samples
    ]
    (_print_json if as_json else _print)(rows, known, by)


def _term(text: str) -> tuple[By, str]:
    key, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f"--where {text} says no value", hint="--where model=gpt-4o")
    return _dimension(key), value


def _dimension(name: str) -> By:
    """Under its own name, or the one that filters have for it."""
    from llmwatch.store.facets import FACETS
    from llmwatch.store.reads.sliced import PERSONS
    from llmwatch.store.rows import Dimension

    known = {name: name for name in (*get_args(Dimension), *PERSONS)}
    known |= {key: columns[0] for key, columns in FACETS.items()}
    if name not in known:
        raise UsageError(f"nothing is called {name}", hint=f"There is {', '.join(known)}.")
    return cast("By", known[name])


def _found(
    db: sqlite3.Connection, asked: Sequence[Metric], window: tuple[int, int], where: Where, by: By | None
) -> list[tuple[str | None, list[Figure]]]:
    from llmwatch.store.reads.measuring import measure, measure_by

    people = any(metric.people for metric in asked)
    groups = (
        [(None, measure(db, *window, where, people=people))]
        if by is None
        else measure_by(db, *window, by, where, people=people)
    )
    return [(value, [metric.compute(measured) for metric in asked]) for value, measured in groups]


def _usual(
    db: sqlite3.Connection, asked: Iterable[Metric], where: Where, now_s: int
) -> dict[str, float | None]:
    """Means of the hours that are compared with; None where that is being learnt."""
    from llmwatch.analysis.baselines import baselines

    learnt = baselines(db, [metric.id for metric in asked], where, now_s)
    return {name: None if each is None else each.mean for name, each in learnt.items()}


_Row = tuple["str | None", "Metric", "Figure"]


def _print_json(rows: Iterable[_Row], known: dict[str, float | None], by: str | None) -> None:
    from llmwatch.cli.tables import json_text

    click.echo(
        json_text([
            {
                **({} if by is None else {by: value}), "metric": metric.id, "unit": metric.unit,
                "value": figure.value, "samples": figure.samples,
                **({"usual": known[metric.id]} if known else {}),
            }
            for value, metric, figure in rows
        ])
    )  # fmt: skip


def _print(rows: Iterable[_Row], known: dict[str, float | None], by: str | None) -> None:
    from llmwatch.analysis.metrics.written import written
    from llmwatch.cli import tables
    from llmwatch.format import UNKNOWN

    head = [*([by] if by else []), "metric", "value", "samples", *(["usual"] if known else [])]
    body = [
        [
            *([value or UNKNOWN] if by else []), metric.id, written(metric, figure.value), figure.samples,
            *([_learnt(metric, known[metric.id])] if known else []),
        ]
        for value, metric, figure in rows
    ]  # fmt: skip
    tables.echo_lines(tables.as_text(head, body, right=("value", "usual")))


def _learnt(metric: Metric, mean: float | None) -> str:
    from llmwatch.analysis.metrics.written import written

    return "learning" if mean is None else written(metric, mean)
