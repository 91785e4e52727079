"""The arithmetic that turns tokens into money: whole numbers multiplied, rounded once at the end, half up.

What a rate is says store/price.py. The price list holds a few with rounding noise of their origin
($0.18000000000000002); they are rounded to the nano-dollar, which moves a million tokens by at most half a
nano-dollar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from llmwatch.store.price import Tariff
from llmwatch.store.span import CostLine, Usage

_PER_MILLION: Final = 1_000_000


def total(lines: Sequence[CostLine]) -> int:
    """The sum of a bill in nano-dollars, exact until it is rounded once at the end, half up."""
    exact = 0
    for line in lines:
        exact += line.tokens * line.nanousd_per_million
    return (exact + _PER_MILLION // 2) // _PER_MILLION


def billed_input(usage: Usage) -> int:
    """All input tokens of a call.

    Input smaller than its cached parts cannot contain them: it is then taken as the uncached rest.
    """
    cached = (usage.cache_read_tokens or 0) + max(
        usage.cache_write_tokens or 0, usage.cache_write_1h_tokens or 0
    )
    said = usage.input_tokens or 0
    return said + cached if cached > said else said


def bill(usage: Usage, tariff: Tariff) -> tuple[CostLine, ...]:
    """The lines of a call's bill; tokens in no line are tokens without a price.

    Input counts cached tokens and output counts reasoning, so each sort's own tokens are taken out of the
    sort that contains it. How many cached tokens are audio is never said; only those that must be are taken
    so.
    """
    read, long = usage.cache_read_tokens or 0, usage.cache_write_1h_tokens or 0
    write = max(usage.cache_write_tokens or 0, long)
    input_tokens = billed_input(usage)
    rates = tariff.rates(input_tokens)
    audio = min(usage.input_audio_tokens or 0, input_tokens)
    output, speech = usage.output_tokens or 0, usage.output_audio_tokens or 0
    # Two parts of the input that together exceed it overlap by at least the difference.
    heard = 0 if rates.cache_read_audio is None else min(read, max(0, read + write + audio - input_tokens))
    lines: list[CostLine] = []

    def take(what: str, tokens: int, rate: int | None) -> int:
        if rate is None or tokens <= 0:
            return 0
        lines.append(CostLine(what=what, tokens=tokens, nanousd_per_million=rate))
        return tokens

    # Most calls have few of the sorts: asking only for those halves the time of a bill.
    parts = 0
    if read:
        parts += take("cache_read", read - heard, rates.cache_read)
        parts += take("cache_read_audio", heard, rates.cache_read_audio)
    if write:
        long = take("cache_write_1h", long, rates.cache_write_1h)
        parts += long + take("cache_write", write - long, rates.cache_write)
    if audio:
        parts += take("input_audio", min(audio - heard, input_tokens - parts), rates.input_audio)
    take("input", input_tokens - parts, rates.input)
    parts = 0
    if usage.reasoning_tokens:
        parts += take("reasoning", min(usage.reasoning_tokens, output), rates.reasoning)
    if speech:
        parts += take("output_audio", min(speech, output - parts), rates.output_audio)
    take("output", output - parts, rates.output)
    take("requests", 1, rates.request)
    return tuple(lines)
