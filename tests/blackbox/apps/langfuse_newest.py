# needs: langfuse openai httpx
"""Langfuse's newest SDK: its client's wrapper over OTLP, scores, prompts, a dataset and an experiment."""

from __future__ import annotations

import logging
import os
from typing import Any

from ledger import ORIGIN, said

os.environ |= {"LANGFUSE_BASE_URL": ORIGIN, "LANGFUSE_PUBLIC_KEY": "pk-any", "LANGFUSE_SECRET_KEY": "sk-any"}
import langfuse.openai  # noqa: F401 - instruments the OpenAI client
from langfuse import Evaluation, Langfuse, propagate_attributes
from openai_calls import QUESTION, client, make_calls

logging.getLogger("langfuse").addFilter(lambda record: "code: 429" not in record.getMessage())
"""The provider's failure is wanted, and not the server's."""
lf = Langfuse()
assert lf.auth_check()
said(session="s-1", user="u-1")
with lf.start_as_current_observation(name="pipeline", as_type="span", input=QUESTION) as span:
    with propagate_attributes(session_id="s-1", user_id="u-1", tags=["beta"]):
        make_calls(client())
    span.score_trace(name="quality", value=0.7)
    span.score(name="helpful", value=1, data_type="BOOLEAN")
    span.score(name="tone", value="friendly", data_type="CATEGORICAL")
    lf.create_score(name="csat", value=4, session_id="s-1")
said(score={"name": "quality", "value": 0.7})
said(score={"name": "helpful", "value": 1})
said(score={"name": "csat", "value": 4})

first = lf.create_prompt(name="support/answer", prompt="Answer: {{q}}", labels=["production"], type="text")
second = lf.create_prompt(name="support/answer", prompt="Briefly: {{q}}", labels=["staging"], type="text")
assert (first.version, second.version) == (1, 2)
assert lf.get_prompt("support/answer").compile(q="why?") == "Answer: why?"
lf.update_prompt(name="support/answer", version=2, new_labels=["production"])
assert lf.get_prompt("support/answer", cache_ttl_seconds=0).version == 2
assert lf.get_prompt("support/answer", version=1).labels == []

lf.create_dataset(name="support/questions", description="what customers ask")
lf.create_dataset_item(dataset_name="support/questions", input=QUESTION, expected_output="30 days")
lf.create_dataset_item(dataset_name="support/questions", id="second", input="Do you ship?")
dataset = lf.get_dataset("support/questions")
assert {item.id for item in dataset.items} >= {"second"} and len(dataset.items) == 2


def task(*, item: Any, **_: Any) -> str:
    return f"asked: {item.input}"


def exact(*, output: Any, expected_output: Any, **_: Any) -> Evaluation:
    return Evaluation(name="exact", value=float(output == expected_output))


result = dataset.run_experiment(name="first", task=task, evaluators=[exact])
assert len(result.item_results) == 2
for _ in result.item_results:
    said(score={"name": "exact", "value": 0})
lf.flush()
assert {found.name for found in lf.api.scores.get_many().data} == {
    "quality",
    "helpful",
    "tone",
    "csat",
    "exact",
}
rows = lf.api.observations.get_many(trace_id=span.trace_id, fields="core,basic,usage").data
assert {row.name for row in rows} >= {"pipeline"} and len(rows) == 6
assert sum(row.type == "GENERATION" for row in rows) == 4
lf.shutdown()
