"""Coding agents' log events as spans: prompts, model calls and tools of a session.

Their events belong to no span, so each becomes one, with ids made of what identifies it. A trace is one
prompt and what the agent did for it (the whole conversation where an agent does not say which prompt); its
root begins with the prompt and lasts until the latest event. A session therefore reads as a conversation.

An event that names a span comes beside the agent's own spans, which say the same: it is kept on that span as
an event, and adds nothing to the numbers unless the span has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from llmwatch.collector.dialects.build import span_of
from llmwatch.collector.dialects.facts import Rules, read
from llmwatch.collector.dialects.judgements import digest
from llmwatch.collector.dialects.times import milliseconds
from llmwatch.collector.dialects.values import first, flag, text
from llmwatch.collector.records import RawLog, RawSpan
from llmwatch.store.span import Content, Event, Kind, Span

_SESSION: Final = ("session.id", "conversation.id")


class Step(NamedTuple):
    """What an event is: a step of the agent."""

    kind: Kind
    identity: tuple[str, ...] = ()
    """Attributes that identify the step, best first; else the event itself does."""
    root: bool = False
    """The prompt, under which the other steps are."""
    remark: bool = False
    """Says something more about a step of which another event tells."""
    failed: bool = False
    answers: bool = False
    """Its answer may be the answer to the prompt: the last of them is."""
    completes: bool = False
    """Says of the span that it names what that does not say itself."""
    when: Callable[[Mapping[str, Any]], bool] = bool
    """Whether the event is such a step; others of its name say nothing."""


class Agent(NamedTuple):
    """A coding agent: how its events are named, and what they are."""

    dialect: str
    prefix: str
    """Of its events' names, and of the names in its dialect's table."""
    prompt: tuple[str, ...]
    """Attributes that say for which prompt an event is."""
    steps: Mapping[str, Step]
    """By the name of the event without the prefix."""
    scope: str = ""
    """Instrumentation scope of events whose names may lack the prefix."""

    def named(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """``attributes``, also under the names of the table."""
        return {**attributes, **{f"{self.prefix}{name}": value for name, value in attributes.items()}}

    def event_in(self, raw: RawLog) -> str | None:
        """The name of this agent's event that ``raw`` is, without the prefix."""
        named = raw.attributes.get("event.name")
        for said in (named, raw.event_name, raw.body):
            if isinstance(said, str) and said.startswith(self.prefix):
                return said.removeprefix(self.prefix)
        ours = self.scope and raw.source.scope_name.startswith(self.scope)
        return named if ours and isinstance(named, str) else None


def agent_spans(raw: RawLog, agents: tuple[Agent, ...], rules: Rules) -> tuple[Span, ...]:
    """What an agent's event says: a step, and that its prompt lasted until then; nothing for other events."""
    for agent in agents:
        name = agent.event_in(raw)
        if name is None:
            continue
        step = agent.steps.get(name)
        if raw.trace_id and raw.span_id:
            return (_beside(raw, agent, name, step, rules),)
        return _steps(raw, agent, step, rules) if step and step.when(raw.attributes) else ()
    return ()


def _steps(raw: RawLog, agent: Agent, step: Step, rules: Rules) -> tuple[Span, ...]:
    attributes = raw.attributes
    about = text(first(attributes, step.identity)) or (raw.time_ns, dict(attributes))
    whole = [text(first(attributes, names)) for names in (_SESSION, agent.prompt)]
    trace_id = digest(agent.dialect, whole if any(whole) else about)
    root_id = digest(trace_id)[:16]
    own_id = root_id if step.root else digest(trace_id, step.kind, about)[:16]
    span = _span(raw, agent, step, rules, (trace_id, own_id, None if step.root else root_id))
    # An event comes when a step is over: where it does not say how long that took, no one knows.
    span = replace(span, name=_name(span), state="partial" if step.remark else "ended")
    return (span,) if step.root else (span, _root(span, raw.time_ns, answers=step.answers))


def _span(raw: RawLog, agent: Agent, step: Step, rules: Rules, ids: tuple[str, str, str | None]) -> Span:
    lasted = milliseconds(raw.attributes.get("duration_ms"))
    facts = read(agent.named(raw.attributes), rules)
    facts["span"] |= {"kind": step.kind, "dialect": agent.dialect}
    failed = step.failed or flag(raw.attributes.get("success")) is False
    record = RawSpan(
        trace_id=ids[0],
        span_id=ids[1],
        parent_id=ids[2],
        name=agent.dialect,
        start_ns=max(raw.time_ns - (lasted or 0), 0),
        end_ns=None if lasted is None else raw.time_ns,
        status_code=2 if failed else 0,
        status_message="",
        attributes=raw.attributes,
        source=raw.source,
    )
    return span_of(rules.amended(record, facts), facts)


def _name(span: Span) -> str:
    if span.tool and span.tool.name:
        return span.tool.name
    if span.kind == "prompt":
        return "user prompt"
    model = span.call and (span.call.request_model or span.call.response_model)
    return f"chat {model}" if model and span.kind == "llm" else span.name


def _root(span: Span, time_ns: int, *, answers: bool) -> Span:
    """What a step says of its prompt: that it lasted until then, and how it was answered."""
    said = [p.text for m in span.content.output_messages for p in m.parts if p.type == "text" and p.text]
    return Span(
        trace_id=span.trace_id,
        span_id=span.parent_id or "",
        name=span.dialect,
        kind="agent",
        dialect=span.dialect,
        state="partial",
        start_ns=span.start_ns,
        end_ns=time_ns,
        context=replace(span.context, metadata={}),
        content=Content(output_text="\n".join(said) or None if answers else None),
    )


def _beside(raw: RawLog, agent: Agent, name: str, step: Step | None, rules: Rules) -> Span:
    named = f"{agent.prefix}{name}"
    if step and step.completes:
        span = _span(raw, agent, step, rules, (raw.trace_id, raw.span_id, None))
        return replace(span, name=named, state="partial", end_ns=None)
    event = Event(name=named, time_ns=raw.time_ns, attributes=dict(raw.attributes))
    return Span(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        name=named,
        dialect=agent.dialect,
        state="partial",
        start_ns=raw.time_ns,
        content=Content(events=(event,), resource=raw.source.resource),
    )
