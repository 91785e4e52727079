"""Records for properties: few ids, so that they meet, and times that fall into few minutes."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from llmwatch.store.span import Call, Content, Context, Event, Span, State, Tool, Usage
from tests.store.builders import SECOND, T0, enrich, said

_count = st.none() | st.integers(0, 5)
_word = st.none() | st.sampled_from(["x", "y"])
_text = st.sampled_from(["", "one", "two"])

usages = st.builds(
    Usage, input_tokens=_count, output_tokens=_count, cache_read_tokens=_count, estimated=st.booleans()
)
calls = st.builds(
    Call,
    request_model=_word,
    response_model=_word,
    response_id=_word,
    provider=_word,
    finish_reasons=st.sampled_from([None, ("stop",), ("length",)]),
    refused=st.sampled_from([None, True, False]),
    time_to_first_chunk_ns=st.none() | st.integers(1, SECOND),
    cache_hit=st.sampled_from([None, True, False]),
    usage=st.none() | usages,
)
contexts = st.builds(
    Context,
    service=_word,
    app_version=_word,
    session_id=_word,
    user_id=_word,
    feature=_word,
    segment=_word,
    prompt_name=_word,
    prompt_version=_word,
    retry_count=st.none() | st.integers(0, 1),
    metadata=st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), max_size=2),
)
messages = st.lists(st.builds(said, _text, st.sampled_from(["user", "assistant", "odd"])), max_size=2).map(
    tuple
)
contents = st.builds(
    Content,
    input_messages=messages,
    output_messages=messages,
    input_text=st.none() | _text,
    events=st.lists(
        st.builds(Event, name=_text, time_ns=st.integers(0, 3), attributes=st.just({})), max_size=2
    ).map(tuple),
    attributes=st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), max_size=2),
)


@st.composite
def records(draw: st.DrawFn, span_ids: Sequence[str], trace_ids: Sequence[str] = ("t",)) -> Span:
    """Any record of any state, as the collector hands it to the writer."""
    state: State = draw(st.sampled_from(["partial", "started", "ended"]))
    start = T0 + draw(st.integers(0, 9)) * 20 * SECOND
    return enrich(
        Span(
            trace_id=draw(st.sampled_from(trace_ids)),
            span_id=draw(st.sampled_from(span_ids)),
            parent_id=draw(st.none() | st.sampled_from(span_ids)),
            name=draw(_text),
            kind=draw(st.sampled_from(["span", "llm", "llm", "chain", "tool"])),
            state=state,
            start_ns=start,
            end_ns=start + draw(st.integers(0, 50)) * SECOND if state == "ended" else None,
            status=draw(st.sampled_from(["unset", "ok", "error"])),
            error_type=draw(_word),
            context=draw(contexts),
            call=draw(st.none() | calls),
            tool=draw(st.none() | st.builds(Tool, name=_word, success=st.booleans())),
            content=draw(contents),
            revision=draw(st.none() | st.integers(0, 2)),
        )
    )
