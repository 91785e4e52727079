"""The schema's history: append-only, named, each applied once inside a transaction."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

from llmwatch.store.dictionary import dictionary
from llmwatch.store.writes.subjects import join_scores

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("llmwatch")


@migrations(name="0001_first")
def _first(db: Database) -> None:
    _run(db, "schema.sql")
    db.execute("INSERT INTO dictionary (data) VALUES (?)", [dictionary()])


@migrations(name="0002_registry")
def _registry(db: Database) -> None:
    _run(db, "registry.sql")


@migrations(name="0003_subjects")
def _subjects(db: Database) -> None:
    _run(db, "subjects.sql")
    join_scores(db.conn, [number for (number,) in db.execute("SELECT id FROM scores")])


@migrations(name="0004_followed")
def _followed(db: Database) -> None:
    _run(db, "followed.sql")


@migrations(name="0005_strays")
def _strays(db: Database) -> None:
    _run(db, "strays.sql")


@migrations(name="0006_metrics")
def _metrics(db: Database) -> None:
    _run(db, "metrics.sql")


@migrations(name="0007_prices")
def _prices(db: Database) -> None:
    _run(db, "prices.sql")


@migrations(name="0008_budgets")
def _budgets(db: Database) -> None:
    _run(db, "budgets.sql")


@migrations(name="0009_evals")
def _evals(db: Database) -> None:
    _run(db, "evals.sql")


@migrations(name="0010_alerts")
def _alerts(db: Database) -> None:
    _run(db, "alerts.sql")


@migrations(name="0011_views")
def _views(db: Database) -> None:
    _run(db, "exposed.sql")
    _run(db, "views.sql")


@migrations(name="0012_sums")
def _sums(db: Database) -> None:
    _run(db, "sums.sql")


@migrations(name="0013_inbox")
def _inbox(db: Database) -> None:
    _run(db, "inbox.sql")


def _run(db: Database, name: str) -> None:
    script = files("llmwatch.store").joinpath(name).read_text(encoding="utf-8")
    # executescript would commit the migration's transaction, so the statements go one by one.
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)
