"""llmwatch alerts: what fires, the rules, and whether they can be trusted."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from llmwatch.cli.place import chosen
from llmwatch.cli.printing import echo
from llmwatch.durations import EXAMPLES, parse_duration
from llmwatch.errors import UsageError
from llmwatch.format import age, duration
from llmwatch.neutral import neutral_line

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from llmwatch.collector.alerting.past import Fired
    from llmwatch.config import Config
    from llmwatch.store.rows import AlertRow
    from llmwatch.tui.models.runs import Tone

_MINUTE_NS: Final = 60 * 10**9
_TONES: Final[dict[int, Tone]] = {1: "error", 2: "warn", 3: "plain"}
_WAIT_S: Final = 30.0
"""How long a test is waited for: as long as the slowest channel may take."""
_PAUSE_S: Final = 0.2


@click.group()
def command() -> None:
    """List what fires, and list, test and replay the rules."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def list_(ctx: click.Context, limit: int, as_json: bool, db: str | None) -> None:
    """Print the last alerts, those that fire and those that are over, the newest first."""
    from llmwatch.cli.tables import json_text
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads import alerts

    database, _ = chosen(ctx.parent or ctx, db=db)
    with closing(connect_reader(database)) as reader:
        rows = [*alerts.pending(reader), *alerts.recent(reader, limit)]
        last = alerts.deliveries(reader)
    if as_json:
        click.echo(json_text(rows))
        return
    for row in rows:
        _print(row)
    if not rows:
        click.echo("No alert has fired.")
    for told in last:
        if told.delivered_ns is None and told.error:
            echo([(f"▲ {neutral_line(told.channel)}: {neutral_line(told.error, 200)}", "warn")])


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def rules(ctx: click.Context, as_json: bool) -> None:
    """Print every rule: its tier, its numbers, and what it means."""
    from llmwatch.analysis.alerts.kinds import KINDS
    from llmwatch.cli.tables import json_text

    _, config = chosen(ctx.parent or ctx, db=None)
    if as_json:
        click.echo(json_text(config.alerts.rules))
        return
    for name, rule in config.alerts.rules.items():
        tone: Tone = _TONES[rule.tier] if rule.enabled else "muted"
        held = f" for {rule.hold}" if parse_duration(rule.hold) else ""
        slices = [f"by {rule.by}"] if rule.by != "none" else []
        slices += [f"{key} {value}" for key, value in rule.match.items()]
        sliced = f"  {', '.join(slices)}" if slices else ""
        off = "" if rule.enabled else "  off"
        numbers = f"T{rule.tier}  {rule.threshold:g}  in {rule.window}{held}  n ≥ {rule.min_samples}"
        echo([(f"{neutral_line(name):<20}", tone), (f"{numbers}{neutral_line(sliced)}{off}", "plain")])
        echo([(f"{'':20}{KINDS[rule.rule].about}", "muted")])


@command.command()
def config() -> None:
    """Print the alerts' part of the configuration file with all defaults, each explained."""
    from llmwatch.cli.alertdefaults import default_file

    click.echo(default_file())


@command.command()
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def ack(ctx: click.Context, number: int, db: str | None) -> None:
    """Take the alert ID on: it goes on firing, without banner and bell."""
    import msgspec

    from llmwatch.store.writes import alerts

    database, config = chosen(ctx.parent or ctx, db=db)
    now_ns = time.time_ns()
    _say(database, config, "acknowledge", msgspec.json.encode({"id": number}), number,
         lambda reader: alerts.acknowledge(reader, number, now_ns))  # fmt: skip
    echo([("✓ ", "ok"), (f"alert {number} is acknowledged", "plain")])


