"""What becomes of an alert, minute by minute, on a clock of the test's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from llmwatch.analysis.alerts.engine import Change, Seen, step
from llmwatch.analysis.alerts.rule import Rule, rules, slice_of
from llmwatch.config import parse
from llmwatch.config.alerts import AlertsConfig, RuleConfig
from llmwatch.store.rows import AlertRow

SECOND = 10**9
MINUTE = 60 * SECOND
NOON = 1_795_262_400 * SECOND  # 2026-11-21T12:00Z
FINE = Seen(finding="fine", value=0.01, threshold=0.05, samples=100)
HOLDS = Seen(finding="holds", value=0.08, threshold=0.05, samples=100, reason="error rate 8 %, over 5 %",
             terms="status:error kind:llm")  # fmt: skip
NO_DATA = Seen(finding="no data", samples=3)
LEARNING = Seen(finding="learning")


def rule(**changes: Any) -> Rule:
    return Rule(**{
        "name": "error_rate", "kind": "error_rate", "tier": 1, "threshold": 0.05, "window_s": 300,
        "hold_ns": 5 * MINUTE, "min_samples": 10, "cooldown_ns": 15 * MINUTE, "no_data": "resolve",
        "by": None, "where": {}, **changes,
    })  # fmt: skip


class Story:
    """An alert over time."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.alert: AlertRow | None = None
        self.told: list[tuple[str, float]] = []
        """Event and minute of everything that people are told."""
        self.written = 0

    def see(self, seen: Seen, *minutes: float) -> Change | None:
        """``seen`` at each of ``minutes`` after noon."""
        change = None
        for minute in minutes:
            change = step(self.rule, self.alert, seen, NOON + round(minute * MINUTE))
            if change is None:
                continue
            self.written += 1
            self.alert = None if change.event == "dropped" else replace(change.alert, id=1)
            if change.tell:
                self.told.append((change.event, minute))
        return change

    @property
    def state(self) -> str | None:
        return None if self.alert is None else self.alert.state


def every_ten_seconds(start: float, end: float) -> list[float]:
    return [start + step / 6 for step in range(round((end - start) * 6))]


def test_not_before_it_has_held_for_long_enough() -> None:
    story = Story(rule())
    story.see(HOLDS, *every_ten_seconds(0, 5))
    assert (story.state, story.told) == ("pending", [])
    story.see(HOLDS, 5)
    assert (story.state, story.told) == ("firing", [("fired", 5)])


def test_a_break_begins_anew() -> None:
    story = Story(rule())
    story.see(HOLDS, 0, 1, 2, 3, 4)
    story.see(FINE, 4.5)
    assert story.alert is None
    story.see(HOLDS, 5, 6, 7, 8, 9)
    assert (story.state, story.told) == ("pending", [])
    story.see(HOLDS, 10)
    assert story.told == [("fired", 10)]


def test_it_fires_once_holds_and_resolves() -> None:
    story = Story(rule(hold_ns=0))
    story.see(HOLDS, *every_ten_seconds(0, 60))
    assert story.told == [("fired", 0)]
    assert story.written == 60  # once a minute, not every ten seconds
    story.see(FINE, 60, 61)
    assert (story.state, story.told) == ("resolved", [("fired", 0), ("resolved", 60)])
    assert story.alert is not None
    assert (story.alert.fired_ns, story.alert.resolved_ns) == (NOON, NOON + 60 * MINUTE)


def test_it_does_not_fire_again_before_it_has_cooled_down() -> None:
    story = Story(rule(hold_ns=0))
    story.see(HOLDS, 0)
    story.see(FINE, 1)
    story.see(HOLDS, *every_ten_seconds(1, 16))
    assert story.told == [("fired", 0), ("resolved", 1)]
    story.see(HOLDS, 16)
    assert story.told[2:] == [("fired", 16)]


def test_after_the_cooldown_it_must_hold_from_the_beginning() -> None:
    story = Story(rule(hold_ns=2 * MINUTE))
    story.see(HOLDS, 0, 1, 2)
    story.see(FINE, 3)
    story.see(HOLDS, *range(4, 20))
    assert (story.state, story.told[-1]) == ("pending", ("resolved", 3))
    story.see(HOLDS, 20)
    assert story.told[-1] == ("fired", 20)


@pytest.mark.parametrize("seen", [NO_DATA, LEARNING, FINE])
def test_little_or_no_data_fires_nothing(seen: Seen) -> None:
    story = Story(rule(hold_ns=0))
    story.see(seen, *range(100))
    assert (story.state, story.written) == (None, 0)


@pytest.mark.parametrize(
    ("no_data", "state", "told"),
    [
        ("resolve", "resolved", [("fired", 0), ("resolved", 1)]),
        ("keep", "firing", [("fired", 0)]),
        ("fire", "firing", [("fired", 0)]),
    ],
)
def test_data_that_ceases(no_data: str, state: str, told: list[tuple[str, float]]) -> None:
    story = Story(rule(hold_ns=0, no_data=no_data))
    story.see(HOLDS, 0)
    story.see(NO_DATA, 1, 2, 3)
    assert (story.state, story.told) == (state, told)
    assert story.alert is not None and story.alert.reason == HOLDS.reason


def test_silence_can_be_the_alarm() -> None:
    story = Story(rule(hold_ns=2 * MINUTE, no_data="fire"))
    story.see(NO_DATA, 0, 1)
    assert story.told == []
    story.see(NO_DATA, 2)
    assert story.told == [("fired", 2)]
    assert story.alert is not None and story.alert.reason == "there is no data"
    story.see(FINE, 3)
    assert story.state == "resolved"


