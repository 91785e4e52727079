"""One turn of the judge after another: which calls are new, which are due, what became of them.

All of that stands in the database, so a restart goes on where the last process stopped.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import day_bounds
from llmwatch.config import Config
from llmwatch.errors import DamagedRecordError
from llmwatch.evals.judge.asking import Judge, Verdict
from llmwatch.evals.judge.case import Case, case_of
from llmwatch.evals.judge.marks import scores
from llmwatch.evals.judge.sampling import Candidate, why_judged
from llmwatch.evals.judge.state import daily_limit, hindrance
from llmwatch.providers.endpoints import Endpoint
from llmwatch.providers.replay import estimate
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.judging import Chosen, DueCall, Judgement, JudgeState
from llmwatch.store.reads import judging as reads
from llmwatch.store.reads.spans import recorded
from llmwatch.store.records import Codec
from llmwatch.store.span import Score, Span
from llmwatch.store.writer import Writer
from llmwatch.store.writes.judging import choose

_log = logging.getLogger(__name__)

_LOOKED_AT: Final = 2_000
"""Spans that are looked at in one turn."""
_ATTEMPTS: Final = 8
"""How often a call is asked about that the provider does not answer: over an hour."""
_FIRST_WAIT_S: Final = 15
_LONGEST_WAIT_S: Final = 1_800
_SECOND_NS: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Docket:
    """What one turn is about."""

    chosen: Sequence[Chosen]
    up_to: int
    moved: int
    """How many spans were looked at."""
    cases: Sequence[tuple[DueCall, Span | None, Case | None]]
    """Without a case where there is no text to judge."""


class Turns:
    """What a judge does, a turn at a time.

    Args:
        writer: Writes what is chosen, and the scores.
        database: Where calls are found.
        config: With the section judge.
        endpoint: Where the judge is.
        clock: ns since 1970.
    """

    def __init__(
        self, writer: Writer, database: Path, config: Config, endpoint: Endpoint, clock: Callable[[], int]
    ) -> None:
        self._writer = writer
        self._database = database
        self._zone = ZoneInfo(config.budget.timezone)
        self._judge = Judge(endpoint, config.judge, clock)
        self._clock = clock
        self._resumes_ns = 0
        self._failures = 0

    async def take(self) -> bool:
        """Choose among the calls that are new, and judge some that are due. True when there is more to do."""
        docket = await asyncio.to_thread(self._look)
        if docket.moved or docket.chosen:
            now_ns = self._clock()
            noted = self._writer.run(lambda db: choose(db, docket.chosen, docket.up_to, now_ns))
            await asyncio.wrap_future(noted)
        await asyncio.gather(*(self._settle(*each) for each in docket.cases))
        return docket.moved >= _LOOKED_AT or bool(docket.chosen or docket.cases)

    def _look(self) -> _Docket:
        now_ns = self._clock()
        with closing(connect_reader(self._database)) as db:
            after = reads.judged_up_to(db)
            if after is None:  # what was there before there was a judge is not judged
                return _Docket(chosen=(), up_to=reads.newest(db), moved=1, cases=())
            look = reads.new_calls(db, after, _LOOKED_AT, now_ns)
            chosen = [Chosen(number, "feedback") for number in reads.disliked(db, now_ns)]
            for call in look.calls:
                candidate = Candidate(
                    trace_id=call.trace_id,
                    duration_ns=call.duration_ns,
                    input_tokens=call.input_tokens,
                    response_chars=call.response_chars,
                    checks_failed=call.checks_failed,
                    disliked=False,
                )
                if reason := why_judged(candidate, self._judge.config):
                    chosen.append(Chosen(call.id, reason))
            cases = self._affordable(db, now_ns) if now_ns >= self._resumes_ns else []
            return _Docket(chosen=chosen, up_to=look.up_to, moved=look.up_to - after, cases=cases)

    def _affordable(
        self, db: sqlite3.Connection, now_ns: int
    ) -> list[tuple[DueCall, Span | None, Case | None]]:
        """Due calls with their cases, as many as are judged at one time and today's budget has room for."""
        judge = self._judge
        start_s, end_s = day_bounds(now_ns, self._zone)
        spent = reads.spend(db, start_s * _SECOND_NS, end_s * _SECOND_NS).cost_nanousd
        if hindrance(judge.config, judge.endpoint, spent, now_ns):
            return []
        room = daily_limit(judge.config) - spent
        found = []
        for call in reads.due(db, now_ns, max(judge.config.concurrency, 1)):
            span, case = _case(db, call)
            if case is not None:
                cost = estimate(judge.request(case), judge.endpoint, now_ns)
                room -= (cost and cost.nanousd) or 0
                if room < 0:
                    break
            found.append((call, span, case))
        return found

    async def _settle(self, call: DueCall, span: Span | None, case: Case | None) -> None:
        """Judge one call, and note what became of it."""
        if span is None or case is None:
            nothing = Judgement(
                call.id, "skipped", self._clock(), error="no text of a question and an answer"
            )
            await self._write(nothing)
            return
        verdict = await self._judge.ask(case)
        given = () if verdict.marks is None else scores(verdict.marks, span, self._judge.config)
        await self._write(self._judgement(call, verdict), given)

    def _judgement(self, call: DueCall, verdict: Verdict) -> Judgement:
        now_ns, due_ns = self._clock(), None
        if verdict.passing:
            self._failures += 1
            self._resumes_ns = now_ns + _wait_ns(self._failures - 1, verdict.retry_after_s)
            if call.attempts + 1 < _ATTEMPTS:
                due_ns = now_ns + _wait_ns(call.attempts, verdict.retry_after_s)
            _log.warning("not judged: %s", verdict.error)
        else:
            self._failures = 0
        state: JudgeState = "done" if verdict.marks else "due" if due_ns is not None else "failed"
        return Judgement(
            span=call.id,
            state=state,
            time_ns=now_ns,
            due_ns=due_ns,
            endpoint=self._judge.endpoint.name,
            model=self._judge.config.model,
            input_tokens=verdict.input_tokens,
            output_tokens=verdict.output_tokens,
            cost_nanousd=verdict.cost_nanousd,
            unpriced=verdict.unpriced,
            error=verdict.error,
        )

    async def _write(self, judgement: Judgement, given: Sequence[Score] = ()) -> None:
        """Scores and the note that they were given share a transaction."""
        await asyncio.wrap_future(self._writer.submit(Batch(scores=given, judgements=[judgement])))


def _case(db: sqlite3.Connection, call: DueCall) -> tuple[Span | None, Case | None]:
    codec = Codec.of(db)
    try:
        span = recorded(db, codec, call.id, call.span_id)
        searches = [recorded(db, codec, *each) for each in reads.retrieved(db, call)]
    except DamagedRecordError:
        return None, None
    documents = [
        document.content or ""
        for search in searches
        if search.retrieval
        for document in search.retrieval.documents
    ]
    return span, case_of(span, documents)


def _wait_ns(failures: int, asked_s: float | None) -> int:
    """How long to wait after so many failures: twice as long each time, or as long as was asked for."""
    waited_s = max(_FIRST_WAIT_S << min(failures, 10), asked_s or 0)
    return round(min(waited_s, _LONGEST_WAIT_S) * _SECOND_NS)
