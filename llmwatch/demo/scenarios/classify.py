"""classify: one small call a message, which must answer JSON."""

from __future__ import annotations

import contextlib
import json

from llmwatch.demo import genai
from llmwatch.demo.calls import GPT_4O_MINI, HAIKU, RATE_LIMIT, ModelCall, said
from llmwatch.demo.corpus import corpus, fill, random_slots
from llmwatch.demo.trace import Outgoing, StepError, Trace
from llmwatch.demo.world import World


def play(world: World, start_ns: int) -> list[Outgoing]:
    """One message that came in."""
    topic = world.rng.choice(corpus().topics)
    question = fill(world.rng.choice(topic.questions), random_slots(world.rng))
    text = json.dumps({"label": topic.label, "urgent": "twice" in question or "late" in question})
    if world.chance(0.02):
        text = text.replace('{"label"', "Sure! Here is the JSON: {label", 1)
    call = ModelCall(
        model=HAIKU if world.chance(0.3) else GPT_4O_MINI,
        messages=(said("system", corpus().prompts.classify), said("user", question)),
        answer=said("assistant", text, "stop"),
        temperature=0,
        max_tokens=40,
        prompt_name="classify",
        prompt_version="1.6",
    )
    common = {**world.person(), "feature": "classify"}
    trace = Trace(world.rng, world.support(start_ns), start_ns, common)
    opening = {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "classify"}
    with contextlib.suppress(StepError), trace.step("classify", opening, "server"):
        trace.wait(3)
        genai.chat(
            trace,
            call,
            failure=RATE_LIMIT if world.chance(0.3 if world.failing(start_ns) else 0.008) else None,
        )
    return [*trace.spans]
