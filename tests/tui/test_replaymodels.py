"""What the replay screen says, without the screen."""

from typing import Any

import pytest

from llmwatch.config import Config
from llmwatch.errors import NotReplayableError, UsageError
from llmwatch.evals.heuristics import Heuristics
from llmwatch.providers.endpoints import Endpoint
from llmwatch.providers.request import ChatRequest, FunctionTool, with_parameters
from llmwatch.store.span import Content, Cost, Message, Part
from llmwatch.tui.models.attempts import Attempt, answer_text, comparison, recorded, replayed
from llmwatch.tui.models.cells import text_of, width_of
from llmwatch.tui.models.document import as_text
from llmwatch.tui.models.replay import (
    Plan,
    answer_blocks,
    diff_blocks,
    failed_checks,
    plan_lines,
    request_blocks,
)
from llmwatch.tui.replaydesk import Desk, parameters_of, parameters_text
from tests.providers.conversations import says
from tests.tui.recordings import ANSWER, QUESTION, answered_call, call_detail, failed_call, replay

REQUEST = ChatRequest(model="gpt-4o", messages=QUESTION, parameters={"temperature": 0.7})


def endpoint(**known: Any) -> Endpoint:
    told: dict[str, Any] = {
        "name": "openai", "api": "openai-chat", "base_url": "https://api.openai.com/v1", "key_env": None,
        "free": False, "timeout_s": 5.0,
    }  # fmt: skip
    return Endpoint(**(told | known))


def plan(request: ChatRequest = REQUEST, *, cost: Cost | None = None, **where: Any) -> Plan:
    return Plan(recorded=REQUEST, request=request, endpoint=endpoint(**where), cost=cost)


def words(line: str) -> list[str]:
    return line.split()


def said_of(made: Plan, width: int = 200) -> str:
    return text_of(plan_lines(made, width, 1))


def test_the_plan_names_host_model_parameters_and_cost() -> None:
    assert said_of(plan(cost=Cost(nanousd=6_100_000))) == (
        "→ openai  https://api.openai.com   gpt-4o   est. $0.0061   temperature 0.7"
    )
    changed = ChatRequest(
        model="gpt-4o-mini", messages=QUESTION[1:], parameters={"temperature": 0, "seed": 1}
    )
    assert said_of(plan(changed)) == (
        "→ openai  https://api.openai.com   gpt-4o-mini (was gpt-4o)   est. …   messages edited"
        "   temperature 0 (was 0.7)   seed 1 (was default)"
    )


@pytest.mark.parametrize(
    ("made", "part"),
    [
        (plan(cost=Cost(nanousd=None, note="no price")), "unpriced"),
        (plan(cost=Cost(nanousd=0)), "free"),
        (plan(key_env="NO_SUCH_KEY"), "✗ NO_SUCH_KEY is not set"),
        (plan(base_url="http://10.0.0.5:8000"), "▲ not encrypted"),
        (plan(ChatRequest(model="", messages=QUESTION)), "no model: press m (was gpt-4o)"),
        (plan(with_parameters(REQUEST, {"temperature": None})), "temperature default (was 0.7)"),
        (plan(ChatRequest(model="\x1b[31mred", messages=QUESTION)), "␛[31mred"),
    ],
)
def test_what_must_be_seen_before_sending(made: Plan, part: str) -> None:
    assert part in said_of(made)


def test_the_plan_takes_the_lines_it_needs() -> None:
    lines = plan_lines(plan(cost=Cost(nanousd=1)), 60, 3)
    assert len(lines) == 2
    assert text_of(lines[:1]).startswith("→ openai  https://api.openai.com")


@pytest.mark.parametrize("width", [38, 58, 78])
def test_host_model_and_cost_are_never_left_out(width: int) -> None:
    request = ChatRequest(model="m" * 300, messages=QUESTION, parameters={f"p{i}": i for i in range(20)})
    lines = plan_lines(plan(request, base_url=f"https://{'a' * 100}.com", cost=Cost(nanousd=10**9)), width, 3)
    assert [width_of(line) <= width for line in lines] == [True] * 3
    text = text_of(lines)
    assert "https://aaaaa" in text and "mmmmm" in text and "est. $1.00" in text


