"""What pricing and checking a span costs: median and 99th percentile of single calls, microseconds.

usage: python bench/enrich.py [--rounds 20000]

The answers are those of the demo, so most are a paragraph; "long" is an answer of 100 KB about 50 addresses.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from llmwatch.config import Config
from llmwatch.demo.corpus import corpus
from llmwatch.evals.answer import answer_of
from llmwatch.evals.heuristics import Heuristics
from llmwatch.evals.refusal import refused
from llmwatch.providers.prices import price
from llmwatch.store.span import Call, Content, Message, Part, Span, Usage

NOW_NS = 1_795_262_400 * 10**9


def span(answer: str, model: str = "gpt-4o-mini-2024-07-18") -> Span:
    return Span(
        trace_id="t", span_id="s", kind="llm", start_ns=NOW_NS,
        call=Call(
            provider="openai", request_model="gpt-4o-mini", response_model=model,
            parameters={"temperature": 0.2, "max_tokens": 800}, finish_reasons=("stop",),
            usage=Usage(input_tokens=1_200, output_tokens=180, cache_read_tokens=1_024),
        ),
        content=Content(
            input_messages=(Message(role="user", parts=(Part(type="text", text="What does it cost?"),)),),
            output_messages=(Message(role="assistant", parts=(Part(type="text", text=answer),)),),
        ),
    )  # fmt: skip


def times_us(work: Callable[[Span], object], spans: Sequence[Span], rounds: int) -> list[float]:
    """Sorted; of this thread, since the 99th percentile of a busy machine's clock measures its neighbours."""
    found = []
    for number in range(rounds):
        begun = time.thread_time_ns()
        work(spans[number % len(spans)])
        found.append((time.thread_time_ns() - begun) / 1000)
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20_000)
    rounds = parser.parse_args().rounds
    answers = [span(text) for topic in corpus().topics for text in (topic.answer, topic.vague)]
    long = [span(" ".join(f"See https://example.dev/{n} for more. " + "word " * 400 for n in range(50)))]
    unknown = [span("", f"no-such-model-{number}") for number in range(rounds // 10)]
    price(answers[0].call or Call(), NOW_NS)  # loads the price book

    def priced(called: Span) -> object:
        return price(called.call or Call(), called.start_ns)

    check = Heuristics(Config().heuristics).check
    cases: list[tuple[str, Callable[[Span], object], Sequence[Span], int]] = [
        ("price, model known", priced, answers, rounds),
        ("price, unknown model for the first time", priced, unknown, len(unknown)),
        ("heuristics", check, answers, rounds),
        ("refusal alone", lambda called: refused(called, answer_of(called)), answers, rounds),
        ("heuristics, long", check, long, rounds // 20),
    ]
    print(f"{'':40} {'median':>8} {'p99':>8}  µs")
    for name, work, spans, count in cases:
        times = times_us(work, spans, count)
        print(f"{name:40} {times[len(times) // 2]:8.1f} {times[len(times) * 99 // 100]:8.1f}")


if __name__ == "__main__":
    main()
