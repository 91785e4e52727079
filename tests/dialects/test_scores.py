"""Judgements in spans and in posted JSON."""

from __future__ import annotations

from typing import Any

import pytest

from llmwatch.collector.dialects import scores_of
from llmwatch.collector.dialects.judgements import judgement
from llmwatch.collector.dialects.plainjson import feedback_from, score_from
from llmwatch.collector.dialects.scores import evaluation
from llmwatch.errors import IngestError
from tests.dialects.raw import SPAN, START, TRACE, event, link, raw_span


@pytest.mark.parametrize(
    ("value", "options", "meaning"),
    [
        (True, {}, 1.0),
        (False, {}, 0.0),
        (0.85, {}, 0.85),
        ("0.85", {}, 0.85),
        (1, {}, 1.0),
        (0, {}, 0.0),
        (7, {}, 7.0),  # an unknown scale is the sender's
        (7, {"highest": 10}, 0.7),
        (4, {"stars": True}, 0.8),
        (1, {"stars": True}, 0.2),
        (5, {"stars": True}, 1.0),
        (4.5, {"stars": True}, 0.9),
        (1.0, {"stars": True}, 1.0),  # a share, not a star
        (0.5, {"stars": True}, 0.5),
        ("thumbs_up", {}, 1.0),
        ("Thumbs_Down", {}, 0.0),
        ("👎", {}, 0.0),
        ("pass", {}, 1.0),
        ("fail", {}, 0.0),
        ("positive", {}, 1.0),
        ("mixed", {}, None),  # a label
    ],
)
def test_judgements(value: Any, options: dict[str, Any], meaning: float | None) -> None:
    said = judgement(value, **options)
    assert said
    assert said.value == meaning


def test_an_evaluation_without_a_span_names_the_response() -> None:
    said = {"gen_ai.evaluation.name": "q", "gen_ai.evaluation.score.value": 1, "gen_ai.response.id": "r-1"}
    found = evaluation(said, None, None, START)
    assert found
    assert (found.trace_id, found.span_id, found.request_id) == (None, None, "r-1")


@pytest.mark.parametrize("value", [None, "", "x" * 101, [], {}, float("nan")])
def test_no_judgement(value: Any) -> None:
    assert judgement(value) is None or value in ([], {})


def _evaluation(**attributes: Any) -> Any:
    named = {f"gen_ai__evaluation__{key}": value for key, value in attributes.items()}
    return event("gen_ai.evaluation.result", 5, **named)


def test_an_evaluation_event() -> None:
    raw = raw_span({}, events=(
        _evaluation(name="quality", score__value=0.85, score__label="good", explanation="clear"),
        _evaluation(name="safe", score__label="fail"),
        _evaluation(name="nothing"),
        _evaluation(score__value=1),
    ))  # fmt: skip
    quality, safe = scores_of(raw)
    assert (quality.trace_id, quality.span_id, quality.time_ns) == (TRACE, SPAN, START + 5)
    assert (quality.name, quality.value, quality.raw_value) == ("quality", 0.85, "0.85")
    assert (quality.label, quality.comment, quality.source) == ("good", "clear", "app")
    assert (safe.name, safe.value, safe.label) == ("safe", 0.0, "fail")


@pytest.mark.parametrize(
    ("name", "value", "score"),
    [
        ("eval.correctness_score", 0.9, ("correctness_score", 0.9, None, "app")),
        ("eval.quality_score", "0.7", ("quality_score", 0.7, None, "app")),
        ("eval.groundedness", 1, ("groundedness", 1.0, None, "app")),
        ("eval.heuristic_pass", True, ("heuristic_pass", 1.0, None, "app")),
        ("eval.safety_pass", "false", ("safety_pass", 0.0, "false", "app")),
        ("eval.verdict", "mixed", ("verdict", None, "mixed", "app")),
        ("user.feedback", "thumbs_up", ("user_feedback", 1.0, "thumbs_up", "user")),
        ("user.feedback", -1, ("user_feedback", -1.0, None, "user")),
        ("user.regenerated", True, ("regenerated", None, "regenerated", "user")),
        ("feedback.rating", 4, ("user_feedback", 0.8, None, "user")),
    ],
)
def test_attributes_that_are_scores(name: str, value: Any, score: tuple[Any, ...]) -> None:
    (found,) = scores_of(raw_span({name: value, "session.id": "s", "user.id": "u"}))
    assert (found.name, found.value, found.label, found.source) == score
    assert (found.trace_id, found.span_id, found.session_id, found.user_id) == (TRACE, SPAN, "s", "u")


