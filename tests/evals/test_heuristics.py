"""Each heuristic on answers that fail it and on answers that only look as if they did."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmwatch.evals.heuristics import HEURISTICS, check
from llmwatch.evals.refusal import refused
from llmwatch.store.span import Call, Content, Document, Message, Part, Retrieval, Span

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


@pytest.mark.parametrize(("name", "span"), FAILS)
def test_fails(name: str, span: Span) -> None:
    assert name in (check(span) or ())


@pytest.mark.parametrize(("name", "span"), PASSES)
def test_passes(name: str, span: Span) -> None:
    failed = check(span)
    assert failed is not None
    assert name not in failed


def test_every_heuristic_has_cases_both_ways() -> None:
    assert {name for name, _ in FAILS} == {name for name, _ in PASSES} == set(HEURISTICS)


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
    assert refused(span) is expected


@given(st.lists(st.text(max_size=300), max_size=3), st.text(max_size=200))
def test_any_text_can_be_checked(answers: list[str], asked: str) -> None:
    span = llm(*answers, asked=asked, response_format={"type": "json_object"})
    failed = check(span)
    assert failed is None if not answers else set(failed or ()) <= set(HEURISTICS)
    assert refused(span) in (True, False, None)