@command.command()
@click.argument("number", metavar="ID", type=click.IntRange(1))
@click.argument("length", metavar="DURATION")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def snooze(ctx: click.Context, number: int, length: str, db: str | None) -> None:
    """Not to hear of the alert ID for DURATION, e.g. 30m; if it still fires then, it is told again."""
    import msgspec

    from llmwatch.store.writes import alerts

    database, config = chosen(ctx.parent or ctx, db=db)
    length_ns = parse_duration(length)
    if not length_ns:
        raise UsageError(f"{length} is no length of time", hint=f"Write {EXAMPLES}.")
    minutes = -(-length_ns // _MINUTE_NS)
    until_ns = time.time_ns() + minutes * _MINUTE_NS
    _say(database, config, "snooze", msgspec.json.encode({"id": number, "minutes": minutes}), number,
         lambda reader: alerts.snooze(reader, number, until_ns))  # fmt: skip
    echo([("✓ ", "ok"), (f"alert {number} is snoozed for {duration(minutes * _MINUTE_NS)}", "plain")])


@command.command()
@click.argument("rule")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def test(ctx: click.Context, rule: str, db: str | None) -> None:
    """Send a marked test of RULE over the channels of its tier, through the collector that runs."""
    import asyncio

    import msgspec

    from llmwatch.cli.attach import find
    from llmwatch.providers.keep import tell

    database, config = chosen(ctx.parent or ctx, db=db)
    place = find(database, config.collector.host, config.collector.port)
    if not place.running:
        raise UsageError("No collector runs on this database", hint="Start one: llmwatch collect")
    _rule_of(config, rule)
    before_ns = time.time_ns()
    asyncio.run(tell(place.url, "/api/alerts/test", msgspec.json.encode({"rule": rule})))
    failed = _wait_for_test(database, before_ns)
    ctx.exit(1 if failed else 0)


@command.command()
@click.argument("rule", metavar="RULE|all")
@click.option("--since", default="7d", metavar="DURATION", help="How far back (default: 7d).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.pass_context
def backtest(ctx: click.Context, rule: str, since: str, as_json: bool, db: str | None) -> None:
    """Say when RULE would have fired over what was recorded; ``all`` for every rule."""
    from llmwatch.analysis.alerts.rule import rules as rules_of
    from llmwatch.cli.tables import json_text
    from llmwatch.collector.alerting.sharing import replayed

    database, config = chosen(ctx.parent or ctx, db=db)
    length_ns = parse_duration(since)
    if not length_ns:
        raise UsageError(f"--since {since} is no length of time", hint=f"Write {EXAMPLES}.")
    wanted = [each for each in rules_of(config.alerts) if rule in ("all", each.name)]
    if not wanted:
        _rule_of(config, rule)
        raise UsageError(f"{rule} is switched off", hint=f"Set alerts.rules.{rule}.enabled = true.")
    end_s = time.time_ns() // _MINUTE_NS * 60
    fired = replayed(database, config, end_s - length_ns // _MINUTE_NS * 60, end_s, wanted)
    if as_json:
        click.echo(json_text(fired))
        return
    for each in fired:
        _print_fired(each)
    click.echo(f"{_many(len(fired), 'alert')} of {_many(len(wanted), 'rule')} in {since}")


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _rule_of(config: Config, name: str) -> None:
    if name not in config.alerts.rules:
        raise UsageError(f"There is no rule {name}", hint=f"Rules are {', '.join(config.alerts.rules)}.")


def _say(
    database: Path,
    config: Config,
    what: str,
    body: bytes,
    number: int,
    work: Callable[[sqlite3.Connection], bool],
) -> None:
    """Have a person's word written, by the collector when one runs."""
    from llmwatch.cli.storing import change

    def written(db: sqlite3.Connection) -> None:
        if not work(db):
            raise UsageError(f"No alert {number} holds", hint="llmwatch alerts list")

    change(database, config, f"/api/alerts/{what}", body, written)


def _wait_for_test(database: Path, since_ns: int) -> bool:
    """Print how the test went over each channel; whether it failed over one."""
    from llmwatch.store.database import connect_reader
    from llmwatch.store.reads.alerts import last_tests

    end = time.monotonic() + _WAIT_S
    while True:
        with closing(connect_reader(database)) as reader:
            told = last_tests(reader, since_ns)
        if all(row.attempts for row in told) or time.monotonic() > end:
            break
        time.sleep(_PAUSE_S)
    for row in told:
        good = row.delivered_ns is not None
        text = "" if good else f": {neutral_line(row.error or 'no answer yet', 200)}"
        echo(
            [("✓ " if good else "✗ ", "ok" if good else "error"), (neutral_line(row.channel) + text, "plain")]
        )
    if not told:
        click.echo("No channel is told of this tier.")
    return any(row.delivered_ns is None for row in told)


def _print(row: AlertRow) -> None:
    now_ns = time.time_ns()
    since = age(now_ns - (row.fired_ns or row.pending_ns))
    state = "acknowledged" if row.acknowledged_ns and row.state == "firing" else row.state
    tone: Tone = "muted" if row.state != "firing" else _TONES[row.tier]
    said = f"{row.reason} ({row.slice})" if row.slice else row.reason
    echo(
        [
            (f"{row.id:>5}  {state:<12} T{row.tier}  {since:>6} ago  ", tone),
            (f"{neutral_line(row.rule):<20} {neutral_line(said, 200)}", "plain"),
        ]
    )


def _print_fired(fired: Fired) -> None:
    alert = fired.alert
    assert alert.fired_ns is not None
    when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(alert.fired_ns // 10**9))
    held = "still" if fired.until_ns is None else duration(fired.until_ns - alert.fired_ns)
    said = f"{alert.reason} ({alert.slice})" if alert.slice else alert.reason
    echo(
        [
            (f"{when}Z  {held:>8}  T{alert.tier}  ", "muted"),
            (f"{neutral_line(alert.rule):<20} ", _TONES[alert.tier]),
            (neutral_line(said, 200), "plain"),
        ]
    )
