"""Review: a person judges the answers that stand out, one key each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input

from llmwatch.errors import ReplayError, StoreError
from llmwatch.store.rows import ReviewRow
from llmwatch.store.span import Score
from llmwatch.tui.coalesce import Coalesced
from llmwatch.tui.commands import Place, bindings
from llmwatch.tui.host import FeedEvent, host
from llmwatch.tui.messages import DataChanged, ShowTrace
from llmwatch.tui.models.document import as_text
from llmwatch.tui.models.reviewrows import (
    Item,
    cells,
    document,
    merged,
    next_waiting,
    score_body,
    total,
)
from llmwatch.tui.models.runs import Run
from llmwatch.tui.reviewreads import read_queue, read_said
from llmwatch.tui.safe import safe_line
from llmwatch.tui.screens.cursorkeys import CursorKeys
from llmwatch.tui.widgets.cursorview import CursorView
from llmwatch.tui.widgets.keybar import KeyBar
from llmwatch.tui.widgets.promptline import PromptLine
from llmwatch.tui.widgets.reader import Reader

_EVERY_S: Final = 2.0
"""The queue is read no more often than this."""


class Queue(CursorView):
    """A line an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Item] = []

    def row(self, position: int) -> Sequence[Run]:
        """An answer, or that none waits."""
        if not self.items and not position:
            return (("✓ ", "ok"), ("Nothing to review.", "muted"))
        if position >= len(self.items):
            return ()
        return cells(self.items[position], self.width, host(self).now_ns())

    def on_resize(self) -> None:
        """Lines are longer or shorter now."""
        self.show_rows(self.count, self.cursor)

    @property
    def chosen(self) -> Item | None:
        """The answer under the cursor."""
        return self.items[self.cursor] if self.items else None

    def show(self, items: list[Item]) -> None:
        """Show answers; the cursor stays on its own."""
        here = self.chosen
        self.items = items
        place = next((i for i, item in enumerate(items) if here and item.row == here.row), self.cursor)
        self.show_rows(len(items), place)


class ReviewScreen(CursorKeys):
    """The queue, and beside it the question and the answer under the cursor."""

    CSS_PATH = "review.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("review")
    KEYS_HERE: ClassVar[Sequence[Place]] = ("review",)

    def __init__(self) -> None:
        super().__init__()
        self._queue = Queue()
        self._text = Reader()
        self._line = PromptLine("a label, Enter keeps it")
        self._judged: list[tuple[str, str]] = []
        """Trace and span of those judged here, the last one last."""
        self._shown: ReviewRow | None = None
        """The answer that is to be read."""
        self._reload = Coalesced(self._read, _EVERY_S)

    @property
    def moved(self) -> CursorView:
        """The side with the focus."""
        return self._text if self._text.has_focus else self._queue

    def compose(self) -> ComposeResult:
        """Both sides, and the line for a label."""
        with Horizontal(id="review"):
            yield self._queue
            yield self._text
        yield self._line
        yield KeyBar()

    def on_mount(self) -> None:
        """Read, and follow the feed."""
        self._queue.border_title = Content("Review")
        self._line.display = False
        host(self).feed_events.subscribe(self, self._on_feed)
        self._queue.focus()
        self.run_worker(self._reload())

    def _on_feed(self, event: FeedEvent) -> None:
        if isinstance(event, DataChanged) and self.is_current:
            self.run_worker(self._reload())

    async def _read(self) -> None:
        try:
            queue = await host(self).feed.read(read_queue)
        except StoreError as error:
            self._queue.border_subtitle = safe_line(f"▲ {error}", 60)
            return
        self._queue.show(merged(self._queue.items, queue))
        self._show()

    @on(CursorView.Moved)
    def _moved(self, event: CursorView.Moved) -> None:
        if event.view is self._queue:
            self._show()

    @work(exclusive=True, group="said")
    async def _show(self) -> None:
        """The answer under the cursor: its beginning at once, and all of it as soon as it is read."""
        item = self._queue.chosen
        self._queue.border_subtitle = safe_line(total(self._queue.items))
        self._text.display = item is not None
        if item is None:
            return
        self._text.border_title = safe_line(item.row.name, 60)
        if item.row != self._shown:
            self._shown = item.row
            self._text.read(document(item, item.row.question, item.row.answer))
        try:
            said = await host(self).feed.read(partial(read_said, row=item.row))
        except StoreError as error:
            self._text.border_subtitle = safe_line(f"▲ {error}", 60)
            return
        self._text.read(document(item, *said), same=True)

    # Judging

    async def action_judge(self, good: bool) -> None:
        """Say good or bad."""
        await self._judge(1.0 if good else 0.0, "")

    def action_label(self) -> None:
        """Type a label."""
        item = self._queue.chosen
        if item is not None:
            self._line.display = True
            self._line.begin(item.verdict.label or "" if item.verdict else "")

    @on(Input.Submitted)
    async def _labelled(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave_line()
        if label := event.value.strip():
            self._line.history.add(label)
            await self._judge(None, label)

    @on(PromptLine.GivenUp)
    def _leave_line(self) -> None:
        self._line.display = False
        self._queue.focus()

    async def _judge(self, value: float | None, label: str) -> None:
        from llmwatch.providers.keep import tell  # noqa: PLC0415 - brings httpx

        at, item = self._queue.cursor, self._queue.chosen
        if item is None:
            return
        body = score_body(item.row, value, label, host(self).now_ns())
        try:
            await tell(host(self).collector_url, "/api/scores", msgspec.json.encode(body))
        except ReplayError as error:
            host(self).say(str(error), "error", hint=error.hint)
            return
        key = (item.row.trace_id, item.row.span_id)
        self._judged = [*(each for each in self._judged if each != key), key]
        verdict = Score(score_id=str(body["score_id"]), name="review", time_ns=0, value=value, label=label)
        items = [replace(each, verdict=verdict) if each is item else each for each in self._queue.items]
        self._queue.show(items)
        self._queue.go(next_waiting(items, at))
        self._show()

    def action_undo(self) -> None:
        """Back to the one judged last: another key there counts instead."""
        if not self._judged:
            host(self).say("Nothing was judged yet")
            return
        key = self._judged.pop()
        place = next(
            i for i, each in enumerate(self._queue.items) if (each.row.trace_id, each.row.span_id) == key
        )
        self._queue.go(place)

    # Other keys

    @on(CursorView.Chosen)
    def action_open(self) -> None:
        """Open the trace at the answer's span."""
        if item := self._queue.chosen:
            self.post_message(ShowTrace(item.row.trace_id, item.row.span_id))

    def action_fold(self) -> None:
        """Open a long text, or close it."""
        self._text.fold()

    def action_other_side(self) -> None:
        """To the text, or to the queue."""
        (self._queue if self._text.has_focus else self._text).focus()

    def go_back(self) -> bool:
        """From the text to the queue."""
        if not self._text.has_focus:
            return False
        self._queue.focus()
        return True

    def action_copy(self) -> None:
        """Copy the part of the text under its cursor."""
        if (block := self._text.block) is not None:
            host(self).copy(block.value)

    def action_copy_all(self) -> None:
        """Copy question and answer."""
        host(self).copy(as_text(self._text.blocks))

    def view_text(self) -> str:
        """The queue and the text, as plain text."""
        now_ns = host(self).now_ns()
        lines = [cells(item, 160, now_ns) for item in self._queue.items]
        queue = "\n".join("".join(text for text, _ in line).rstrip() for line in lines)
        return f"{queue}\n\n{as_text(self._text.blocks)}\n"