def test_what_will_be_sent() -> None:
    request = ChatRequest(
        model="gpt-4o", messages=QUESTION, parameters={"seed": 1}, notes=("The image is left out.",),
        tools=(FunctionTool(name="get_weather"),),
    )  # fmt: skip
    text = as_text(request_blocks(plan(request, api="anthropic")))
    assert text.startswith("▲ The image is left out.\n\n▲ The API of openai does not have: seed.\n\nsystem")
    assert "What is the capital of France?" in text
    assert "tools\nget_weather" in text
    assert '"seed": 1' in text


def test_the_comparison_adds_up() -> None:
    """By hand: 3.0 s after 2.0 s is +50 %, 10 tokens after 8 +25 %, 152,500 n$ after 132,500 +15 %."""
    rows = [recorded(answered_call()), replayed(replay(), "replay 1", ("truncated",))]
    table = text_of(comparison(rows, 1, 130)).splitlines()
    assert words(table[0]) == words("took first token tokens in out cost finish checks model")
    assert words(table[1]) == words("✓ recorded 2.0 s – 21 8 $0.0001 stop ✓ passes gpt-4o")
    assert words(table[2]) == words("▸✓ replay 1 3.0 s 500 ms 21 10 $0.0002 stop ▲ truncated gpt-4o")
    assert words(table[3]) == words("change +50 % ±0 % +25 % +15 %")
    assert {width_of(line) for line in comparison(rows, 1, 130)} == {130}


@pytest.mark.parametrize("width", [20, 40, 78, 100, 118])
def test_the_comparison_fits(width: int) -> None:
    rows = [recorded(failed_call()), replayed(replay(model="日本語" * 20), "replay 1", ("a" * 99,))]
    for line in text_of(comparison(rows, 1, width)).splitlines():
        assert len(line) <= width


def test_nothing_is_marked_while_the_plan_is_looked_at() -> None:
    lines = text_of(comparison([recorded(answered_call())], None, 80))
    assert "▸" not in lines
    assert "change" not in lines


def test_an_answer_with_tool_calls_as_text() -> None:
    call = Part(type="tool_call", id="c", name="get_weather", arguments='{"city": "Paris"}')
    message = Message(
        role="assistant", parts=(Part(type="reasoning", text="Hm."), Part(type="text", text="Look:"), call)
    )
    attempt = Attempt(label="x", time_ns=0, state="ok", answer=(message,))
    assert answer_text(attempt) == 'Look:\n→ get_weather({"city": "Paris"})'


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (Attempt(label="x", time_ns=0, state="running"), "waiting for the first token …"),
        (Attempt(label="x", time_ns=0, state="ok"), "(an empty answer)"),
        (Attempt(label="x", time_ns=0, state="cancelled"), "▲ cancelled; nothing is stored"),
        (Attempt(label="x", time_ns=0, state="error", error="Slow\nWait 1 s."), "✗ Slow\nWait 1 s."),
    ],
)  # fmt: skip
def test_how_an_attempt_ended(attempt: Attempt, text: str) -> None:
    assert as_text(answer_blocks(attempt)) == text


def test_the_diff_can_be_read_without_colours() -> None:
    before, after = (
        recorded(answered_call()),
        replayed(replay(response="The capital is\nLyon."), "replay 1", None),
    )
    assert as_text(diff_blocks(before, after)) == (
        "2 changes\nThe capital[- of France-] is[- Paris-]{+\nLyon+}."
    )
    same = replayed(replay(response=ANSWER), "replay 1", None)
    assert as_text(diff_blocks(before, same)) == f"the same, word for word\n{ANSWER}"
    assert (
        as_text(diff_blocks(recorded(failed_call()), same)) == "Nothing to compare: recorded has no answer."
    )