@pytest.mark.parametrize(
    "attributes", [{}, {"eval.": 1}, {"user.regenerated": False}, {"evaluation": 1}, {"user.feedback": ""}]
)
def test_attributes_that_are_none(attributes: dict[str, Any]) -> None:
    assert scores_of(raw_span(attributes)) == ()


def test_any_number_of_names_is_looked_through() -> None:
    for number in range(25_000):
        assert scores_of(raw_span({f"made.up.{number}": 1})) == ()
    assert len(scores_of(raw_span({"made.up.1": 1, "eval.quality": 1}))) == 1


def test_feedback_in_a_span_of_its_own_is_about_the_span_it_links_to() -> None:
    judged = link("a" * 32, "b" * 16)
    raw = raw_span(
        {"feedback.score": 1, "feedback.comment": "helpful"}, name="user.feedback", links=(judged,)
    )
    (score,) = scores_of(raw)
    assert (score.trace_id, score.span_id, score.value, score.comment) == ("a" * 32, "b" * 16, 1.0, "helpful")


def test_the_same_score_has_the_same_id() -> None:
    first, again = (scores_of(raw_span({"eval.quality": 0.5})) for _ in range(2))
    other = scores_of(raw_span({"eval.quality": 0.6}))
    assert first == again
    assert first[0].score_id != other[0].score_id


ABOUT = {"trace_id": "T-1"}


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ({"name": "quality", "value": 0.8}, ("quality", 0.8, "0.8", None, None)),
        ({"key": "correctness", "score": 1}, ("correctness", 1.0, "1", None, None)),
        ({"name": "stars", "value": 4, "scale": 5}, ("stars", 0.8, "4", None, None)),
        (
            {"name": "tone", "label": "rude", "explanation": "shouts"},
            ("tone", None, "rude", "rude", "shouts"),
        ),
        ({"name": "safe", "value": True, "comment": "fine"}, ("safe", 1.0, "true", None, "fine")),
        ({"name": "safe", "value": "fail"}, ("safe", 0.0, "fail", "fail", None)),
        ({"name": "q", "value": 0.5, "label": "so-so"}, ("q", 0.5, "0.5", "so-so", None)),
    ],
)
def test_posted_scores(body: dict[str, Any], score: tuple[Any, ...]) -> None:
    found = score_from({**ABOUT, **body})
    assert (found.name, found.value, found.raw_value, found.label, found.comment) == score
    assert found.trace_id == "t-1"


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({"traceId": "ABC", "spanId": "DEF"}, ("abc", "def", None, None)),
        ({"run_id": "0199A-B"}, (None, "0199a-b", None, None)),
        ({"message_id": "M-1"}, (None, None, "M-1", None)),
        ({"requestId": "r-1"}, (None, None, "r-1", None)),
        ({"response_id": "chatcmpl-Ab", "request_id": "r-1"}, (None, None, "chatcmpl-Ab", None)),
        ({"session_id": "S-1"}, (None, None, None, "S-1")),
        ({"trace_id": "t", "observation_id": "o"}, ("t", "o", None, None)),
    ],
)
def test_what_a_score_is_about(body: dict[str, Any], about: tuple[Any, ...]) -> None:
    found = score_from({"name": "quality", "value": 1, **body})
    assert (found.trace_id, found.span_id, found.request_id, found.session_id) == about


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ({"feedback": "thumbs_up"}, ("user_feedback", 1.0, "thumbs_up")),
        ({"feedback_type": "thumbs_down", "comment": "wrong"}, ("user_feedback", 0.0, "thumbs_down")),
        ({"feedback": True}, ("user_feedback", 1.0, "true")),
        ({"feedback": 1}, ("user_feedback", 1.0, "1")),
        ({"rating": 4}, ("user_feedback", 0.8, "4")),
        ({"rating": 0.9}, ("user_feedback", 0.9, "0.9")),
        ({"feedback_type": "rating", "value": 2}, ("user_feedback", 0.4, "2")),
        ({"feedback_type": "rating", "score": 0.5}, ("user_feedback", 0.5, "0.5")),
        ({"score": 4}, ("user_feedback", 0.8, "4")),
        ({"score": 1}, ("user_feedback", 1.0, "1")),
        ({"stars": 8, "out_of": 10}, ("user_feedback", 0.8, "8")),
        ({"thumbs_up": True}, ("user_feedback", 1.0, "thumbs_up")),
        ({"thumbs_down": True}, ("user_feedback", 0.0, "thumbs_down")),
        ({"helpful": False}, ("user_feedback", 0.0, "thumbs_down")),
        ({"feedback_type": "retry"}, ("retry", None, "retry")),
        ({"feedback": "regenerated"}, ("retry", None, "regenerated")),
        ({"type": "edit", "correction": "Paris"}, ("edit", None, "edit")),
        ({"event_type": "abandon"}, ("abandon", None, "abandon")),
        ({"feedback": "so-so"}, ("user_feedback", None, "so-so")),
        ({"name": "csat", "rating": 5}, ("csat", 1.0, "5")),
    ],
)
def test_posted_feedback(body: dict[str, Any], score: tuple[Any, ...]) -> None:
    found = feedback_from({**ABOUT, "user_id": "u-1", **body})
    assert (found.name, found.value, found.raw_value) == score
    assert (found.source, found.user_id) == ("user", "u-1")