def test_waiting_does_not_go_on_over_a_time_that_was_not_looked_at() -> None:
    story = Story(rule())
    story.see(HOLDS, 0, 1)
    story.see(HOLDS, 6)
    assert (story.state, story.told) == ("pending", [])
    story.see(HOLDS, 7, 8, 9, 10)
    assert story.told == []
    story.see(HOLDS, 11)
    assert story.told == [("fired", 11)]


def test_a_short_restart_changes_nothing() -> None:
    story = Story(rule())
    story.see(HOLDS, 0, 1, 2)
    story.see(HOLDS, 4, 5)
    assert story.told == [("fired", 5)]


def test_what_fires_goes_on_firing_over_a_restart() -> None:
    story = Story(rule(hold_ns=0))
    story.see(HOLDS, 0)
    story.see(HOLDS, 600)
    assert (story.state, story.told) == ("firing", [("fired", 0)])


def test_what_is_shown_is_what_was_last_seen() -> None:
    story = Story(rule(hold_ns=0))
    story.see(HOLDS, 0)
    story.see(structs.replace(HOLDS, value=0.5, reason="error rate 50 %, over 5 %"), 0.5)
    assert story.alert is not None and story.alert.value == 0.08
    story.see(structs.replace(HOLDS, value=0.5, reason="error rate 50 %, over 5 %"), 1)
    assert (story.alert.value, story.alert.reason) == (0.5, "error rate 50 %, over 5 %")


def test_the_filter_opens_the_window_it_was_first_seen_in_until_it_was_over() -> None:
    story = Story(rule())
    story.see(HOLDS, *range(6))
    assert story.alert is not None
    assert story.alert.filter == "status:error kind:llm after:2026-11-21T11:55:00Z"
    story.see(FINE, 6)
    assert story.alert.filter.endswith("after:2026-11-21T11:55:00Z before:2026-11-21T12:06:00Z")


def test_snoozed_it_is_told_again_afterwards() -> None:
    story = Story(rule(hold_ns=0))
    story.see(HOLDS, 0)
    assert story.alert is not None
    story.alert = replace(story.alert, snoozed_until_ns=NOON + 30 * MINUTE)
    story.see(HOLDS, *range(1, 30))
    assert story.told == [("fired", 0)]
    story.see(HOLDS, 30, 31)
    assert story.told == [("fired", 0), ("held", 30)]
    assert story.alert is not None and story.alert.snoozed_until_ns is None


def test_snoozed_and_acknowledged_it_is_not() -> None:
    story = Story(rule(hold_ns=0))
    story.see(HOLDS, 0)
    assert story.alert is not None
    story.alert = replace(story.alert, snoozed_until_ns=NOON + 5 * MINUTE, acknowledged_ns=NOON)
    story.see(HOLDS, *range(1, 10))
    assert story.told == [("fired", 0)]


def test_the_next_one_is_snoozed_as_well() -> None:
    story = Story(rule(hold_ns=0, cooldown_ns=0))
    story.see(HOLDS, 0)
    assert story.alert is not None
    story.alert = replace(story.alert, snoozed_until_ns=NOON + 30 * MINUTE)
    story.see(FINE, 5)
    story.see(HOLDS, 10)
    assert story.told == [("fired", 0), ("resolved", 5)]
    story.see(HOLDS, 30)
    assert story.told[2:] == [("held", 30)]


def test_once_is_once_for_its_slice() -> None:
    story = Story(rule(hold_ns=0, cooldown_ns=0))
    day = structs.replace(HOLDS, slice="daily 2026-11-21", once=True)
    story.see(day, 0, 1)
    story.see(structs.replace(FINE, slice=day.slice, once=True), 2)
    story.see(day, 3, 400)
    assert story.told == [("fired", 0), ("resolved", 2)]


def test_a_new_tier_is_taken_over() -> None:
    story = Story(rule(hold_ns=0))
    story.see(HOLDS, 0)
    story.rule = rule(hold_ns=0, tier=3)
    story.see(HOLDS, 0.2)
    assert story.alert is not None and (story.alert.tier, story.alert.level) == (3, "INFO")
    assert story.told == [("fired", 0)]


def test_rules_are_those_of_the_configuration() -> None:
    config = parse(
        {"alerts": {"cooldown": "1h", "rules": {
            "error_rate": {"enabled": False},
            "slow.chat": {"rule": "latency_p95", "match": {"feature": "chat"}, "by": "model", "hold": "90s"},
            "truncation": {"cooldown": "0s"},
        }}}
    ).alerts  # fmt: skip
    found = {rule.name: rule for rule in rules(config)}
    assert "error_rate" not in found and "high_cost" not in found
    slow = found["slow.chat"]
    assert (slow.kind, slow.window_s, slow.hold_ns, slow.by, slow.where, slow.cooldown_ns) == (
        "latency_p95", 300, 90 * SECOND, "model", {"feature": "chat"}, 60 * MINUTE,
    )  # fmt: skip
    assert found["truncation"].cooldown_ns == 0
    assert rules(replace(config, enabled=False)) == ()
    assert isinstance(AlertsConfig().rules["error_rate"], RuleConfig)


def test_slices_are_filter_terms() -> None:
    assert slice_of({}) == ""
    assert slice_of({"environment": "prod", "feature": "a b"}) == 'env:prod feature:"a b"'
    assert slice_of({"environment": "prod"}, "model", "gpt-4o") == "env:prod model:gpt-4o"
    assert slice_of({}, "prompt_version", None) == "!version:*"
