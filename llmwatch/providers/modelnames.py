"""How a provider and a model may be called in a span, and under which other names to look for their price.

Pure text work; knows nothing of prices. Every name tried after the first says which rule led to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_PROVIDERS: Final = (
    ("azure", "azure"), ("az.ai", "azure"),
    ("gcp", "google"),
    ("x_ai", "x-ai"), ("xai", "x-ai"), ("x-ai", "x-ai"),
    ("together", "together"), ("fireworks", "fireworks"),
)  # fmt: skip
"""Start of a provider's name in spans, and the price book's id where the book would miss or mistake it.
Azure's own names contain "openai", whose prices are not always Azure's."""

_LOCAL: Final = (
    "ollama", "llama.cpp", "llamacpp", "llama_cpp", "llamafile", "vllm", "sglang", "lmstudio", "lm-studio",
    "lm_studio", "localai", "gpt4all", "mlx", "koboldcpp",
)  # fmt: skip
_LOCAL_TAG: Final = re.compile(r":(latest|(\d+x)?\d+(\.\d+)?[bm])\b")
_ROUTING: Final = re.compile(r":(?!free$)[a-z]+$")
_DATE: Final = re.compile(r"-(latest|20\d\d-\d\d-\d\d|20\d{6}|\d{4}|(preview|exp)(-\d\d-\d\d)?)$")


def book_provider(name: str) -> str:
    """The price book's id for a provider as a span names it; the name itself when no rule knows better."""
    plain = name.strip().lower()
    return next((book for start, book in _PROVIDERS if plain.startswith(start)), plain)


def is_local(provider: str | None, model: str) -> bool:
    """Whether the call ran on a server of one's own, whose models no price list knows.

    True for the names of local servers and, when no provider is named, for Ollama's size tags
    (``deepseek-r1:8b`` is not the model that DeepSeek sells as deepseek-r1).
    """
    if provider is None:
        return _LOCAL_TAG.search(model) is not None
    return provider.strip().lower().startswith(_LOCAL)


def spellings(model: str) -> Iterator[tuple[str, str]]:
    """Names under which ``model`` may stand in a price list, likeliest first, each with what was assumed.

    ``…:nitro`` loses its routing suffix, ``openai/gpt-4o``, ``models/gemini-…`` and ARNs their path,
    ``…@region`` its region; ``ft:base:org::id`` becomes its base, ``…-2024-11-20`` loses its date.
    """
    name = model.strip().lower()
    yield name, ""
    rules: list[str] = []
    for shorter, rule in (
        (lambda n: _ROUTING.sub("", n), ""),
        (lambda n: n.rpartition("/")[2], ""),
        (lambda n: n.partition("@")[0], ""),
        (_base_of_tuned, "fine-tuned, priced as its base model"),
        (lambda n: _DATE.sub("", n), "dated or preview version, priced as its family"),
    ):
        if (changed := shorter(name)) and changed != name:
            name = changed
            rules += [rule] if rule else []
            yield name, "; ".join(rules)


def _base_of_tuned(name: str) -> str:
    return name.split(":")[1] if name.startswith("ft:") else name
