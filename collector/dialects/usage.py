"""Tokens of a call, brought to one meaning: input includes cached tokens, output includes reasoning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from llmwatch.collector.dialects.values import count, parsed
from llmwatch.store.span import Usage


def usage_of(facts: dict[str, Any], *, input_excludes_cache: bool = False) -> Usage | None:
    """The usage that the facts of a span say, None when they say none.

    Cached tokens are part of the input (OTel, OpenAI, OpenInference) unless the source says otherwise
    (``input_excludes_cache``, also as a fact: Anthropic's own counts) or they cannot be: more read and
    written than came in. No call has an empty prompt: an input of 0 was not counted, nor was the output
    beside it if that is 0 as well. What follows from two counts is filled in.
    """
    facts = _flat(facts)
    if not facts:
        return None
    input_excludes_cache = facts.get("input_excludes_cache", input_excludes_cache)
    said, answered, total = facts.get("input_tokens"), facts.get("output_tokens"), facts.get("total_tokens")
    read, written = facts.get("cache_read_tokens"), facts.get("cache_write_tokens")
    short, hour = facts.get("cache_write_5m_tokens"), facts.get("cache_write_1h_tokens")
    if not written and (short is not None or hour is not None):  # LangChain says 0 beside the two
        written = (short or 0) + (hour or 0)
    cached = (read or 0) + (written or 0)
    if not said and not answered and not cached:
        said = answered = None
        if not total:
            return None
    if said == 0 and not cached:  # LangChain's streams of Anthropic's: what came in was not counted
        said, total = None, None if total == answered else total
    if said is not None and cached and (input_excludes_cache or cached > said):
        said += cached
        total = None if answered is None else said + answered
    if said is None and total is not None:
        said = total - (answered or 0) if answered is not None and total >= answered else None
    if answered is None and total is not None and said is not None and total > said:
        answered = total - said
    return Usage(
        input_tokens=said,
        output_tokens=answered,
        total_tokens=total,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=hour,
        reasoning_tokens=facts.get("reasoning_tokens"),
        input_audio_tokens=facts.get("input_audio_tokens"),
        output_audio_tokens=facts.get("output_audio_tokens"),
    )


def _flat(facts: dict[str, Any]) -> dict[str, Any]:
    """``facts`` with those in a mapping of details beside the others, which know better."""
    for held in facts.values():
        if held.__class__ is dict:
            break
    else:
        return facts
    details = [held for held in facts.values() if isinstance(held, dict)]
    counts = {field: held for field, held in facts.items() if not isinstance(held, dict)}
    return {**{field: held for detail in details for field, held in detail.items()}, **counts}


def usage_of_body(value: Any) -> Usage | None:
    """The usage object of a provider's response: OpenAI's (both APIs), Anthropic's, Gemini's, or plain."""
    body = parsed(value)
    if not isinstance(body, dict):
        return None
    found: dict[str, tuple[int, int]] = {}
    _counts(body, _TREE, found)
    facts: dict[str, Any] = {field: told for field, (_, told) in found.items()}
    if "thoughtsTokenCount" in body and "output_tokens" in facts:  # Gemini counts thoughts apart
        facts["output_tokens"] += facts.get("reasoning_tokens", 0)
    # Anthropic's own counts; LiteLLM gives its cache counts the same names, but beside prompt_tokens.
    excludes = "cache_read_input_tokens" in body and "prompt_tokens" not in body
    return usage_of(facts, input_excludes_cache=excludes)


_NAMES: Final = {
    "input_tokens": ("input_tokens", "prompt_tokens", "promptTokenCount", "input", "tokens_input"),
    "output_tokens": (
        "output_tokens", "completion_tokens", "candidatesTokenCount", "output", "tokens_output",
    ),
    "total_tokens": ("total_tokens", "totalTokenCount", "total"),
    "cache_read_tokens": (
        "cache_read_input_tokens", "prompt_tokens_details.cached_tokens",
        "input_tokens_details.cached_tokens", "cachedContentTokenCount", "cached_tokens", "cache_read_tokens",
        "input_token_details.cache_read",
    ),
    "cache_write_tokens": (
        "cache_creation_input_tokens", "cache_write_tokens", "input_token_details.cache_creation",
    ),
    "cache_write_5m_tokens": (
        "cache_creation.ephemeral_5m_input_tokens",
        "input_token_details.ephemeral_5m_input_tokens",
        "prompt_tokens_details.cache_creation_token_details.ephemeral_5m_input_tokens",
    ),
    "cache_write_1h_tokens": (
        "cache_creation.ephemeral_1h_input_tokens",
        "input_token_details.ephemeral_1h_input_tokens",
        "prompt_tokens_details.cache_creation_token_details.ephemeral_1h_input_tokens",
    ),
    "reasoning_tokens": (
        "completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens",
        "thoughtsTokenCount", "reasoning_tokens", "output_token_details.reasoning",
    ),
    "input_audio_tokens": ("prompt_tokens_details.audio_tokens", "input_token_details.audio"),
    "output_audio_tokens": ("completion_tokens_details.audio_tokens", "output_token_details.audio"),
}  # fmt: skip

_Place: TypeAlias = tuple[int, str]
"""How good a source a name is (the lowest wins), and the field it fills."""
_Tree: TypeAlias = dict[str, "_Place | _Tree"]


def _tree() -> _Tree:
    """`_NAMES` as they are nested in a body, so that one look at each of its names is enough: 2 µs, not 5."""
    tree: _Tree = {}
    for field, names in _NAMES.items():
        for rank, name in enumerate(names):
            *above, last = name.split(".")
            at = tree
            for step in above:
                below = at.setdefault(step, {})
                assert isinstance(below, dict)
                at = below
            at[last] = rank, field
    return tree


_TREE: Final = _tree()


def _counts(body: Mapping[str, Any], tree: _Tree, found: dict[str, tuple[int, int]]) -> None:
    """Put into ``found`` the best count of each field in ``body``, with the rank of its name."""
    for name, held in body.items():
        place = tree.get(name)
        if place is None:
            continue
        if isinstance(place, dict):
            if isinstance(held, dict):
                _counts(held, place, found)
        elif (told := count(held)) is not None:
            rank, field = place
            if field not in found or rank < found[field][0]:
                found[field] = rank, told
