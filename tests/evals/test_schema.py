"""Conformance to JSON schemas, by the examples and definitions of JSON Schema 2020-12."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.evals.schema import violation

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 10},
        "age": {"type": "integer", "minimum": 0, "exclusiveMaximum": 150},
        "mood": {"enum": ["good", "bad", None]},
        "tags": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": 2,
            "uniqueItems": True,
        },
        "boss": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        "home": {"$ref": "#/$defs/place"},
    },
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {"place": {"type": "object", "additionalProperties": {"type": "number"}}},
}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"name": "Ada"}, None),
        ({"name": "Ada", "age": 36.0, "mood": None, "tags": ["a"], "boss": None, "home": {"x": 1.5}}, None),
        ({"name": "Ada", "boss": {"name": "Bo", "boss": {"name": "Cy"}}}, None),
        ([], "$: [] is no object"),
        ({}, "$: no name"),
        ({"name": ""}, "$.name: 0 characters, fewer than 1"),
        ({"name": "x" * 11}, "$.name: 11 characters, more than 10"),
        ({"name": 1}, "$.name: 1 is no string"),
        ({"name": "Ada", "age": True}, "$.age: True is no integer"),
        ({"name": "Ada", "age": 1.5}, "$.age: 1.5 is no integer"),
        ({"name": "Ada", "age": -1}, "$.age: -1, fewer than 0"),
        ({"name": "Ada", "age": 150}, "$.age: 150 is out of range"),
        ({"name": "Ada", "mood": "so-so"}, "$.mood: so-so is not among the allowed values"),
        ({"name": "Ada", "tags": []}, "$.tags: 0 items, fewer than 1"),
        ({"name": "Ada", "tags": ["a", "b", "c"]}, "$.tags: 3 items, more than 2"),
        ({"name": "Ada", "tags": ["a", "a"]}, "$.tags: an item twice"),
        ({"name": "Ada", "tags": ["a", 2]}, "$.tags[1]: 2 is no string"),
        ({"name": "Ada", "boss": {"name": 2}}, "$.boss: none of 2 alternatives"),
        ({"name": "Ada", "home": {"x": "far"}}, "$.home.x: far is no number"),
        ({"name": "Ada", "more": 1}, "$: more is not in the schema"),
    ],
)
def test_a_person(value: Any, wrong: str | None) -> None:
    assert violation(value, PERSON) == wrong


@pytest.mark.parametrize(
    ("schema", "fits", "does_not"),
    [
        ({"type": ["string", "null"]}, [None, "a"], [1, [], False]),
        ({"type": "STRING"}, ["a"], [1]),
        ({"type": "integer", "nullable": True}, [None, 1], ["a"]),
        ({"const": 1}, [1, 1.0], [True, "1"]),
        ({"enum": [True, 0]}, [True, 0], [1, False]),
        ({"oneOf": [{"minimum": 2}, {"multipleOf": 2}]}, [3, 0], [2, 4, 1]),
        ({"allOf": [{"minimum": 1}, {"maximum": 3}]}, [1, 3], [0, 4]),
        ({"not": {"type": "string"}}, [1], ["a"]),
        ({"prefixItems": [{"type": "null"}], "items": {"type": "integer"}}, [[None, 1]], [[1], [None, "b"]]),
        ({"items": False}, [[]], [[1]]),
        ({"minProperties": 1, "maxProperties": 1}, [{"a": 1}], [{}, {"a": 1, "b": 2}]),
        ({"exclusiveMinimum": 0}, [1], [0]),
        (True, [1], []),
        (False, [], [1]),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "null"}}}, [None], [1]),
    ],
)  # fmt: skip
def test_keywords(schema: Any, fits: list[Any], does_not: list[Any]) -> None:
    assert [value for value in fits if violation(value, schema)] == []
    assert [value for value in does_not if not violation(value, schema)] == []


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "https://example.com/schema"},
        {"$ref": "#/no/such"},
        {"anyOf": [{"$ref": "#"}] * 50},
        {"type": 3},
        {"required": "name", "properties": 3, "items": 4, "minimum": "x", "enum": 3, "anyOf": {}},
        "string",
    ],
)
def test_a_schema_that_leads_nowhere_costs_nothing(schema: Any) -> None:
    assert violation({"a": [1]}, schema) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_a_value_conforms_to_itself(value: Any) -> None:
    assert violation(json.loads(json.dumps(value)), {"const": value}) is None


@given(JSON, st.dictionaries(st.sampled_from([*PERSON, "anyOf", "not", "$ref"]), JSON))
def test_any_schema_can_be_applied(value: Any, schema: Any) -> None:
    found = violation(value, schema)
    assert found is None or found.startswith("$")
