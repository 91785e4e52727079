# needs: langfuse==2.60.10 openai
"""Langfuse 2: a wrapped client, decorated functions, the client by hand, prompts, a dataset and its runs."""

from __future__ import annotations

import logging
import os

from ledger import ORIGIN, STUB, called, said

os.environ |= {"LANGFUSE_HOST": ORIGIN, "LANGFUSE_PUBLIC_KEY": "pk-any", "LANGFUSE_SECRET_KEY": "sk-any"}
from langfuse import Langfuse
from langfuse.decorators import langfuse_context, observe
from langfuse.openai import OpenAI
from openai import APIStatusError

QUESTION = "How long does a refund take once you have the Fjell stove back?"
ASKED = [{"role": "user", "content": QUESTION}]
logging.getLogger("langfuse").addFilter(lambda record: "code: 429" not in record.getMessage())
"""The provider's failure is wanted, and not the server's."""
openai = OpenAI(base_url=f"{STUB}/v1", api_key="sk-none", max_retries=0)
langfuse = Langfuse()


@observe(as_type="generation")
def answer(question: str) -> str:
    """A function around a call: it counts once."""
    done = openai.chat.completions.create(model="gpt-4o-mini", messages=ASKED, temperature=0.2)
    called("gpt-4o-mini", done.usage, text=done.choices[0].message.content)
    langfuse_context.update_current_observation(
        model="gpt-4o-mini",
        usage_details={"input": done.usage.prompt_tokens, "output": done.usage.completion_tokens},
    )
    return done.choices[0].message.content


@observe()
def pipeline(question: str) -> str:
    langfuse_context.update_current_trace(session_id="s-1", user_id="u-1", tags=["beta"])
    langfuse_context.score_current_trace(name="quality", value=0.7)
    return answer(question)


assert langfuse.auth_check()
said(session="s-1", user="u-1")
text = pipeline(QUESTION)
said(score={"name": "quality", "value": 0.7})

chunks = list(
    openai.chat.completions.create(
        model="gpt-4o", messages=ASKED, stream=True, stream_options={"include_usage": True}, name="stream"
    )
)
called("gpt-4o", next(chunk.usage for chunk in chunks if chunk.usage))
try:
    openai.chat.completions.create(model="fail-429", messages=ASKED)
except APIStatusError:
    called("fail-429", failed=True)

trace = langfuse.trace(name="by-hand", user_id="u-2", session_id="s-2", input=QUESTION)
said(session="s-2", user="u-2")
span = trace.span(name="retrieve", input=QUESTION)
span.end(output=["30 days"])
generation = trace.generation(name="answer", model="claude-sonnet-4-5", input=ASKED)
generation.end(output="30 days", usage={"input": 12, "output": 3})
said(call={"model": "claude-sonnet-4-5", "failed": False, "input_tokens": 12, "output_tokens": 3})
generation.score(name="groundedness", value=0.9, comment="cites")
trace.score(name="thumbs", value="up", data_type="CATEGORICAL")
trace.update(output="30 days")
said(score={"name": "groundedness", "value": 0.9})
said(score={"name": "thumbs", "value": 1})

first = langfuse.create_prompt(name="support/answer", prompt="Answer: {{q}}", labels=["production"])
chat = [{"role": "system", "content": "Be {{manner}}."}]
langfuse.create_prompt(name="support/chat", prompt=chat, type="chat", config={"temperature": 0.2}, tags=["a"])
second = langfuse.create_prompt(name="support/answer", prompt="Answer briefly: {{q}}", labels=["staging"])
assert (first.version, second.version) == (1, 2)
assert langfuse.get_prompt("support/answer").compile(q="why?") == "Answer: why?"
assert langfuse.get_prompt("support/answer", label="latest").version == 2
assert langfuse.get_prompt("support/answer", version=1).labels == ["production"]
assert langfuse.get_prompt("support/chat", type="chat", label="latest").config == {"temperature": 0.2}
langfuse.update_prompt(name="support/answer", version=2, new_labels=["production"])
assert langfuse.get_prompt("support/answer", cache_ttl_seconds=0).version == 2
assert langfuse.client.prompts.list().meta.total_items == 2

langfuse.create_dataset(name="questions", description="what customers ask", metadata={"a": 1})
langfuse.create_dataset_item(dataset_name="questions", input=QUESTION, expected_output="30 days")
dataset = langfuse.get_dataset("questions")
for item in dataset.items:
    assert (item.input, item.expected_output) == (QUESTION, "30 days")
    with item.observe(run_name="first", run_metadata={"model": "gpt-4o-mini"}) as trace_id:
        pipeline(item.input)
        said(score={"name": "quality", "value": 0.7})
langfuse_context.flush()
langfuse.flush()
run = langfuse.get_dataset_run("questions", "first")
assert [linked.trace_id for linked in run.dataset_run_items] == [trace_id]
assert [found.name for found in langfuse.get_dataset_runs("questions").data] == ["first"]

fetched = langfuse.fetch_trace(trace.id).data
assert (fetched.name, fetched.session_id, fetched.output) == ("by-hand", "s-2", "30 days")
assert {found.name for found in fetched.observations} == {"retrieve", "answer"}
assert {found.name for found in fetched.scores} == {"groundedness", "thumbs"}
assert langfuse.fetch_observation(generation.id).data.usage.input == 12
assert [found.id for found in langfuse.fetch_traces(session_id="s-2").data] == [trace.id]
assert langfuse.client.score.get(name="groundedness").meta.total_items == 1