def test_heuristics_of_a_replay() -> None:
    span = answered_call().span
    usual = Heuristics(Config().heuristics)
    assert failed_checks(span, replay(), usual) == ()
    assert failed_checks(span, replay(finish_reason="length"), usual) == ("truncated",)
    assert failed_checks(span, replay(response=""), usual) == ("empty_output",)
    assert failed_checks(span, replay(status="error"), usual) is None


def test_the_desk_keeps_what_is_stored_and_replaces_what_is_not() -> None:
    desk = Desk(answered_call(replays=(replay(1),)), Config())
    assert [a.label for a in desk.attempts] == ["recorded", "replay 1"]
    assert desk.right is None
    desk.progress(Attempt(label="now", time_ns=0, state="running"))
    desk.progress(Attempt(label="now", time_ns=0, state="cancelled"))
    assert [a.label for a in desk.attempts] == ["recorded", "replay 1", "now"]
    desk.add(replay(2))
    assert [a.label for a in desk.attempts] == ["recorded", "replay 1", "replay 2"]
    assert desk.shown == 2
    desk.turn(-2)
    assert desk.shown == 0
    desk.turn(9)
    assert desk.shown == 2


def test_a_change_of_the_plan_is_shown_and_can_be_taken_back() -> None:
    desk = Desk(answered_call(replays=(replay(1),)), Config())
    desk.turn(1)
    desk.toggle_temperature()
    assert desk.right is None
    assert desk.plan.request.parameters == {"temperature": 0}
    desk.toggle_temperature()
    assert desk.plan.request.parameters == {"temperature": 0.7}
    desk.edit((says("user", "And of Italy?"),))
    assert desk.plan.edited
    desk.go_to(desk.endpoints[-1], "llama3.2")
    desk.as_recorded()
    assert (desk.plan.request.model, desk.plan.edited) == ("gpt-4o", False)
    assert desk.plan.endpoint is desk.endpoints[-1]


def test_temperature_zero_and_back_to_none() -> None:
    desk = Desk(call_detail(call=None, content=Content(input_messages=QUESTION)), Config())
    desk.toggle_temperature()
    assert desk.plan.request.parameters == {"temperature": 0}
    desk.toggle_temperature()
    assert desk.plan.request.parameters == {}


def test_an_estimate_of_an_older_plan_is_dropped() -> None:
    desk = Desk(answered_call(), Config())
    old = desk.plan
    desk.toggle_temperature()
    desk.estimated(old, Cost(nanousd=1))
    assert desk.plan.cost is None
    desk.estimated(desk.plan, Cost(nanousd=2))
    assert desk.plan.cost == Cost(nanousd=2)


def test_the_table_shows_the_last_attempts_and_the_one_looked_at() -> None:
    desk = Desk(answered_call(replays=tuple(replay(i) for i in range(1, 8))), Config())
    assert [line.split()[1:3] for line in text_of(desk.table(78, 3)).splitlines()[2:]] == [
        ["replay", "6"],
        ["replay", "7"],
    ]
    desk.turn(2)
    assert "▸✓ replay 2" in text_of(desk.table(78, 3))


def test_a_call_without_a_prompt_has_no_desk() -> None:
    with pytest.raises(NotReplayableError, match="not captured"):
        Desk(call_detail(), Config())


def test_parameters_as_text_and_back() -> None:
    assert parameters_of(parameters_text(REQUEST)) == {"temperature": 0.7}
    assert parameters_of("") == {}
    assert parameters_of('{"seed": 1, "top_p": null}') == {"seed": 1}


@pytest.mark.parametrize("text", ["{", "[1]", "7", '{"temperature": NaN}', "[" * 100_000])
def test_parameters_that_cannot_be_read(text: str) -> None:
    with pytest.raises(UsageError, match="JSON"):
        parameters_of(text)
