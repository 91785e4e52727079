"""draft-mail: a service without any SDK; it posts plain JSON when a call begins and when it ends."""

from __future__ import annotations

from typing import Any

from llmwatch.demo.calls import FLASH, HOUSE
from llmwatch.demo.corpus import corpus, fill, random_slots, tokens_in
from llmwatch.demo.trace import Outgoing, Post
from llmwatch.demo.world import World, segment_of


def play(world: World, start_ns: int) -> list[Outgoing]:
    """One draft."""
    mail = world.rng.choice(corpus().mails)
    slots = random_slots(world.rng)
    model = HOUSE if world.chance(0.06) else FLASH
    prompt, response = fill(mail.brief, slots), fill(mail.body, slots)
    output_tokens = tokens_in(response)
    took_s = model.first_token_ms / 1000 + output_tokens / model.tokens_per_s * world.rng.uniform(0.8, 1.6)
    user = world.user()
    begun: dict[str, Any] = {
        "trace_id": f"{world.rng.getrandbits(128):032x}",
        "span_id": f"{world.rng.getrandbits(64):016x}",
        "name": "draft-mail",
        "service": "mailer",
        "environment": "production",
        "app_version": "2.0.4",
        "feature": "draft-mail",
        "user_id": user,
        "segment": segment_of(user),
        "provider": model.provider,
        "model": model.name,
        "messages": [
            {"role": "system", "content": corpus().prompts.mail},
            {"role": "user", "content": prompt},
        ],
        "temperature": 0.8,
        "start_time": start_ns / 1e9,
    }
    ended = {
        "response": response,
        "input_tokens": tokens_in(corpus().prompts.mail + prompt),
        "output_tokens": output_tokens,
        "finish_reason": "stop",
        "status": "ok",
        "end_time": start_ns / 1e9 + took_s,
    }
    return [
        Post(at_ns=start_ns, path="/api/spans", body=begun),
        Post(at_ns=start_ns + int(took_s * 1e9), path="/api/spans", body=begun | ended),
    ]
