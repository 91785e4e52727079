"""A run as a span: what LangSmith's SDKs and LangChain's tracer post, and what they patch later.

A post begins a run, and may end it as well when the SDK still held it; a patch brings what changed. A patch
wins over its post in whatever order they come.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from llmwatch.collector.dialects.bodies import request_messages, response_messages
from llmwatch.collector.dialects.build import span_of
from llmwatch.collector.dialects.documents import documents
from llmwatch.collector.dialects.facts import Dialect, Facts, Rules, read
from llmwatch.collector.dialects.kinds import kind_of_word
from llmwatch.collector.dialects.langchain import openai_message
from llmwatch.collector.dialects.plainrecord import identity
from llmwatch.collector.dialects.readers import definitions
from llmwatch.collector.dialects.times import time_ns
from llmwatch.collector.dialects.values import as_json, first, text, texts
from llmwatch.collector.protocols.langsmith.calls import (
    call_facts,
    looks_like_a_call,
    mapping_in,
    metadata_of,
    parameters_of,
    tools_of,
    usage_facts,
)
from llmwatch.collector.protocols.tracebacks import raised
from llmwatch.collector.records import RawEvent, RawSpan, Source
from llmwatch.errors import IngestError
from llmwatch.store.span import Kind, Span

DIALECT: Final = "langsmith"
_NO_NAMES: Final = Rules((Dialect(DIALECT, facts={}),))
"""A run is an object of objects, not a list of names: nothing is read by a table."""

_CONTEXT: Final = {
    "session_id": ("session_id", "thread_id", "conversation_id"),
    "user_id": ("user_id",),
    "environment": ("environment", "env"),
    "app_version": ("app_version", "revision_id"),
    "feature": ("feature",),
    "request_id": ("request_id",),
    "prompt_name": ("prompt_name", "lc_prompt_name", "lc_hub_repo"),
    "prompt_version": ("prompt_version", "lc_hub_commit_hash"),
}  # fmt: skip
"""Names in a run's metadata; the first three are LangSmith's own for threads."""
_OUTPUTS: Final = ("output", "outputs")
"""What Python's SDK and JavaScript's call it when a function gives something else than an object."""
_NOT_THE_USERS: Final = ("ls_", "lc_", "LANGSMITH_", "LANGCHAIN_")
"""How metadata begins that the SDKs add by themselves, from the environment, say."""
_REPR: Final = re.compile(
    r"(?P<type>[A-Za-z_]\w*)\((?:(?P<quote>['\"])(?P<message>.*)(?P=quote),?)?.*\)", re.DOTALL
)
_ORDER: Final = re.compile(r"(\d{8}T\d{6})(\d{3,9})Z([0-9a-fA-F-]{36})$")
"""The last step of a dotted_order: when the run began, and its id."""


def span_of_run(run: Mapping[str, Any], *, patch: bool) -> Span:
    """The record of a posted or patched run.

    Raises:
        IngestError: It has no id.
    """
    run_id = identity(run.get("id"))
    if run_id is None:
        raise IngestError("a run needs an id")
    raw = _raw(run, run_id, patch=patch)
    kind = kind_of_word(run.get("run_type")) or "span"
    is_call = kind in ("llm", "embedding") or ("run_type" not in run and looks_like_a_call(run))
    span = span_of(raw, _facts(run, raw, "llm" if is_call and kind == "span" else kind, is_call=is_call))
    begun = not patch or first(run, ("start_time",)) is not None
    return replace(
        span,
        kind=kind,
        state=span.state if begun else "partial",
        revision=int(patch),
    )


def _raw(run: Mapping[str, Any], run_id: str, *, patch: bool) -> RawSpan:
    started, ended = time_ns(run.get("start_time")), time_ns(run.get("end_time"))
    error = text(run.get("error"))
    start_ns = started or _ordered_ns(run) or ended or time.time_ns()
    runtime = mapping_in(mapping_in(run, "extra"), "runtime")
    return RawSpan(
        trace_id=trace_of(run) or identity(run.get("parent_run_id")) or run_id,
        span_id=run_id,
        parent_id=identity(run.get("parent_run_id")),
        name=text(run.get("name")) or ("" if patch else "run"),
        start_ns=start_ns,
        end_ns=ended,
        status_code=2 if error else 1 if ended else 0,
        status_message=error or "",
        attributes={name: value for name, value in run.items() if value is not None and name != "events"},
        events=(*_events(run, start_ns), *_exceptions(error, ended or start_ns)),
        source=Source(
            scope_name=text(runtime.get("sdk")) or "", scope_version=text(runtime.get("sdk_version")) or ""
        ),
    )


def trace_of(run: Mapping[str, Any]) -> str | None:
    """The trace that a run says it is of: by name, or as the first step of its order."""
    step = _ORDER.match((text(run.get("dotted_order")) or "").partition(".")[0])
    return identity(run.get("trace_id")) or (identity(step[3]) if step else None)


def _facts(run: Mapping[str, Any], raw: RawSpan, kind: Kind, *, is_call: bool) -> Facts:
    facts = read({}, _NO_NAMES)
    facts["span"]["kind"] = kind
    facts["call"] = call_facts(run) if is_call else usage_facts(run)
    facts["parameters"] = parameters_of(run) if is_call else {}
    facts["context"] = _context(run)
    facts["content"] = _content(run, kind)
    tokens = [event.time_ns - raw.start_ns for event in raw.events if event.name == "new_token"]
    if tokens and min(tokens) >= 0:
        facts["call"]["time_to_first_chunk_ns"] = min(tokens)
    if kind == "tool":
        facts["tool"] = _tool(run.get("outputs"))
    if kind == "retriever":
        sought, found = run.get("inputs"), mapping_in(run, "outputs")
        facts["retrieval"] = {
            "query": _sole(sought),
            "documents": documents(first(found, ("documents", "output"))),
        }
    return facts


def _content(run: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    sent, got = _of_one(run.get("inputs"), ("input",)), _of_one(run.get("outputs"), _OUTPUTS)
    found: dict[str, Any] = {"input_value": as_json(sent), "output_value": as_json(got)}
    if kind == "llm":
        found["input_messages"] = request_messages(run.get("inputs"))
        found["output_messages"] = response_messages(got) if got else None
        found["tool_definitions"] = definitions(tools_of(run))
    return found


def _tool(outputs: Any) -> dict[str, Any]:
    """What a tool answered, where it answered with a message of LangChain's."""
    got = _of_one(outputs, _OUTPUTS)
    answer = openai_message(got) if isinstance(got, dict) else None
    if answer is None:
        return {}
    return {"call_id": text(answer["tool_call_id"]), "result": as_json(answer["content"])}


