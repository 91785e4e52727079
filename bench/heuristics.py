"""What checking an answer costs: median and 99th percentile of single calls, microseconds.

usage: python bench/heuristics.py [--rounds 20000]

Every check is on and has something to look for, over the demo's answers and over answers made to be dear.
Exits 1 when a 99th percentile is a millisecond or more.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from enrich import NOW_NS, times_us

from llmwatch.config import parse
from llmwatch.demo.corpus import corpus
from llmwatch.evals.heuristics import Heuristics
from llmwatch.store.span import Call, Content, Message, Part, Span

LIMIT_US = 1_000
EVERYTHING = {
    "word_count": {"min_words": 1, "max_words": 50_000},
    "forbidden_phrase": {"phrases": [f"phrase number {number}" for number in range(50)]},
    "wrong_language": {"expected": "en"},
    "suspicious_url": {"allow": [f"host{number}.dev" for number in range(20)]},
}
SCHEMA = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}},
                "required": ["sku", "count"],
                "additionalProperties": False,
            },
        }
    },
}


def span(answer: str, asked: str = "What does it cost?", **parameters: object) -> Span:
    return Span(
        trace_id="t", span_id="s", kind="llm", start_ns=NOW_NS,
        call=Call(parameters={"temperature": 0.2, **parameters}, finish_reasons=("stop",)),
        content=Content(
            input_messages=(
                Message(role="system", parts=(Part(type="text", text=asked * 40),)),
                Message(role="user", parts=(Part(type="text", text=asked),)),
            ),
            output_messages=(Message(role="assistant", parts=(Part(type="text", text=answer),)),),
        ),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20_000)
    rounds = parser.parse_args().rounds
    usual, all_on = Heuristics(parse({}).heuristics), Heuristics(parse({"heuristics": EVERYTHING}).heuristics)
    answers = [span(text) for topic in corpus().topics for text in (topic.answer, topic.vague)]
    order = {"items": [{"sku": f"A-{number}", "count": number} for number in range(20)]}
    form = {"type": "json_schema", "json_schema": {"schema": SCHEMA}}
    cases: list[tuple[str, Heuristics, Sequence[Span]]] = [
        ("the demo's answers, defaults", usual, answers),
        ("the demo's answers, every check", all_on, answers),
        ("an order of 20 items with its schema", all_on, [span(json.dumps(order), response_format=form)]),
        ("4,000 characters", all_on, [span("A word of it, and more. " * 166)]),
        ("4,000 characters of German", all_on, [span("Das ist ein Wort, und noch eins. " * 120)]),
        ("4,000 characters with 110 addresses", all_on, [span("https://docs.dev/x and more of it. " * 110)]),
    ]  # fmt: skip
    slowest = 0.0
    print(f"{'':42} {'median':>8} {'p99':>8}  µs")
    for name, heuristics, spans in cases:
        times = times_us(heuristics.check, spans, rounds)
        p99 = times[len(times) * 99 // 100]
        slowest = max(slowest, p99)
        print(f"{name:42} {times[len(times) // 2]:8.1f} {p99:8.1f}")
    sys.exit(int(slowest >= LIMIT_US))


if __name__ == "__main__":
    main()
