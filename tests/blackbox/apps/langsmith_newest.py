# needs: langsmith openai>=2
"""LangSmith: traced functions, a wrapped client, feedback, a dataset and an evaluation over it."""

from __future__ import annotations

import asyncio
import os

from ledger import ORIGIN, STUB, called, said
from openai import APIStatusError, OpenAI

os.environ |= {
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_ENDPOINT": ORIGIN,
    "LANGSMITH_API_KEY": "lsv2_any",
    "LANGSMITH_PROJECT": "blackbox",
}
from langsmith import evaluate, traceable
from langsmith.run_helpers import get_current_run_tree
from langsmith.run_trees import get_cached_client
from langsmith.wrappers import wrap_openai

QUESTION = "How long does a refund take once you have the Fjell stove back?"
openai = wrap_openai(OpenAI(base_url=f"{STUB}/v1", api_key="sk-none", max_retries=0))
client = get_cached_client()


def ask(question: str, model: str = "gpt-4o-mini", **settings: object) -> str:
    done = openai.chat.completions.create(
        model=model, messages=[{"role": "user", "content": question}], **settings
    )
    called(model, done.usage, text=done.choices[0].message.content)
    return done.choices[0].message.content or ""


@traceable(metadata={"session_id": "s-1", "user_id": "u-1"}, tags=["beta"])
def pipeline(question: str) -> tuple[str, str]:
    answer = ask(question, temperature=0.2)
    chunks = list(
        openai.chat.completions.create(
            model="gpt-4o",
            messages=[{"role": "user", "content": question}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    called("gpt-4o", chunks[-1].usage)
    run = get_current_run_tree()
    assert run is not None
    return answer, str(run.id)


@traceable
def failing() -> None:
    openai.chat.completions.create(model="fail-429", messages=[{"role": "user", "content": QUESTION}])


def target(inputs: dict) -> dict:
    return {"answer": ask(inputs["question"])}


def exact(outputs: dict, reference_outputs: dict) -> dict:
    return {"key": "exact", "score": float(outputs["answer"] == reference_outputs["answer"])}


said(session="s-1", user="u-1")
answer, run_id = pipeline(QUESTION)
try:
    failing()
except APIStatusError:
    called("fail-429", failed=True)
client.flush()

project = client.read_project(project_name="blackbox").id
client.create_feedback(
    run_id, key="user_feedback", score=1, comment="helpful", trace_id=run_id, session_id=project
)
client.create_feedback(run_id, key="correctness", score=0.5, feedback_source_type="model", session_id=project)
said(score={"name": "user_feedback", "value": 1})
said(score={"name": "correctness", "value": 0.5})
client.flush()


async def runs_read_back() -> None:
    run = await client.runs.retrieve(
        run_id, project_id=str(project), selects=["NAME", "INPUTS", "STATUS", "END_TIME"]
    )
    assert run.inputs == {"question": QUESTION}, run.inputs
    assert run.status == "SUCCESS" and run.end_time is not None
    found = client.runs.query(project_ids=[str(project)], is_root=True, selects=["NAME"])
    names = {run.name async for run in found}
    assert names == {"pipeline", "failing"}, names


asyncio.run(runs_read_back())
assert {found.key for found in client.list_feedback(run_ids=[run_id])} == {"user_feedback", "correctness"}

assert not client.has_dataset(dataset_name="questions")
dataset = client.create_dataset("questions", description="what customers ask")
assert client.has_dataset(dataset_name="questions")
client.create_example({"question": QUESTION}, dataset_id=dataset.id, reference_outputs={"answer": answer})
client.create_examples(
    dataset_name="questions",
    examples=[
        {"inputs": {"question": "Do you ship?"}, "reference_outputs": {"answer": "yes"}, "split": "short"}
    ],
)
assert len(list(client.list_examples(dataset_name="questions"))) == 2
assert len(list(client.list_examples(dataset_name="questions", splits=["short"]))) == 1
assert client.read_dataset(dataset_name="questions").example_count == 2

results = evaluate(target, data="questions", evaluators=[exact], experiment_prefix="first", client=client)
for row in results:
    (given,) = row["evaluation_results"]["results"]
    said(score={"name": "exact", "value": given.score})
client.flush()
experiment = client.read_project(project_name=results.experiment_name)
assert experiment.reference_dataset_id == dataset.id
