"""agent-run: plan, tools at once, report. Tools fail, arguments are malformed, prompts grow too long."""

from __future__ import annotations

import contextlib
from typing import Final

from llmwatch.demo import genai
from llmwatch.demo.calls import CONTEXT_LENGTH, HAIKU, OVERLOADED, SONNET, Failure, Model, ModelCall, said
from llmwatch.demo.corpus import Errand, corpus, fill, random_slots
from llmwatch.demo.trace import Outgoing, Service, StepError, Trace, Value
from llmwatch.demo.world import World
from llmwatch.store.span import Message, Part

_SERVICE: Final = Service(
    name="agent-worker", version="0.9.3", scope="opentelemetry.instrumentation.genai.anthropic"
)
_TOOL_DOWN: Final = Failure(
    kind="HTTPStatusError", message="503 Service Unavailable from search.internal", after_ms=2500
)


def play(world: World, start_ns: int) -> list[Outgoing]:
    """One errand."""
    errand = world.rng.choice(corpus().errands)
    slots = random_slots(world.rng)
    task = said("user", fill(errand.task, slots))
    common: dict[str, Value] = {
        "session.id": f"run_{world.rng.getrandbits(20):05x}",
        **world.person(),
        "feature": "agent-run",
    }
    trace = Trace(world.rng, _SERVICE, start_ns, common)
    opening: dict[str, Value] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "back-office",
        "gen_ai.input.messages": genai.messages([task]),
    }
    model = SONNET if world.chance(0.25) else HAIKU
    with contextlib.suppress(StepError), trace.step("agent-run", opening) as root:
        plan = _plan(world, trace, errand, slots)
        history = (said("system", corpus().prompts.agent), task)
        genai.chat(trace, _call(model, errand, history, plan))
        results = _run_tools(world, trace, errand, slots, plan)
        report = said("assistant", fill(errand.report, slots), "stop")
        failure = _failure(world)
        genai.chat(trace, _call(model, errand, (*history, plan, *results), report), failure=failure)
        root.attributes["gen_ai.output.messages"] = genai.messages([report])
    return [*trace.spans]


def _call(model: Model, errand: Errand, messages: tuple[Message, ...], answer: Message) -> ModelCall:
    return ModelCall(
        model=model,
        messages=messages,
        answer=answer,
        max_tokens=1024,
        tools=tuple(tool.name for tool in errand.tools),
        prompt_name="agent",
        prompt_version="1.1",
    )


def _plan(world: World, trace: Trace, errand: Errand, slots: dict[str, str]) -> Message:
    calls = [
        Part(
            type="tool_call",
            id=f"toolu_{trace.id[:12]}{number}",
            name=tool.name,
            arguments=fill(tool.arguments, slots),
        )
        for number, tool in enumerate(errand.tools)
    ]
    if world.chance(0.05):  # cut off in the middle
        first = calls[0]
        text = first.arguments or ""
        calls[0] = Part(type="tool_call", id=first.id, name=first.name, arguments=text[: len(text) * 2 // 3])
    return Message(
        role="assistant",
        parts=(Part(type="text", text=errand.plan), *calls),
        finish_reason="tool_call",
    )


def _run_tools(
    world: World, trace: Trace, errand: Errand, slots: dict[str, str], plan: Message
) -> list[Message]:
    """All tools side by side; the agent goes on with what they give, errors included."""
    begun_ns, ends_ns, results = trace.now_ns, [], []
    calls = [part for part in plan.parts if part.type == "tool_call"]
    for call, tool in zip(calls, errand.tools, strict=True):
        trace.now_ns = begun_ns + world.rng.randint(1, 9) * 10**6
        result = fill(tool.result, slots)
        failure = _tool_failure(world, call)
        try:
            genai.tool(trace, call, result, tool.ms, failure)
        except StepError as error:
            result = f"error: {error}"
        ends_ns.append(trace.now_ns)
        results.append(
            Message(role="tool", parts=(Part(type="tool_call_response", id=call.id, text=result),))
        )
    trace.now_ns = max(ends_ns)
    return results


def _tool_failure(world: World, call: Part) -> Failure | None:
    text = call.arguments or ""
    if not text.endswith("}"):
        message = f"Unterminated string starting at: line 1 column {len(text)} (char {len(text) - 1})"
        return Failure(kind="json.JSONDecodeError", message=message, after_ms=2)
    return _TOOL_DOWN if call.name == "search_web" and world.chance(0.2) else None


def _failure(world: World) -> Failure | None:
    luck = world.rng.random()
    return CONTEXT_LENGTH if luck < 0.04 else OVERLOADED if luck < 0.05 else None
