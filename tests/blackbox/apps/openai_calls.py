"""Five OpenAI calls for every instrumentation: answered, streamed, asking for a tool, failing, embedded."""

from __future__ import annotations

from ledger import STUB, called
from openai import APIStatusError, OpenAI

QUESTION = "How long does a refund take once you have the Fjell stove back?"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_order",
        "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}},
    },
}


def client() -> OpenAI:
    """A client of the stub that does not retry."""
    return OpenAI(base_url=f"{STUB}/v1", api_key="sk-none", max_retries=0)


def make_calls(openai: OpenAI) -> None:
    """Make the calls and tell the ledger of each."""
    asked = [{"role": "user", "content": QUESTION}]
    done = openai.chat.completions.create(model="gpt-4o-mini", messages=asked, temperature=0.2)
    called("gpt-4o-mini", done.usage, text=done.choices[0].message.content)

    chunks = list(
        openai.chat.completions.create(
            model="gpt-4o", messages=asked, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    called("gpt-4o", chunks[-1].usage, text=text)

    done = openai.chat.completions.create(model="gpt-4o-mini", messages=asked, tools=[TOOL])
    called("gpt-4o-mini", done.usage)

    try:
        openai.chat.completions.create(model="fail-429", messages=asked)
    except APIStatusError:
        called("fail-429", failed=True)

    vectors = openai.embeddings.create(model="text-embedding-3-small", input=QUESTION)
    called("text-embedding-3-small", vectors.usage)
