"""llmwatch eval: what a run over a dataset answered, checked against what was expected."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import click

from llmwatch.cli.place import chosen
from llmwatch.errors import UsageError
from llmwatch.format import plural

if TYPE_CHECKING:
    import sqlite3

    from llmwatch.evals.reference import Check, Outcome
    from llmwatch.store.reads.outputs import Answered
    from llmwatch.store.registry import DatasetRow, RunRow


@click.command()
@click.argument("dataset")
@click.option("--run", "run_name", metavar="NAME", help="Which run over it (default: the newest).")
@click.option(
    "--check", "specs", multiple=True, required=True, metavar="CHECK",
    help="exact, contains, json[:FIELD,…], class, number[:TOLERANCE], regex, code; several may be given.",
)  # fmt: skip
@click.option("--run-code", is_flag=True, help="Allow the check code to run what the model wrote.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def command(
    ctx: click.Context, dataset: str, run_name: str | None, specs: Sequence[str], run_code: bool,
    as_json: bool, db: str | None,
) -> None:  # fmt: skip
    """Check what a run over DATASET answered against what its items expect.

    Exits 0 when every answer passes every check, 1 when one does not or there was none to check, 2 when it
    cannot be checked.
    """
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads.outputs import answered

    checks = {spec: _check(spec, run_code=run_code) for spec in specs}
    database, _ = chosen(ctx, db=db)
    with closing(connect_reader(database)) as reader:
        run = _run(reader, found := _dataset(reader, dataset), run_name)
        rows = answered(reader, found, run)
    results = [(row, _outcomes(row, checks)) for row in rows]
    (_print_json if as_json else _print)(run, tuple(checks), results)
    passed = [outcome.passed for _, outcomes in results for outcome in outcomes.values()]
    sys.exit(0 if passed and all(passed) else 1)


def _check(spec: str, *, run_code: bool) -> Check:
    from llmwatch.evals.coderun import passes_tests
    from llmwatch.evals.reference import CODE, check_of

    if spec != CODE:
        return check_of(spec)
    if not run_code:
        raise UsageError(
            "The check code runs what a model wrote on this machine",
            hint="Add --run-code if that is what you want; it has limits of time and memory, and no more.",
        )
    return passes_tests


def _dataset(db: sqlite3.Connection, name: str) -> DatasetRow:
    from llmwatch.store.reads import datasets

    found = datasets.dataset(db, name=name) or datasets.dataset(db, dataset_id=name)
    if found is None:
        known = ", ".join(row.name for row in datasets.datasets(db, limit=10).rows)
        raise UsageError(
            f"There is no dataset {name}", hint=f"There are {known}." if known else "There is none yet."
        )
    return found


def _run(db: sqlite3.Connection, dataset: DatasetRow, name: str | None) -> RunRow:
    from llmwatch.store.reads import datasets

    if name is None:
        found = next(iter(datasets.runs(db, dataset_id=dataset.dataset_id, limit=1).rows), None)
    else:
        found = datasets.run(db, dataset_id=dataset.dataset_id, name=name)
    if found is None:
        said = f"There is no run {name}" if name else "There is no run"
        raise UsageError(f"{said} over {dataset.name}", hint="Run an experiment over it first.")
    return found


def _outcomes(row: Answered, checks: Mapping[str, Check]) -> dict[str, Outcome]:
    """What each check says; nothing where there is no answer, or nothing was expected."""
    if row.output is None or row.expected is None:
        return {}
    return {spec: check(row.output, row.expected) for spec, check in checks.items()}


def _print(
    run: RunRow, specs: Sequence[str], results: Sequence[tuple[Answered, Mapping[str, Outcome]]]
) -> None:
    from llmwatch.cli.tables import as_text, echo_lines

    table = [
        [row.item_id, *(_mark(outcomes.get(spec)) for spec in specs), _why(row, outcomes)]
        for row, outcomes in results
    ]
    echo_lines(as_text(["item", *specs, "why not"], table))
    counts = Counter(spec for _, outcomes in results for spec, outcome in outcomes.items() if outcome.passed)
    checked = sum(bool(outcomes) for _, outcomes in results)
    said = ", ".join(f"{spec} {counts[spec]} of {checked}" for spec in specs)
    left = len(results) - checked
    echo_lines(["", f"run {run.name}: {said}" + (f"; {plural(left, 'item')} not checked" if left else "")])


def _mark(outcome: Outcome | None) -> str:
    return "·" if outcome is None else "✓" if outcome.passed else "✗"


def _why(row: Answered, outcomes: Mapping[str, Outcome]) -> str:
    if row.trace_id is None:
        return "not run"
    if row.expected is None:
        return "nothing is expected"
    if row.output is None:
        return "no output was captured"
    return "; ".join(outcome.why for outcome in outcomes.values() if not outcome.passed)


def _print_json(
    run: RunRow, specs: Sequence[str], results: Sequence[tuple[Answered, Mapping[str, Outcome]]]
) -> None:
    from llmwatch.cli.tables import json_text

    items = [
        {
            "item": row.item_id,
            "trace_id": row.trace_id,
            "passed": {spec: outcome.passed for spec, outcome in outcomes.items()},
            "why": _why(row, outcomes),
        }
        for row, outcomes in results
    ]
    click.echo(json_text({"run": run.name, "checks": list(specs), "items": items}))
