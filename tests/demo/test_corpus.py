"""The demo's texts: every question is found again by what answers it."""

from __future__ import annotations

import json
from random import Random

import pytest

from llmwatch.demo.corpus import Topic, corpus, fill, pattern, random_slots, slots_in, topic_of


@pytest.mark.parametrize("topic", corpus().topics, ids=lambda topic: topic.label)
def test_every_question_leads_to_its_topic(topic: Topic) -> None:
    for question in topic.questions:
        assert topic_of(fill(question, random_slots(Random(1)))) is topic


def test_what_the_model_declines_has_no_topic() -> None:
    assert [topic_of(question) for question in corpus().unanswerable] == [None] * len(corpus().unanswerable)


def test_slots_are_read_back() -> None:
    text = "Order {order} of a {product} to {city} is {days} days late"
    for seed in range(20):
        slots = random_slots(Random(seed))
        assert slots_in(fill(text, slots)) == slots


def test_tools_take_and_give_json() -> None:
    slots = random_slots(Random(1))
    for errand in corpus().errands:
        for tool in errand.tools:
            json.loads(fill(tool.arguments, slots))
            json.loads(fill(tool.result, slots))


def test_a_pattern_matches_any_filling() -> None:
    for errand in corpus().errands:
        assert pattern(errand.task).fullmatch(fill(errand.task, random_slots(Random(3))))
