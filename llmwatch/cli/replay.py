"""llmwatch replay: send a recorded call again and print what came back, beside what was recorded."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmwatch.cli.place import chosen
from llmwatch.cli.printing import color, echo, width
from llmwatch.cli.reference import span_of
from llmwatch.errors import LlmwatchError, ProviderError, ReplayError, StoreError, UsageError
from llmwatch.neutral import neutral, neutral_line

if TYPE_CHECKING:
    from llmwatch.config import Config
    from llmwatch.store.rows import SpanDetail
    from llmwatch.store.span import Replay
    from llmwatch.tui.replaydesk import Desk


@click.command()
@click.argument("span")
@click.option("--db", type=click.Path(dir_okay=False), help="Database file.")
@click.option("--provider", metavar="NAME", help="Endpoint of the configuration to send it to.")
@click.option("--model", metavar="MODEL", help="Model to ask, as the provider calls it.")
@click.option("--temperature", type=click.FloatRange(min=0), metavar="T", help="Temperature to ask with.")
@click.option("--yes", is_flag=True, help="Send without asking.")
@click.option("--no-save", is_flag=True, help="Do not store the answer.")
@click.pass_context
def command(
    ctx: click.Context, span: str, db: str | None, provider: str | None, model: str | None,
    temperature: float | None, yes: bool, no_save: bool,
) -> None:  # fmt: skip
    """Send a recorded call again and print both answers.

    SPAN is a span's id or how it begins, TRACE:SPAN, or a trace's id for its first failing call. Host, model
    and estimated cost are shown before anything is sent. Exits 1 when the provider fails or the answer cannot
    be stored, 2 when nothing was sent.
    """
    from llmwatch.tui.replaydesk import Desk

    database, config = chosen(ctx, db=db)
    desk = Desk(_detail(database, span), config)
    _change(desk, provider, model, temperature)
    _print_plan(desk)
    if not (yes or _agreed()):
        click.echo("Nothing was sent.", err=True)
        sys.exit(2)
    replay, error = asyncio.run(_send(desk))
    if replay is not None:
        desk.add(replay)
        _print_comparison(desk)
    problems: list[LlmwatchError] = [error] if error else []
    if replay is not None and not no_save:
        try:
            _save(replay, database, config)
        except (StoreError, ReplayError) as unsaved:
            problems.append(unsaved)
    for problem in problems:
        click.echo(f"llmwatch: {neutral(problem.explain())}", err=True)
    sys.exit(1 if problems else 0)


def _detail(database: Path, reference: str) -> SpanDetail:
    from llmwatch.store.database import connect_reader

    with closing(connect_reader(database)) as db:
        return span_of(db, reference)


def _change(desk: Desk, provider: str | None, model: str | None, temperature: float | None) -> None:
    """Apply the options to what will be sent, and estimate its cost."""
    from llmwatch.providers.replay import estimate
    from llmwatch.providers.request import with_parameters

    by_name = {endpoint.name: endpoint for endpoint in desk.endpoints}
    if provider is not None and provider not in by_name:
        raise UsageError(f"No provider is called {provider}", hint=f"There are {', '.join(by_name)}.")
    endpoint = desk.plan.endpoint if provider is None else by_name[provider]
    desk.go_to(endpoint, model or desk.plan.request.model)
    if temperature is not None:
        desk.ask(with_parameters(desk.plan.request, {"temperature": temperature}))
    desk.estimated(desk.plan, estimate(desk.plan.request, desk.plan.endpoint))


def _agreed() -> bool:
    """Ask; without an answer nobody agreed."""
    try:
        return click.confirm("Send it?", err=True)
    except click.Abort:
        return False


async def _send(desk: Desk) -> tuple[Replay | None, ProviderError | None]:
    """Send the plan and print the answer as it comes; gives the record to keep and what went wrong."""
    from llmwatch.providers.answer import Answer
    from llmwatch.providers.deltas import ReasoningDelta, TextDelta
    from llmwatch.providers.replay import send, to_replay, worth_keeping

    request, endpoint, span = desk.plan.request, desk.plan.endpoint, desk.detail.span
    answer, error = Answer(), None
    try:
        async with aclosing(send(request, endpoint)) as deltas:
            async for delta in deltas:
                answer.add(delta)
                if isinstance(delta, TextDelta):
                    click.echo(neutral(delta.text), nl=False)
                elif isinstance(delta, ReasoningDelta):
                    click.echo(click.style(neutral(delta.text), dim=True), nl=False, color=color())
    except ProviderError as failed:
        error = failed
    click.echo("\n" if answer.text else "")
    for call in answer.tool_calls:
        click.echo(neutral_line(f"→ {call.name}({call.arguments})") + "\n")
    return (to_replay(span, request, endpoint, answer, error) if worth_keeping(error) else None), error


def _save(replay: Replay, database: Path, config: Config) -> None:
    import msgspec

    from llmwatch.cli.storing import store
    from llmwatch.store.batch import Batch

    store(database, config, "/api/replays", msgspec.json.encode(replay), Batch(replays=[replay]))
    echo([("✓ stored", "ok"), (" beside the recording, which stays as it was", "muted")])


def _print_plan(desk: Desk) -> None:
    from llmwatch.tui.models.replay import losses, plan_lines

    for line in plan_lines(desk.plan, width(), 4):
        echo([(cell.text, cell.tone) for cell in line])
    for text in losses(desk.plan):
        echo([(neutral_line(f"▲ {text}"), "warn")])
    click.echo()


def _print_comparison(desk: Desk) -> None:
    """The numbers of both, and what differs when both have an answer."""
    from llmwatch.tui.models.attempts import answer_text
    from llmwatch.tui.models.replay import diff_blocks

    recorded, replayed = desk.attempts[0], desk.attempts[-1]
    if answer_text(recorded) and answer_text(replayed):
        for block in diff_blocks(recorded, replayed):
            for line in (block.title, *block.lines):
                echo(line)
        click.echo()
    for cells in desk.table(width(), 2):
        echo([(cell.text, cell.tone) for cell in cells])
    click.echo()
