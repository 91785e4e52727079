"""Records as bytes: everything comes back, and what makes two records the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from llmwatch.store.dictionary import dictionary
from llmwatch.store.price import Price, Rates, Tariff
from llmwatch.store.records import Codec, digest, encode
from llmwatch.store.span import Content, Cost, CostLine, Span
from tests.store.builders import span
from tests.store.strategies import records

CODEC = Codec(dictionary())

_scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text()
)
_values = st.recursive(
    _scalars | st.binary(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(st.lists(records("ab"), min_size=1, max_size=3))
def test_records_come_back(group: list[Span]) -> None:
    assert CODEC.unpack(CODEC.pack([encode(record) for record in group])) == group


@pytest.mark.parametrize("count", [0, 1, 15, 16, 300])
def test_any_number_of_records_comes_back(count: int) -> None:
    group = [span(str(number)) for number in range(count)]
    assert CODEC.unpack(CODEC.pack([encode(record) for record in group])) == group


@given(st.dictionaries(st.text(), _values, max_size=5))
def test_any_attribute_comes_back(attributes: dict[str, object]) -> None:
    record = span(content=Content(attributes=attributes))
    assert CODEC.unpack(CODEC.pack([encode(record)])) == [record]


def test_conclusions_and_the_order_of_keys_make_no_other_record() -> None:
    record = span(content=Content(attributes={"a": 1, "b": 2}))
    assert digest(record) == digest(span(content=Content(attributes={"b": 2, "a": 1})))
    assert digest(record) == digest(replace(record, cost=Cost(nanousd=1), heuristics=("empty",)))
    assert digest(record) != digest(span(content=Content(attributes={"a": 1, "b": 3})))
    assert digest(record) != digest(replace(record, state="started"))


def test_a_price_comes_back_with_its_lines() -> None:
    line = CostLine(what="input", tokens=3, nanousd_per_million=150_000_000)
    record = span(
        cost=Cost(
            nanousd=450, lines=(line,), price=Price(model="m", tariff=Tariff(Rates(input=1)), source="book")
        )
    )
    assert CODEC.unpack(CODEC.pack([encode(record)]))[0].cost == record.cost
