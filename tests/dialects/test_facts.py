"""How tables are compiled and a span is read by them."""

from __future__ import annotations

from typing import Any

from llmwatch.collector.dialects.facts import Dialect, Fact, Facts, Rules, read
from llmwatch.collector.dialects.values import count, text
from llmwatch.collector.records import RawSpan
from tests.dialects.raw import raw_span

ONE = Dialect(
    name="one",
    marks=("one.mark",),
    facts={
        "one.model": Fact("call", "model", text),
        "one.old_model": Fact("call", "model", text),
        "one.preview": Fact("call", "model", text, 1),
    },
    prefixes={"one.request.": Fact("parameters", "", text)},
    lists={"one.prompt.": "messages"},
)
TWO = Dialect(
    name="two", facts={"two.model": Fact("call", "model", text), "two.n": Fact("usage", "n", count)}
)


def facts_of(attributes: dict[str, Any], rules: Rules | None = None) -> Any:
    return read(attributes, rules or Rules((ONE, TWO)))


def test_the_earlier_name_and_the_earlier_dialect_win_and_tiers_come_last() -> None:
    names = ["one.model", "one.old_model", "two.model", "one.preview"]
    for first in range(len(names)):
        attributes = {name: name for name in reversed(names[first:])}
        assert facts_of(attributes)["call"] == {"model": names[first]}


def test_a_source_that_says_nothing_makes_way() -> None:
    assert facts_of({"one.model": "", "two.model": "m"})["call"] == {"model": "m"}
    assert facts_of({"one.model": ""})["call"] == {}


def test_prefixes_and_lists() -> None:
    facts = facts_of(
        {"one.request.top_p": "1", "one.request.": "x", "one.prompt.0.role": "u", "one.prompt.name": "n"}
    )
    assert facts["parameters"] == {"top_p": "1"}
    assert facts["lists"] == {"messages": [{"role": "u"}]}


def test_the_first_mark_names_the_dialect() -> None:
    assert facts_of({"one.mark": 1, "two.n": 1})["span"]["dialect"] == "one"
    assert facts_of({"two.n": 1})["span"]["dialect"] == "two"
    assert facts_of({})["span"]["dialect"] == "two"


def test_any_number_of_names_is_read_right() -> None:
    rules = Rules((ONE, TWO))
    for number in range(25_000):
        facts = facts_of({f"made.up.{number}": "x", f"one.request.p{number}": "y", "two.n": number}, rules)
        assert (facts["usage"], facts["parameters"]) == ({"n": number}, {f"p{number}": "y"})


def test_long_lists_of_names_are_read_right() -> None:
    rules = Rules((ONE, TWO))
    names = {f"one.prompt.{index}.content": str(index) for index in range(500)}
    for _ in range(2):
        assert len(facts_of({**names, "one.model": "m"}, rules)["lists"]["messages"]) == 500


def test_a_name_may_say_two_things_and_a_prefix_may_name_a_place() -> None:
    rules = Rules(
        [
            Dialect(
                name="three",
                facts={"three.usage": Fact("usage", "tokens", count)},
                also={"three.usage": Fact("call", "told", text)},
                prefixes={"three.run.": Fact("metadata", "run.", text)},
            )
        ]
    )
    facts = facts_of({"three.usage": "7", "three.run.name": "n"}, rules)
    assert facts["usage"] == {"tokens": 7}
    assert facts["call"] == {"told": "7"}
    assert facts["metadata"] == {"run.name": "n"}


def test_a_scope_tells_more_than_marks_do() -> None:
    by_scope = Dialect(name="scoped", facts={}, scopes=("vendor.sdk",))
    by_mark = Dialect(name="marked", facts={}, marks=("mark",))
    rules = Rules((by_mark, by_scope))
    known = {
        scope: read({"mark": 1}, rules, scope)["span"]["dialect"] for scope in ("vendor.sdk", "vendor.sdk.v1")
    }
    assert set(known.values()) == {"scoped"}
    assert read({"mark": 1}, rules, "vendor.sdk_v2")["span"]["dialect"] == "marked"
    assert read({"mark": 1}, rules)["span"]["dialect"] == "marked"


def test_a_dialect_puts_right_what_was_read_of_its_own_spans() -> None:
    def amend(raw: RawSpan, facts: Facts) -> RawSpan:
        facts["span"]["kind"] = "agent"
        return raw

    rules = Rules(
        (Dialect(name="own", facts={}, marks=("own",), amend=amend), Dialect(name="last", facts={}))
    )
    for name, kind in (("own", "agent"), ("other", None)):
        facts = read({name: 1}, rules)
        rules.amended(raw_span({name: 1}), facts)
        assert facts["span"].get("kind") == kind
