"""summarise: long documents for the team, a few an hour: most of the bill. Speaks OpenInference."""

from __future__ import annotations

import json
from typing import Final

from llmwatch.demo import openinference
from llmwatch.demo.calls import GPT_4O, ModelCall, said
from llmwatch.demo.corpus import corpus
from llmwatch.demo.trace import Outgoing, Service, Trace, Value
from llmwatch.demo.world import World

EVERY_S: Final = 20 * 60
"""Seconds from one to the next."""
_SERVICE: Final = Service(name="insights", version="3.2.0", scope="openinference.instrumentation.openai")


def play(world: World, start_ns: int) -> list[Outgoing]:
    """One document."""
    digest = world.rng.choice(corpus().digests)
    request = (
        f"{digest.title}\nAttached: {digest.file_id}, {world.rng.randint(140, 190)} pages. It begins:\n"
        f"{digest.excerpt}"
    )
    call = ModelCall(
        model=GPT_4O,
        messages=(said("system", corpus().prompts.digest), said("user", request)),
        answer=said("assistant", digest.summary, "stop"),
        temperature=0.3,
        max_tokens=400,
        prompt_name="digest",
        prompt_version="4",
        attached_tokens=world.rng.randint(42_000, 50_000),
    )
    common: dict[str, Value] = {
        "feature": "summarise",
        "metadata": json.dumps({"team": "operations"}),
        "tag.tags": ["batch"],
    }
    trace = Trace(world.rng, _SERVICE, start_ns, common)
    opening: dict[str, Value] = {"openinference.span.kind": "CHAIN", "input.value": digest.title}
    with trace.step("summarise", opening) as root:
        trace.wait(700)
        openinference.chat(trace, call)
        root.attributes["output.value"] = digest.summary
    return [*trace.spans]