def _of_one(value: Any, names: tuple[str, ...]) -> Any:
    """What a function took or gave, which the SDKs wrap in an object of one entry; None for nothing."""
    if isinstance(value, dict) and len(value) == 1:
        return next((value[name] for name in names if name in value), value)
    return value or None


def _sole(value: Any) -> str | None:
    """The text that is all there is in an object."""
    held = list(value.values()) if isinstance(value, dict) else [value]
    return text(held[0]) if len(held) == 1 else None


def _context(run: Mapping[str, Any]) -> dict[str, Any]:
    metadata = metadata_of(run)
    found: dict[str, Any] = {field: text(first(metadata, names)) for field, names in _CONTEXT.items()}
    known = {name for names in _CONTEXT.values() for name in names} | {"usage_metadata"}
    repeated = mapping_in(mapping_in(run, "extra"), "invocation_params")  # by LangChain
    found |= {
        "service": text(run.get("session_name")),
        "tags": texts(run.get("tags") or None),
        "metadata": {
            name: value
            for name, value in metadata.items()
            if name not in known
            and value is not None
            and not name.startswith(_NOT_THE_USERS)
            and repeated.get(name) != value
        },
    }
    return {field: value for field, value in found.items() if value}


def _events(run: Mapping[str, Any], start_ns: int) -> Iterator[RawEvent]:
    events = run.get("events")
    for event in events if isinstance(events, list) else ():
        if isinstance(event, dict):
            yield RawEvent(
                name=text(event.get("name")) or "event",
                time_ns=time_ns(event.get("time")) or start_ns,
                attributes={name: value for name, value in event.items() if name not in ("name", "time")},
            )


def _exceptions(error: str | None, at_ns: int) -> Iterator[RawEvent]:
    """A run's error as the event it would be elsewhere; repr and traceback come as one text."""
    if error is None:
        return
    head = error.partition("\n\n")[0].strip()
    shown = _REPR.fullmatch(head) if head.endswith(")") else None  # without the end it would try every quote
    kind, message = (shown["type"], shown["message"] or head) if shown else raised(error)
    attributes = {"exception.message": message, "exception.stacktrace": error}
    if kind:
        attributes["exception.type"] = kind
    yield RawEvent(name="exception", time_ns=at_ns, attributes=attributes)


def _ordered_ns(run: Mapping[str, Any]) -> int | None:
    step = _ORDER.search(text(run.get("dotted_order")) or "")
    return time_ns(f"{step[1]}.{step[2]}Z") if step else None
