"""What the replay screen says: where the call will go, what will be sent, what came back, what differs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from msgspec.structs import replace as changed
from rich.cells import cell_len

from llmwatch.analysis.worddiff import word_diff
from llmwatch.evals.heuristics import Heuristics
from llmwatch.neutral import neutral, neutral_line
from llmwatch.providers.endpoints import Endpoint
from llmwatch.providers.replay import unsent
from llmwatch.providers.request import ChatRequest
from llmwatch.store.span import Call, Cost, Replay, Span
from llmwatch.tui import format as fmt
from llmwatch.tui.models.attempts import Attempt, answer_text, said
from llmwatch.tui.models.cells import Cell, Line, flow, width_of
from llmwatch.tui.models.detail.parts import message_blocks, part_lines
from llmwatch.tui.models.document import Block, Blocks, note, text_lines
from llmwatch.tui.models.runs import Run, Tone

_SIGNS: Final[dict[str, tuple[str, str, Tone]]] = {
    "same": ("", "", "plain"), "gone": ("[-", "-]", "error"), "new": ("{+", "+}", "ok"),
}  # fmt: skip
"""How git marks words, so that a diff can be read without colours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be sent if Enter were pressed now."""

    recorded: ChatRequest
    request: ChatRequest
    endpoint: Endpoint
    cost: Cost | None = None
    """The estimate; None until it is there."""

    @property
    def edited(self) -> bool:
        """Whether the messages are not the recorded ones."""
        return self.request.messages != self.recorded.messages


def plan_lines(plan: Plan, width: int, height: int) -> list[Line]:
    """Host, model and estimated cost, which must be seen before sending; then what else there is room for."""
    request, endpoint = plan.request, plan.endpoint
    name, origin = neutral_line(endpoint.name), neutral_line(endpoint.origin)
    chunks: list[Line] = [
        (Cell("→ ", "accent"), Cell(name, "strong"), Cell(f"  {origin}")),
        _was("", request.model or "no model: press m", plan.recorded.model),
        (Cell(_estimated(plan.cost), "strong"),),
    ]
    if not endpoint.ready:
        chunks.append((Cell(f"✗ {neutral_line(str(endpoint.key_env))} is not set", "error"),))
    if not endpoint.encrypted:
        chunks.append((Cell("▲ not encrypted", "warn"),))
    if plan.edited:
        chunks.append((Cell("messages edited", "accent"),))
    for parameter in {"temperature": None, **plan.recorded.parameters, **request.parameters}:
        now, before = request.parameters.get(parameter), plan.recorded.parameters.get(parameter)
        if now != before or parameter == "temperature":
            chunks.append(_was(f"{neutral_line(parameter)} ", _value(now), _value(before)))
    return flow((_cut(chunk, width) for chunk in chunks), width, height)


def _cut(line: Line, width: int) -> Line:
    """``line`` cut to ``width``, since `flow` would leave it out."""
    if (over := width_of(line) - width) <= 0:
        return line
    *first, last = line
    room = cell_len(last.text) - over
    return (*first, replace(last, text=fmt.fit(last.text, room))) if room > 0 else _cut(tuple(first), width)


def _was(name: str, now: str, before: str) -> Line:
    value = Cell(neutral_line(now, 60), "plain" if now == before else "accent")
    earlier = () if now == before else (Cell(f" (was {neutral_line(before, 40)})", "muted"),)
    return (Cell(name, "muted"), value, *earlier)


def _value(value: object) -> str:
    return (
        "default"
        if value is None
        else value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False)
    )


def _estimated(cost: Cost | None) -> str:
    if cost is None:
        return "est. …"
    if cost.nanousd is None:
        return "unpriced"
    return f"est. {fmt.money(cost.nanousd)}" if cost.nanousd else "free"


def losses(plan: Plan) -> tuple[str, ...]:
    """What of the recording will not be sent, a sentence each."""
    dropped = unsent(plan.request, plan.endpoint)
    lacking = f"The API of {plan.endpoint.name} does not have: {', '.join(dropped)}."
    return (*plan.request.notes, lacking) if dropped else plan.request.notes


def request_blocks(plan: Plan) -> Blocks:
    """What will be sent, after what of the recording will not be."""
    request = plan.request
    blocks = [note(f"▲ {text}", "warn") for text in losses(plan)]
    blocks += message_blocks(request.messages)
    if request.tools:
        names = ", ".join(tool.name for tool in request.tools)
        blocks.append(Block(title=(("tools", "strong"),), lines=text_lines(names), value=neutral(names)))
    if request.parameters:
        text = json.dumps(request.parameters, indent=2, ensure_ascii=False)
        blocks.append(Block(title=(("parameters", "strong"),), lines=text_lines(text), value=neutral(text)))
    return tuple(blocks)


def answer_blocks(attempt: Attempt) -> Blocks:
    """What an attempt said, and how it ended."""
    parts = [part for message in attempt.answer for part in message.parts]
    blocks = [Block(lines=part_lines(part), folds=False) for part in parts]
    if attempt.error:
        what, _, to_do = attempt.error.partition("\n")
        lines = (*text_lines(f"✗ {what}", "error"), *(text_lines(to_do) if to_do else ()))
        blocks.append(Block(lines=lines, value=neutral(attempt.error), folds=False))
    elif attempt.state == "cancelled":
        blocks.append(note("▲ cancelled; nothing is stored", "warn"))
    elif not blocks:
        blocks.append(
            note("waiting for the first token …" if attempt.state == "running" else "(an empty answer)")
        )
    return tuple(blocks)


def diff_blocks(before: Attempt, after: Attempt) -> Blocks:
    """What changed from one answer to another, word by word."""
    first, second = answer_text(before), answer_text(after)
    if not first or not second:
        whose = before.label if not first else after.label
        return (note(f"Nothing to compare: {whose} has no answer."),)
    pieces = word_diff(neutral(first), neutral(second))
    changed = sum(differs for differs, _ in groupby(pieces, lambda piece: piece.change != "same"))
    heading: Run = (
        ("the same, word for word", "ok") if not changed else (fmt.plural(changed, "change"), "muted")
    )
    lines: list[list[Run]] = [[]]
    for piece in pieces:
        opening, closing, tone = _SIGNS[piece.change]
        for position, text in enumerate(f"{opening}{piece.text}{closing}".split("\n")):
            if position:
                lines.append([])
            lines[-1].append((text, tone))
    text = "\n".join("".join(run for run, _ in line) for line in lines)
    return (Block(title=(heading,), lines=tuple(map(tuple, lines)), value=text, folds=False),)


def failed_checks(span: Span, replay: Replay, heuristics: Heuristics) -> tuple[str, ...] | None:
    """Names of the heuristics that the answer of a replay of ``span`` fails; None when there is none."""
    if replay.status != "ok":
        return None
    reasons = (replay.finish_reason,) if replay.finish_reason else ()
    call = changed(span.call or Call(), finish_reasons=reasons)
    answer = said(replay.response, replay.tool_calls)
    content = changed(span.content, output_messages=answer, output_text=replay.response)
    return heuristics.check(changed(span, call=call, content=content))
