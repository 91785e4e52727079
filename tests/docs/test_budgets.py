"""What docs/budgets.md shows can be pasted."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

from llmwatch import guard
from llmwatch.collector.budgets.asking import OUTPUT_TOKENS
from llmwatch.config import parse
from llmwatch.config.budgets import LoopConfig

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "budgets.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return str(found)


def test_the_configuration_is_one() -> None:
    config = parse(tomllib.loads(block("toml")))
    assert config.budgets["free"].match == {"segment": "free"}
    assert config.budgets["tpm"].limit_tokens == 90_000


def test_the_code_is_python_and_guard_takes_what_it_says() -> None:
    compile(block("python"), "docs/budgets.md", "exec")
    (said,) = re.findall(r"with guard\((.*?)\) as call", block("python"))
    assert set(re.findall(r"(\w+)=", said)) <= inspect.signature(guard).parameters.keys()


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"({OUTPUT_TOKENS:,} tokens where it sets no limit)" in TEXT
    assert LoopConfig().repeats == 5
