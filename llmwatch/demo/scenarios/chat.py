"""rag-chat: rewrite, embed, retrieve, rerank, generate; scored and sometimes rated afterwards."""

from __future__ import annotations

import contextlib
from typing import Final

from llmwatch.demo import genai
from llmwatch.demo.calls import GPT_4O_MINI, RATE_LIMIT, TIMEOUT, Failure, ModelCall, said
from llmwatch.demo.corpus import Topic, corpus, fill, tokens_in, topic_of
from llmwatch.demo.trace import Outgoing, Post, StepError, Trace, Value
from llmwatch.demo.world import Conversation, World, attributes_of
from llmwatch.store.span import Document, Message

_PASSAGES: Final = 4
_SECOND_NS: Final = 10**9


def play(world: World, start_ns: int) -> list[Outgoing]:
    """One turn of a conversation."""
    talk = world.conversation()
    talk.turns -= 1
    question, topic = _question(world, talk)
    common: dict[str, Value] = {
        "session.id": talk.session_id,
        **attributes_of(talk.user_id),
        "feature": "rag-chat",
    }
    trace = Trace(world.rng, world.support(start_ns), start_ns, common)
    asked = said("user", question)
    opening: dict[str, Value] = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "rag-chat",
        "gen_ai.prompt.name": "answer",
        "gen_ai.prompt.version": _version(world, start_ns),
        "gen_ai.input.messages": genai.messages([asked]),
    }
    posts: list[Post] = []
    with contextlib.suppress(StepError), trace.step("rag-chat", opening, "server") as root:
        trace.wait(6)
        if talk.messages:
            _rewrite(trace, question)
        found = _retrieve(world, trace, question)
        answer = _generate(world, trace, talk, asked, found, topic)
        root.attributes["gen_ai.output.messages"] = genai.messages([answer])
        talk.messages += [asked, answer]
        trace.wait(4)
        posts = _judgements(world, trace, talk, start_ns)
    return [*trace.spans, *posts]


def _question(world: World, talk: Conversation) -> tuple[str, Topic | None]:
    if world.chance(0.015):
        return fill(world.rng.choice(corpus().unanswerable), talk.slots), None
    topic = world.rng.choice(corpus().topics)
    return fill(world.rng.choice(topic.questions), talk.slots), topic


def _rewrite(trace: Trace, question: str) -> None:
    call = ModelCall(
        model=GPT_4O_MINI,
        messages=(said("system", corpus().prompts.rewrite), said("user", f"Question: {question}")),
        answer=said("assistant", question.rstrip("?.").lower(), "stop"),
        temperature=0,
        max_tokens=60,
        prompt_name="rewrite",
        prompt_version="1.0",
    )
    genai.chat(trace, call)


def _retrieve(world: World, trace: Trace, question: str) -> list[Document]:
    """The passages of the help centre that are nearest, the right one mostly first."""
    right = topic_of(question)
    others = [topic for topic in corpus().topics if topic is not right]
    topics = ([right] if right else []) + world.rng.sample(others, _PASSAGES)
    found = [
        Document(
            id=topic.source,
            content=topic.passage,
            score=round(0.93 - 0.11 * rank - world.rng.random() / 20, 3),
        )
        for rank, topic in enumerate(topics[:_PASSAGES])
    ]
    search: dict[str, Value] = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.data_source.id": "help-centre",
        "gen_ai.retrieval.query.text": question,
        "gen_ai.retrieval.top_k": _PASSAGES,
    }
    with trace.step("retrieval help-centre", search, "client") as span:
        genai.embed(trace, "text-embedding-3-small", tokens_in(question))
        trace.wait(35)
        span.attributes["gen_ai.retrieval.documents"] = genai.documents(reversed(found))
    rerank: dict[str, Value] = {"gen_ai.operation.name": "rerank", "gen_ai.retrieval.query.text": question}
    with trace.step("rerank", rerank) as span:
        trace.wait(45)
        span.attributes["gen_ai.retrieval.documents"] = genai.documents(found)
    return found


def _generate(
    world: World, trace: Trace, talk: Conversation, asked: Message, found: list[Document], topic: Topic | None
) -> Message:
    released = world.released(trace.now_ns)
    prompts = corpus().prompts
    passages = "\n".join(f"[{number}] {document.content}" for number, document in enumerate(found, 1))
    question = asked.parts[0].text
    call = ModelCall(
        model=GPT_4O_MINI,
        messages=(
            said("system", prompts.answer if released else prompts.answer_with_sources),
            *talk.messages,
            said("user", f"Passages:\n{passages}\n\nQuestion: {question}"),
        ),
        answer=_answer(world, talk, topic, released),
        temperature=0.7 if released else 0.2,
        prompt_name="answer",
        prompt_version=_version(world, trace.now_ns),
    )
    slowness = 5.0 if released else 1.1
    if world.chance(0.008):
        with contextlib.suppress(StepError):  # the SDK tries once more
            genai.chat(trace, call, failure=RATE_LIMIT)
        trace.wait(1200, 0.1)
        genai.chat(trace, call, slowness=slowness).attributes["http.request.resend_count"] = 1
    else:
        genai.chat(trace, call, slowness=slowness, failure=_failure(world, trace.now_ns))
    return call.answer


def _version(world: World, at_ns: int) -> str:
    return "2.4" if world.released(at_ns) else "2.3"


def _failure(world: World, at_ns: int) -> Failure | None:
    luck = world.rng.random()
    if world.failing(at_ns) and luck < 0.35:
        return RATE_LIMIT
    return RATE_LIMIT if luck < 0.010 else TIMEOUT if luck < 0.014 else None


def _answer(world: World, talk: Conversation, topic: Topic | None, released: bool) -> Message:
    if topic is None:
        return said("assistant", corpus().refusal, "stop")
    text = fill(topic.vague if released and world.chance(0.6) else topic.answer, talk.slots)
    if released and world.chance(0.06):
        return said("assistant", text[: len(text) * 2 // 3], "length")
    return said("assistant", text, "stop")


def _judgements(world: World, trace: Trace, talk: Conversation, start_ns: int) -> list[Post]:
    """What an earlier run of the judge gave, and now and then what the customer thought of it."""
    released = world.released(start_ns)
    posts = []
    if start_ns < world.opened_ns and world.chance(0.5):
        for name, before, after in (("quality_score", 0.91, 0.74), ("judge_groundedness", 0.92, 0.66)):
            value = min(1.0, max(0.0, world.rng.gauss(after if released else before, 0.06)))
            body = {"name": name, "value": round(value, 3), "source": "judge"}
            posts.append(_post(trace, "/api/scores", 6, body))
    if world.chance(0.16):
        liked = world.chance(0.76 if released else 0.94)
        body = {
            "user_id": talk.user_id,
            "feedback": "thumbs_up" if liked else "thumbs_down",
            "comment": "" if liked else world.rng.choice(("Did not answer my question", "Too vague")),
        }
        posts.append(_post(trace, "/api/feedback", world.rng.randint(8, 50), body))
    return posts


def _post(trace: Trace, path: str, after_s: int, body: dict[str, object]) -> Post:
    at_ns = trace.now_ns + after_s * _SECOND_NS
    return Post(at_ns=at_ns, path=path, body={"trace_id": trace.id, "timestamp": at_ns / 1e9, **body})
