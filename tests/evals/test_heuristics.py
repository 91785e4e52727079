"""Each heuristic on answers that fail it and on answers that only look as if they did."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from llmwatch.config import parse
from llmwatch.config.evals import HeuristicsConfig
from llmwatch.errors import ConfigError
from llmwatch.evals.answer import answer_of
from llmwatch.evals.heuristics import HEURISTICS, Heuristics
from llmwatch.evals.refusal import refused
from llmwatch.store.span import Call, Content, Context, Document, Message, Part, Retrieval, Span

check = Heuristics(HeuristicsConfig()).check
GOOD = "Paris has been the capital of France since the tenth century."
JSON_OUTPUT: dict[str, Any] = {"output.type": "json"}
LINK = "Read more at https://docs.example.dev/guide#install."


def text(content: str) -> Part:
    return Part(type="text", text=content)


def llm(
    *answer: str | Part,
    asked: str = "What is the capital of France?",
    finish: str = "stop",
    documents: tuple[str, ...] = (),
    kind: Any = "llm",
    refused: bool | None = None,
    **parameters: Any,
) -> Span:
    """A call answered with the given texts and parts."""
    parts = tuple(text(part) if isinstance(part, str) else part for part in answer)
    return Span(
        trace_id="t", span_id="s", kind=kind, start_ns=1,
        call=Call(parameters=parameters, finish_reasons=(finish,), refused=refused),
        retrieval=Retrieval(documents=tuple(Document(content=d) for d in documents)) if documents else None,
        content=Content(
            input_messages=(Message(role="user", parts=(text(asked),)),),
            output_messages=(Message(role="assistant", parts=parts, finish_reason=finish),),
        ),
    )  # fmt: skip


def configured(**checks: Any) -> Heuristics:
    """Heuristics with these tables in the configuration."""
    return Heuristics(parse({"heuristics": checks}).heuristics)


def tool_call(arguments: str | None) -> Part:
    return Part(type="tool_call", name="search", id="c1", arguments=arguments)


FAILS: list[tuple[str, Span]] = [
    ("empty_output", llm("")),
    ("empty_output", llm("  \n\t ")),
    ("empty_output", llm(Part(type="reasoning", text="Let me think about it."))),
    ("truncated", llm(GOOD, finish="length")),
    ("truncated", llm(GOOD, finish="MAX_TOKENS")),
    ("truncated", llm(GOOD, finish="max_tokens")),
    ("min_length", llm("Paris.")),
    ("min_length", llm("   nineteen character   ")),
    ("min_length", llm("Paris.", max_tokens=65)),
    ("max_length", llm("x" * 4001)),
    ("max_length", llm("x" * 3000, "y" * 1000)),
    ("ai_self_reference", llm("As an AI language model, I have no favourite colour.")),
    ("ai_self_reference", llm("Well, I don't have personal feelings about the weather.")),
    ("ai_self_reference", llm("That is not in my training data, unfortunately.")),
    ("ai_self_reference", llm("As of my last update the population was two million.")),
    ("ai_self_reference", llm("As of my knowledge cutoff, Paris was the capital.")),
    ("refusal", llm("I'm sorry, but I can't help with that request.")),
    ("refusal", llm("I cannot assist with creating this kind of content.")),
    ("refusal", llm("I’m unable to provide medical advice about this.")),
    ("refusal", llm("Unfortunately, I am not able to help you with this.")),
    ("refusal", llm("I won't write that, but here is something else.")),
    ("refusal", llm("I must respectfully decline this request.")),
    ("refusal", llm("That is not something I can help with here.")),
    ("refusal", llm("I don't feel comfortable writing such a text.")),
    ("refusal", llm(GOOD, finish="content_filter")),
    ("refusal", llm(GOOD, finish="SAFETY")),
    ("suspicious_url", llm(LINK)),
    ("suspicious_url", llm("It is in [the manual](http://made-up.io/manual), chapter 2.")),
    ("suspicious_url", llm("See www.made-up.io/page for everything about it.")),
    ("suspicious_url", llm(LINK, asked="Is it in https://docs.example.dev?")),
    ("suspicious_url", llm(f"{LINK} Or https://other.dev/x", documents=("https://docs.example.dev/guide#install",))),
    ("json_invalid", llm("The answer is 42, as you know.", response_format={"type": "json_object"})),
    ("json_invalid", llm('{"answer": 42,}', response_format={"type": "json_schema", "json_schema": {}})),
    ("json_invalid", llm('```json\n{"answer": 42}\n```', response_format="json_object")),
    ("json_invalid", llm('{"answer": 42', **JSON_OUTPUT)),
    ("json_invalid", llm("forty-two, I would say", response_format='{"type": "json_object"}')),
    ("json_invalid", llm("forty-two, I would say", response_mime_type="application/json")),
    ("json_invalid", llm("forty-two, I would say", text={"format": {"type": "json_schema"}})),
    ("json_invalid", llm('{"lone": "\\ud800 surrogate"} \ud800', format="json")),
    ("tool_arguments_invalid", llm(tool_call('{"q": '))),
    ("tool_arguments_invalid", llm(GOOD, tool_call('{"q": "a"}'), tool_call("q=a"))),
    ("control_characters", llm(GOOD + "\x1b[31m")),
    ("control_characters", llm(GOOD + "\x00")),
    ("control_characters", llm(GOOD + "\x9b31m")),
    ("control_characters", llm(GOOD + "\u202egnp.exe")),
    ("control_characters", llm(GOOD + "\U000e0041\U000e0042")),
]  # fmt: skip

PASSES: list[tuple[str, Span]] = [
    ("empty_output", llm(tool_call('{"q": "a"}'))),
    ("empty_output", llm("", tool_call('{"q": "a"}'))),
    ("empty_output", llm(Part(type="blob", modality="image", mime_type="image/png", data="aaaa"))),
    ("empty_output", llm("0")),
    ("truncated", llm(GOOD, finish="tool_calls")),
    ("truncated", llm(GOOD, finish="end_turn")),
    ("min_length", llm("exactly twenty chars")),
    ("min_length", llm("")),
    ("min_length", llm("Let me look.", tool_call("{}"))),
    ("min_length", llm('{"a": 1}', response_format={"type": "json_object"})),
    ("min_length", llm("yes", max_tokens=5)),
    ("max_length", llm("x" * 4000)),
    ("max_length", llm("x" * 3990 + " " * 100)),
    ("ai_self_reference", llm("An AI researcher joined the team as of my writing.")),
    ("ai_self_reference", llm("Training data should be split before the experiment.")),
    ("ai_self_reference", llm("Her feelings about the film were mixed, he said.")),
    ("refusal", llm("I can't wait to show you Paris, the capital of France!")),
    ("refusal", llm("Sales decline in winter, so I would order less of it.")),
    ("refusal", llm("There is not something I cannot recommend about Paris.")),
    ("refusal", llm("You cannot enter without a ticket; buy one at the door.")),
    ("refusal", llm("The function is not able to return None in this case.")),
    ("refusal", llm(GOOD + " " * 300 + "I cannot help with anything else.")),
    ("suspicious_url", llm(LINK, asked=f"Summarise: {LINK}")),
    ("suspicious_url", llm(LINK, documents=("The guide (https://docs.example.dev/guide#install) says",))),
    ("suspicious_url", llm(LINK.upper(), asked=LINK)),
    ("suspicious_url", llm("Open http://localhost:8000/docs or https://example.com/page.")),
    ("suspicious_url", llm("Write https:// rather than http:// and leave out www. too.")),
    ("suspicious_url", llm("The scheme ends with :// and then the host follows.")),
    ("json_invalid", llm("Plain text that nobody wanted as data.")),
    ("json_invalid", llm("Plain text, as asked for.", response_format={"type": "text"})),
    ("json_invalid", llm('{"answer": [42, "ü"]}', response_format={"type": "json_object"})),
    ("json_invalid", llm(tool_call("{}"), response_format={"type": "json_object"})),
    ("tool_arguments_invalid", llm(tool_call('{"q": "a"}'))),
    ("tool_arguments_invalid", llm(tool_call(None))),
    ("tool_arguments_invalid", llm(tool_call(""))),
    ("control_characters", llm("Line one\n\tindented\r\nand \u00a0 a no-break space")),
    ("control_characters", llm("Family \U0001f468\u200d\U0001f469\u200d\U0001f467 and שלום and नमस्ते")),
]  # fmt: skip


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}
CHAT_SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": SCHEMA}}
ORDERS = '{"type": "array", "items": {"type": "integer"}}'
PLAN = "# Plan\nFirst this.\n\n**Code:**\nprint(1)\n\n3. Tests\nassert True"
GERMAN = "Das ist die Hauptstadt von Frankreich, und sie ist nicht klein: dort leben zwei Millionen Menschen."
ENGLISH = "It is the capital of France, and that is not a small town: two million people live in it."

FAILS_WHEN_SO: list[tuple[str, dict[str, Any], Span]] = [
    ("min_length", {"chars": 70}, llm(GOOD)),
    ("max_length", {"chars": 60}, llm(GOOD)),
    ("word_count", {"min_words": 12}, llm(GOOD)),
    ("word_count", {"max_words": 10}, llm(GOOD)),
    ("suspicious_url", {"suspect": "any"}, llm(LINK, asked=f"Summarise: {LINK}")),
    ("suspicious_url", {"suspect": "any"}, llm("Open https://example.com/page for more of it.")),
    ("suspicious_url", {"allow": ["example.dev"]}, llm("Read https://notexample.dev/page for more of it.")),
    ("suspicious_url", {"allow": ["example.dev"]}, llm("Read https://example.dev.evil.io/x for more.")),
    ("suspicious_url", {"suspect": "any", "allow": ["a.io"]}, llm("https://a.io/x or https://b.io/x, both")),
    ("forbidden_phrase", {"phrases": ["tenth century"]}, llm(GOOD)),
    ("forbidden_phrase", {"phrases": ["We Guarantee"]}, llm("we guarantee a refund within three days.")),
    ("forbidden_phrase", {"phrases": ["c++"]}, llm("You could also write this part in C++, of course.")),
    ("unsafe_words", {}, llm("Just shut up and read the manual once more.")),
    ("unsafe_words", {}, llm("Honestly, YOU ARE STUPID if you believe that.")),
    ("unsafe_words", {"words": ["dope"]}, llm("That is some real dope, as they would say.")),
    ("wrong_language", {"expected": "de"}, llm(ENGLISH)),
    ("wrong_language", {"expected": "en"}, llm(GERMAN)),
    ("wrong_language", {"expected": "en"}, llm("東京は日本の首都であり、世界最大の都市の一つです。")),
    ("wrong_language", {"expected": "zh"}, llm("東京は日本の首都であり、世界最大の都市の一つです。")),
    ("wrong_language", {"expected": "ru"}, llm("Київ є столицею України і найбільшим містом країни.")),
    ("wrong_language", {}, llm(ENGLISH, asked="What is Paris? Answer in German.")),
    ("wrong_language", {}, llm(GERMAN, asked="Translate this into English: Das ist die Hauptstadt.")),
    ("wrong_language", {"expected": "en"}, llm(ENGLISH, asked="Please reply in German only")),
    ("missing_section", {"sections": ["Plan", "Code", "Risks"]}, llm(PLAN)),
    ("missing_section", {"sections": ["Plan"]}, llm("Planning is everything, as they say.")),
    ("json_schema", {}, llm('{"answer": "42"}', response_format=CHAT_SCHEMA)),
    ("json_schema", {}, llm("{}", response_format=CHAT_SCHEMA)),
    ("json_schema", {}, llm('{"answer": 1, "more": 2}', response_format=json.dumps(CHAT_SCHEMA))),
    ("json_schema", {}, llm("[1]", text={"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}})),
    ("json_schema", {}, llm("[1]", format=SCHEMA)),
    ("json_schema", {}, llm("[1]", response_schema={"type": "OBJECT"}, format="json")),
    ("json_schema", {"schema": ORDERS}, llm('["a"]')),
    ("json_schema", {"schema": ORDERS}, llm("one, two and three, I would say")),
]  # fmt: skip

PASSES_WHEN_SO: list[tuple[str, dict[str, Any], Span]] = [
    ("min_length", {"enabled": False}, llm("Paris.")),
    ("min_length", {"chars": 6}, llm("Paris.")),
    ("max_length", {"chars": 61}, llm(GOOD)),
    ("word_count", {}, llm("word " * 5_000)),
    ("word_count", {"min_words": 11, "max_words": 11}, llm(GOOD)),
    ("word_count", {"min_words": 5}, llm("Let me look.", tool_call("{}"))),
    ("suspicious_url", {"allow": ["example.dev"]}, llm(LINK)),
    ("suspicious_url", {"suspect": "any", "allow": ["DOCS.example.dev"]}, llm(LINK)),
    ("suspicious_url", {"suspect": "any"}, llm(GOOD)),
    ("forbidden_phrase", {}, llm("we guarantee a refund within three days.")),
    ("forbidden_phrase", {"phrases": ["art", ""]}, llm("A good start is half of the work, they say.")),
    ("unsafe_words", {}, llm("The flame retardant coating is applied at the top.")),
    ("unsafe_words", {}, llm("The shop will shut upwards of ten branches this year.")),
    ("unsafe_words", {"words": []}, llm("Just shut up and read the manual once more.")),
    ("wrong_language", {"expected": "de"}, llm(GERMAN)),
    ("wrong_language", {"expected": "en"}, llm(ENGLISH)),
    ("wrong_language", {"expected": "ja"}, llm("東京は日本の首都であり、世界最大の都市の一つです。")),
    ("wrong_language", {"expected": "uk"}, llm("Київ є столицею України і найбільшим містом країни.")),
    ("wrong_language", {"expected": "de"}, llm("42")),
    ("wrong_language", {"expected": "de"}, llm("def add(a, b): return a + b")),
    ("wrong_language", {"expected": "de"}, llm('{"a": "the and of to in"}', response_format="json_object")),
    ("wrong_language", {}, llm(GERMAN)),
    ("wrong_language", {}, llm(ENGLISH, asked="What does Hund mean in German?")),
    ("wrong_language", {}, llm(ENGLISH, asked="Do not answer in German.")),
    ("wrong_language", {}, llm(ENGLISH, asked="Write in German-style blackletter about Paris.")),
    ("wrong_language", {}, llm(GERMAN, asked="Was ist Paris? Answer in German.")),
    ("missing_section", {"sections": ["plan", "Code", "tests"]}, llm(PLAN)),
    ("missing_section", {"sections": ["Plan"]}, llm("Plan: begin with the first of them.")),
    ("missing_section", {"sections": ["Plan"]}, llm(tool_call("{}"))),
    ("missing_section", {}, llm(GOOD)),
    ("json_schema", {}, llm('{"answer": 42}', response_format=CHAT_SCHEMA)),
    ("json_schema", {}, llm('{"answer": 42,', response_format=CHAT_SCHEMA)),  # json_invalid says it
    ("json_schema", {}, llm('{"answer": "42"}', response_format={"type": "json_object"})),
    ("json_schema", {}, llm("Plain text that nobody wanted as data.", response_format="{broken")),
    ("json_schema", {"enabled": False}, llm("{}", response_format=CHAT_SCHEMA)),
    ("json_schema", {"schema": ORDERS}, llm("[1, 2, 3]")),
    ("json_schema", {"schema": ORDERS}, llm('{"answer": 42}', response_format=CHAT_SCHEMA)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "table", "span"), FAILS_WHEN_SO)
def test_fails_when_so_configured(name: str, table: dict[str, Any], span: Span) -> None:
    assert name in (configured(**{name: table}).check(span) or ())


@pytest.mark.parametrize(("name", "table", "span"), PASSES_WHEN_SO)
def test_passes_when_so_configured(name: str, table: dict[str, Any], span: Span) -> None:
    failed = configured(**{name: table}).check(span)
    assert failed is not None
    assert name not in failed


@pytest.mark.parametrize(
    ("name", "table", "span", "why"),
    [
        ("empty_output", {}, llm(""), "nothing was said"),
        ("truncated", {}, llm(GOOD, finish="length"), "cut at the limit of output tokens"),
        ("min_length", {}, llm("Paris."), "6 characters, fewer than 20"),
        ("max_length", {}, llm("x" * 4001), "4,001 characters, more than 4,000"),
        ("word_count", {"min_words": 12}, llm(GOOD), "11 words, fewer than 12"),
        ("ai_self_reference", {}, llm("As an AI language model, I cannot see colours."), "“as an ai”"),
        ("refusal", {}, llm(GOOD, finish="SAFETY"), "finish reason safety"),
        ("refusal", {}, llm("Sorry, I can't help with that request."), "“i can't help”"),
        ("suspicious_url", {}, llm(LINK), "https://docs.example.dev/guide#install"),
        ("forbidden_phrase", {"phrases": ["Tenth"]}, llm(GOOD), "“tenth”"),
        ("wrong_language", {"expected": "de"}, llm(ENGLISH), "English, not German"),
        ("missing_section", {"sections": ["Risks"]}, llm(PLAN), "no section Risks"),
        ("json_schema", {}, llm("{}", response_format=CHAT_SCHEMA), "$: no answer"),
        ("json_schema", {"schema": ORDERS}, llm("one and two and three"), "not JSON"),
        ("control_characters", {}, llm(GOOD + "\x1b[31m"), "U+001B"),
    ],
)  # fmt: skip
def test_why(name: str, table: dict[str, Any], span: Span, why: str) -> None:
    assert dict(configured(**{name: table}).failures(span))[name] == why


@pytest.mark.parametrize("name", sorted(HEURISTICS))
def test_every_check_can_be_turned_off(name: str) -> None:
    off = configured(**{name: {"enabled": False}})
    for failing, span in FAILS:
        assert name not in (off.check(span) or ()), failing


def test_a_feature_has_parameters_of_its_own() -> None:
    checks = configured(min_length={"chars": 100}, features={"classify": {"min_length": {"enabled": False}}})
    assert checks.check(llm(GOOD)) == ("min_length",)
    assert checks.check(replace(llm(GOOD), context=Context(feature="classify"))) == ()
    assert checks.check(replace(llm(GOOD), context=Context(feature="other"))) == ("min_length",)


def test_a_schema_that_is_not_json() -> None:
    with pytest.raises(ConfigError, match="json_schema"):
        configured(json_schema={"schema": "{"})


def test_the_results_as_a_score() -> None:
    checks = Heuristics(HeuristicsConfig())
    bad = checks.score(llm("Paris."))
    assert bad
    assert (bad.name, bad.value, bad.source, bad.span_id) == ("heuristic_pass", 0.0, "heuristic", "s")
    said = json.loads(bad.comment or "")
    assert (said["results"]["min_length"], said["results"]["refusal"]) == (False, True)
    assert said["why"] == {"min_length": "6 characters, fewer than 20"}
    good = checks.score(llm(GOOD))
    assert good
    assert good.value == 1.0
    assert checks.score(llm()) is None


@pytest.mark.parametrize(("name", "span"), FAILS)
def test_fails(name: str, span: Span) -> None:
    assert name in (check(span) or ())


@pytest.mark.parametrize(("name", "span"), PASSES)
def test_passes(name: str, span: Span) -> None:
    failed = check(span)
    assert failed is not None
    assert name not in failed


def test_every_heuristic_has_cases_both_ways() -> None:
    fails = {name for name, _ in FAILS} | {name for name, _, _ in FAILS_WHEN_SO}
    passes = {name for name, _ in PASSES} | {name for name, _, _ in PASSES_WHEN_SO}
    assert fails == passes == set(HEURISTICS)


def test_a_good_answer_passes_all() -> None:
    assert check(llm(GOOD)) == ()
    assert check(llm(tool_call('{"q": "a"}'), finish="tool_calls")) == ()


def test_failures_come_in_the_order_of_the_table() -> None:
    assert check(llm("I cannot help you.", finish="length")) == ("truncated", "min_length", "refusal")


def test_without_captured_output_nothing_is_checked() -> None:
    assert check(llm(GOOD, kind="chain")) is None
    assert check(Span(trace_id="t", span_id="s", kind="llm", start_ns=1)) is None
    assert check(llm()) is None, "a role and a finish reason without content"


def test_output_text_is_an_answer_too() -> None:
    span = Span(
        trace_id="t", span_id="s", kind="llm", start_ns=1, content=Content(output_text="As an AI, no.")
    )
    assert check(span) == ("min_length", "ai_self_reference")


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (llm("I'm sorry, I can't do that."), True),
        (llm(GOOD), False),
        (llm(GOOD, refused=True), True),
        (llm(GOOD, finish="refusal"), True),
        (llm(finish="content_filter"), True),
        (llm(), None),
        (llm(refused=False), False),
        (llm("I can't help with that.", kind="tool"), None),
        (Span(trace_id="t", span_id="s", kind="llm", start_ns=1), None),
    ],
)
def test_refused(span: Span, expected: bool | None) -> None:
    assert refused(span, answer_of(span)) is expected


@given(st.lists(st.text(max_size=300), max_size=3), st.text(max_size=200))
def test_any_text_can_be_checked(answers: list[str], asked: str) -> None:
    span = llm(*answers, asked=asked, response_format={"type": "json_object"})
    failed = check(span)
    assert failed is None if not answers else set(failed or ()) <= set(HEURISTICS)
    assert refused(span, answer_of(span)) in (True, False, None)
