"""Judging answers in the background: never in the way of a request, and never one twice.

Which calls are judged, what is due and what became of it stand in the database, so a restart goes on where
the last process stopped. What is judged goes to the endpoint of the configuration and nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from llmwatch.analysis.budget import day_bounds
from llmwatch.config import Config
from llmwatch.errors import DamagedRecordError, LlmwatchError
from llmwatch.evals.judge.asking import Judge, Verdict
from llmwatch.evals.judge.case import Case, case_of
from llmwatch.evals.judge.marks import scores
from llmwatch.evals.judge.sampling import Candidate, why_judged
from llmwatch.evals.judge.state import daily_limit, hindrance, judging_endpoint
from llmwatch.providers.replay import estimate
from llmwatch.store.batch import Batch
from llmwatch.store.database import connect_reader
from llmwatch.store.judging import Chosen, DueCall, Judgement
from llmwatch.store.reads import judging as reads
from llmwatch.store.reads.spans import recorded
from llmwatch.store.records import Codec
from llmwatch.store.span import Score, Span
from llmwatch.store.writer import Writer
from llmwatch.store.writes.judging import choose

_log = logging.getLogger(__name__)

EVERY_S: Final = 2.0
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


class Judging:
    """Judges while it runs, by the configuration that was given last.

    Args:
        writer: Writes what is chosen, and the scores.
        database: Where calls are found.
        config: With the section judge.
        clock: ns since 1970.
        wait: Sleeps so many seconds.
    """

    def __init__(
        self,
        writer: Writer,
        database: Path,
        config: Config,
        clock: Callable[[], int] = time.time_ns,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._writer = writer
        self._database = database
        self._clock = clock
        self._wait = wait
        self._resumes_ns = 0
        self._failures = 0
        self.reconfigure(config)

    def reconfigure(self, config: Config) -> None:
        """Judge by ``config`` from now on."""
        endpoint = judging_endpoint(config)
        self._config = config
        self._judge = Judge(endpoint, config.judge, self._clock) if endpoint else None

    async def run(self) -> None:
        """Judge until cancelled. A database in trouble is tried again."""
        trouble = ""
        while True:
            try:
                worked = self._judge is not None and await self._turn(self._judge)
                trouble = ""
            except (LlmwatchError, sqlite3.Error) as error:
                worked = False
                if str(error) != trouble:  # said once, not every two seconds
                    trouble = str(error)
                    _log.warning("nothing is judged: %s", error)
            if not worked:
                await self._wait(EVERY_S)

    async def _turn(self, judge: Judge) -> bool:
        """Choose among the calls that are new, and judge some that are due. True when there is more to do."""
        docket = await asyncio.to_thread(self._look, judge)
        if docket.moved or docket.chosen:
            now_ns = self._clock()
            noted = self._writer.run(lambda db: choose(db, docket.chosen, docket.up_to, now_ns))
            await asyncio.wrap_future(noted)
        await asyncio.gather(*(self._settle(judge, *each) for each in docket.cases))
        return docket.moved >= _LOOKED_AT or bool(docket.chosen or docket.cases)

    def _look(self, judge: Judge) -> _Docket:
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
                    response_chars=call.response_chars,
                    checks_failed=call.checks_failed,
                    disliked=False,
                )
                if reason := why_judged(candidate, judge.config):
                    chosen.append(Chosen(call.id, reason))
            cases = self._affordable(db, judge, now_ns) if now_ns >= self._resumes_ns else []
            return _Docket(chosen=chosen, up_to=look.up_to, moved=look.up_to - after, cases=cases)

    def _affordable(
        self, db: sqlite3.Connection, judge: Judge, now_ns: int
    ) -> list[tuple[DueCall, Span | None, Case | None]]:
        """Due calls with their cases, as many as are judged at one time and today's budget has room for."""
        zone = ZoneInfo(self._config.budget.timezone)
        start_s, end_s = day_bounds(now_ns, zone)
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

    async def _settle(self, judge: Judge, call: DueCall, span: Span | None, case: Case | None) -> None:
        """Judge one call, and note what became of it."""
        if span is None or case is None:
            nothing = Judgement(
                call.id, "skipped", self._clock(), error="no text of a question and an answer"
            )
            await self._write(nothing)
            return
        verdict = await judge.ask(case)
        given = () if verdict.marks is None else scores(verdict.marks, span, judge.config)
        await self._write(self._judgement(judge, call, verdict), given)

    def _judgement(self, judge: Judge, call: DueCall, verdict: Verdict) -> Judgement:
        now_ns, due_ns = self._clock(), None
        if verdict.passing:
            self._failures += 1
            self._resumes_ns = now_ns + _wait_ns(self._failures - 1, verdict.retry_after_s)
            if call.attempts + 1 < _ATTEMPTS:
                due_ns = now_ns + _wait_ns(call.attempts, verdict.retry_after_s)
            _log.warning("not judged: %s", verdict.error)
        else:
            self._failures = 0
        state = "done" if verdict.marks else "due" if due_ns is not None else "failed"
        return Judgement(
            span=call.id,
            state=state,
            time_ns=now_ns,
            due_ns=due_ns,
            endpoint=judge.endpoint.name,
            model=judge.config.model,
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
    waited = min(_FIRST_WAIT_S * 2 ** min(failures, 10), _LONGEST_WAIT_S)
    return round(min(max(waited, asked_s or 0), _LONGEST_WAIT_S) * _SECOND_NS)
