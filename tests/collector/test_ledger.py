"""The ledger by a clock of its own: what is let through, what is held, what is refused and until when."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.collector.budgets.asking import Asking
from llmwatch.collector.budgets.ledger import Hold, Ledger, Refused
from llmwatch.config import Config, parse
from llmwatch.store.accounts import Key, Spend

SECOND = 10**9
NANO = 10**9


def ns(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


class Clock:
    def __init__(self, now: str = "2026-11-21T12:00", zone: str = "UTC") -> None:
        self.ns = ns(now, zone)

    def __call__(self) -> int:
        return self.ns


def ledger(clock: Clock, zone: str = "UTC", **budgets: Any) -> Ledger:
    made = Ledger(config(zone, **budgets), clock)
    made.opened({})
    return made


def config(zone: str = "UTC", **budgets: Any) -> Config:
    limits = {name: {"enforce": "block", **budget} for name, budget in budgets.items()}
    return parse({"budget": {"timezone": zone}, "budgets": limits})


def call(nanousd: int | None = 0, tokens: int = 0, **said: str) -> Asking:
    return Asking(said=said, spend=Spend(nanousd or 0, tokens, 1, int(nanousd is None)))


def key(ledger: Ledger, clock: Clock, value: str = "") -> Key:
    (kept,) = ledger.accounts
    return (kept.name, value, kept.bounds(clock.ns // SECOND)[0])


def let_through(found: Hold | Refused) -> Hold:
    assert isinstance(found, Hold), found
    return found


def refused(found: Hold | Refused) -> Refused:
    assert isinstance(found, Refused), "it was let through"
    return found


def test_a_call_is_refused_once_the_limit_is_reached() -> None:
    clock = Clock()
    book = ledger(clock, total={"limit_usd": 10, "period": "day"})
    book.charged({key(book, clock): Spend(9_999_999_999, 0, 1, 0)})
    book.release(let_through(book.reserve(call())))
    book.charged({key(book, clock): Spend(1, 0, 1, 0)})
    told = refused(book.reserve(call()))
    assert told.code == "budget_exceeded"
    assert told.message == (
        "today $10.00, 100 % of the total budget $10.00; it begins anew at 2026-11-22 00:00 UTC"
    )
    assert told.state is not None
    assert (told.state.spent, told.state.limit, told.state.end_s) == (
        10 * NANO, 10 * NANO, ns("2026-11-22T00:00") // SECOND,
    )  # fmt: skip


def test_a_limit_of_nothing_lets_nothing_through() -> None:
    assert refused(ledger(Clock(), none={"limit_calls": 0}).reserve(call())).state


@pytest.mark.parametrize(
    ("limit", "each", "through"),
    [
        ({"limit_calls": 7}, call(), 7),
        ({"limit_usd": 1}, call(NANO // 4), 4),
        (
            {"limit_usd": 1},
            call(300_000_000),
            4,
        ),  # 0.9 are held before the fourth: passed by less than one call
        ({"limit_tokens": 1000}, call(0, 1000), 1),
        ({"limit_tokens": 1000}, call(0, 1001), 1),
    ],
)
def test_what_is_in_flight_counts(limit: dict[str, float], each: Asking, through: int) -> None:
    book = ledger(Clock(), total=limit)
    found = [book.reserve(each) for _ in range(100)]
    assert sum(isinstance(one, Hold) for one in found) == through
    told = refused(found[-1])
    assert told.message.count("may be spent by calls in flight") == 1
    book.release(let_through(found[0]))
    let_through(book.reserve(each))


def test_each_user_has_a_limit_and_a_tier_chooses_it() -> None:
    clock = Clock()
    book = ledger(
        clock,
        free={"limit_usd": 1, "by": "user", "match": {"segment": "free"}},
        pro={"limit_usd": 50, "by": "user", "match": {"segment": "pro"}},
    )
    start = ns("2026-11-21T00:00") // SECOND
    book.charged(
        {("free", "ann", start): Spend(NANO, 0, 1, 0), ("pro", "bob", start): Spend(49 * NANO, 0, 1, 0)}
    )
    told = refused(book.reserve(call(user_id="ann", segment="free")))
    assert told.state is not None
    assert (told.state.name, told.state.by, told.state.value) == ("free", "user", "ann")
    assert told.message.startswith("user ann: today $1.00, 100 % of the free budget $1.00")
    for passes in (
        call(user_id="cid", segment="free"), call(user_id="bob", segment="pro"), call(user_id="ann"), call()
    ):  # fmt: skip
        let_through(book.reserve(passes))


def test_a_call_that_does_not_say_whose_it_is() -> None:
    opened = ledger(Clock(), free={"limit_calls": 1, "by": "user"})
    let_through(opened.reserve(call()))
    closed = ledger(Clock(), free={"limit_calls": 1, "by": "user", "on_failure": "closed"})
    told = refused(closed.reserve(call()))
    assert told.code == "budget_unknown"
    assert told.message == "the call does not say its user; the free budget lets nothing through then"


def test_a_call_without_a_price() -> None:
    let_through(ledger(Clock(), total={"limit_usd": 1}).reserve(call(None)))
    closed = ledger(Clock(), total={"limit_usd": 1, "on_failure": "closed"})
    assert refused(closed.reserve(call(None))).code == "budget_unknown"
    let_through(closed.reserve(call(1)))
    tokens = ledger(Clock(), total={"limit_tokens": 1, "on_failure": "closed"})
    let_through(tokens.reserve(call(None)))


def test_a_database_in_trouble() -> None:
    for on_failure, passes in (("open", True), ("closed", False)):
        book = Ledger(config(total={"limit_usd": 1, "on_failure": on_failure}), Clock())
        assert isinstance(book.reserve(call()), Hold) is passes, "nothing is known before it is opened"
        book.opened({})
        let_through(book.reserve(call()))
        book.trouble = "the disk is full"
        assert isinstance(book.reserve(call()), Hold) is passes
        book.trouble = ""
        let_through(book.reserve(call()))


def test_on_trial_it_only_warns() -> None:
    book = ledger(Clock(), total={"limit_calls": 1, "enforce": "warn"}, daily_calls={"limit_calls": 2})
    assert let_through(book.reserve(call())).warnings == ()
    (warning,) = let_through(book.reserve(call())).warnings
    assert "of the total budget 1 call" in warning
    refused(book.reserve(call()))


def test_what_is_not_enforced_refuses_nothing() -> None:
    book = ledger(Clock(), total={"limit_calls": 0, "enforce": "off"})
    assert not book.enforces
    let_through(book.reserve(call()))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", "2026-11-21", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
    ],
)
def test_a_day_begins_anew_at_local_midnight(zone: str, day: str, hours: int) -> None:
    clock = Clock(f"{day}T00:00", zone)
    start_ns = clock.ns
    book = ledger(clock, zone, total={"limit_calls": 1})
    book.charged({key(book, clock): Spend(0, 0, 1, 0)})
    clock.ns = start_ns + hours * 3600 * SECOND - 1
    told = refused(book.reserve(call()))
    assert told.state is not None
    assert (told.state.end_s - told.state.start_s) == hours * 3600
    clock.ns += 1
    let_through(book.reserve(call()))


@pytest.mark.parametrize(
    ("now", "after"),
    [("2026-11-30T23:59:59", "2026-12-01T00:00:00"), ("2028-02-29T23:59:59", "2028-03-01T00:00:00")],
)
def test_a_month_begins_anew_on_its_first(now: str, after: str) -> None:
    clock = Clock(now, "Europe/Berlin")
    book = ledger(clock, "Europe/Berlin", total={"limit_calls": 1, "period": "month"})
    book.charged({key(book, clock): Spend(0, 0, 1, 0)})
    refused(book.reserve(call()))
    clock.ns = ns(after, "Europe/Berlin")
    let_through(book.reserve(call()))


def test_a_quota_by_the_minute() -> None:
    clock = Clock("2026-11-21T12:00:59")
    book = ledger(clock, tpm={"limit_tokens": 1000, "period": "minute", "by": "model"})
    let_through(book.reserve(call(0, 1000, model="m")))
    refused(book.reserve(call(0, 1, model="m")))
    let_through(book.reserve(call(0, 1, model="n")))
    clock.ns += SECOND
    let_through(book.reserve(call(0, 1, model="m")))


def test_a_settled_call_counts_until_its_span_comes() -> None:
    clock = Clock()
    book = ledger(clock, total={"limit_usd": 1})
    hold = let_through(book.reserve(call(NANO)))
    book.settle(hold, Spend(400_000_000, 10, 1, 0))
    assert book.spent(key(book, clock)) == Spend(400_000_000, 10, 1, 0)
    book.charged({key(book, clock): Spend(400_000_000, 10, 1, 0)})  # its span
    assert book.spent(key(book, clock)) == Spend(400_000_000, 10, 1, 0)
    book.charged({key(book, clock): Spend(600_000_000, 10, 1, 0)})  # another one's
    assert book.spent(key(book, clock)) == Spend(NANO, 20, 2, 0)
    book.settle(hold, Spend(NANO, 0, 1, 0))
    assert book.spent(key(book, clock)).cost_nanousd == NANO, "it was settled before"


def test_a_correction_takes_back() -> None:
    clock = Clock()
    book = ledger(clock, total={"limit_calls": 2})
    book.charged({key(book, clock): Spend(0, 0, 2, 0)})
    refused(book.reserve(call()))
    book.charged({key(book, clock): Spend(0, 0, -1, 0)})
    let_through(book.reserve(call()))


def test_a_reservation_expires_when_nobody_answers_for_it() -> None:
    clock = Clock()
    book = ledger(clock, total={"limit_calls": 1})
    let_through(book.reserve(call(), lasts_s=600))
    clock.ns += 599 * SECOND
    refused(book.reserve(call()))
    clock.ns += 10 * SECOND
    hold = let_through(book.reserve(call(), lasts_s=600))
    book.settle(hold, None)
    refused(book.reserve(call()))
    clock.ns += 20 * SECOND
    let_through(book.reserve(call()))


def test_a_budget_that_is_changed_begins_with_sums_of_its_own() -> None:
    clock = Clock()
    same, other = {"limit_calls": 2}, {"limit_calls": 2, "by": "user"}
    book = ledger(clock, total=same)
    hold = let_through(book.reserve(call()))
    book.charged({key(book, clock): Spend(0, 0, 1, 0)})
    book.reconfigure(config(total={"limit_calls": 3}))
    let_through(book.reserve(call()))
    refused(book.reserve(call()))
    book.reconfigure(config(total=other | {"on_failure": "closed"}))
    assert refused(book.reserve(call(user_id="ann"))).code == "budget_unknown", "it is not opened yet"
    book.opened({})
    let_through(book.reserve(call(user_id="ann")))
    book.release(hold)
    assert {key[1]: held.calls for key, held in book._held.items()} == {"ann": 1}


def test_threads_never_lose_a_cost() -> None:
    clock = Clock()
    book = ledger(clock, total={"limit_usd": 10**6})
    place = key(book, clock)

    def spend(thread: int) -> None:
        for each in range(100):
            hold = let_through(book.reserve(call(each)))
            book.charged({place: Spend(thread * 100 + each, 1, 1, 0)})
            book.release(hold)

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The numbers from 0 to 3,199.
    assert book.spent(place) == Spend(3_199 * 3_200 // 2, 3_200, 3_200, 0)
    assert book._held == {}
    assert book._holds == {}


@given(
    st.lists(
        st.tuples(st.sampled_from(["reserve", "settle", "fail", "span", "expire"]), st.integers(0, 5)),
        max_size=40,
    )
)
def test_what_is_let_through_never_passes_the_limit_by_more_than_one_call(
    steps: list[tuple[str, int]],
) -> None:
    """Whatever happens in whatever order: spent, settled and held together stay below limit and estimate."""
    clock, limit, estimate = Clock(), 10, 3
    book = ledger(clock, total={"limit_tokens": limit})
    place, open_, told = key(book, clock), [], []
    for step, number in steps:
        if step == "reserve":
            found = book.reserve(call(0, estimate), lasts_s=600)
            if isinstance(found, Hold):
                open_.append(found)
        elif step == "settle" and open_:
            real = min(number, estimate)
            book.settle(open_.pop(), Spend(0, real, 1, 0))
            told.append(real)
        elif step == "fail" and open_:
            book.release(open_.pop(0))
        elif step == "span" and told:
            book.charged({place: Spend(0, told.pop(0), 1, 0)})
        elif step == "expire":
            clock.ns += SECOND
        held = book._held.get(place, Spend()).tokens
        assert held == estimate * len(open_)
        assert book.spent(place).tokens + held < limit + estimate