@pytest.mark.parametrize(
    ("body", "comment"),
    [
        ({"comment": "wrong"}, "wrong"),
        ({"correction": "Paris"}, "Paris"),
        ({"correction": "Paris", "comment": "wrong"}, "wrong\ncorrection: Paris"),
        ({"corrections": ["Paris", "Lyon"]}, '["Paris","Lyon"]'),
        ({}, None),
    ],
)
def test_what_feedback_says_beside(body: dict[str, Any], comment: str | None) -> None:
    assert feedback_from({**ABOUT, "feedback": "thumbs_down", **body}).comment == comment


def test_posted_feedback_says_when_and_why() -> None:
    body = {
        **ABOUT,
        "feedback": "thumbs_down",
        "text": "wrong city",
        "timestamp": "2026-11-21T05:14:54Z",
        "id": "f-1",
    }
    found = feedback_from(body)
    assert (found.score_id, found.comment, found.time_ns) == ("f-1", "wrong city", 1_795_238_094_000_000_000)
    again = feedback_from({key: value for key, value in body.items() if key != "id"})
    assert again.score_id == feedback_from({k: v for k, v in body.items() if k != "id"}).score_id


@pytest.mark.parametrize(
    ("read", "body", "message"),
    [
        (score_from, {"name": "quality", "value": 1}, "no trace_id, span_id, request_id or session_id"),
        (score_from, {**ABOUT, "value": 1}, "needs a name"),
        (score_from, {**ABOUT, "name": "quality"}, "neither a value nor a label"),
        (score_from, [], "a score is a JSON object"),
        (feedback_from, {"feedback": "thumbs_up"}, "no trace_id, span_id, request_id or session_id"),
        (feedback_from, {**ABOUT}, "says nothing"),
        (feedback_from, "thumbs_up", "a feedback is a JSON object"),
    ],
)
def test_what_cannot_be_taken(read: Any, body: Any, message: str) -> None:
    with pytest.raises(IngestError, match=message) as caught:
        read(body)
    assert caught.value.hint
