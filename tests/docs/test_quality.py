"""What docs/quality.md shows can be used as it stands."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from llmwatch.collector.dialects.plainjson import feedback_from
from llmwatch.config import parse
from llmwatch.evals.heuristics import Heuristics
from llmwatch.evals.reference import check_of

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "quality.md").read_text()


def test_the_configuration() -> None:
    checks, judge = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    config = parse(tomllib.loads(checks + judge))
    assert config.heuristics.max_length.chars == 8000
    assert not config.heuristics.features["classify"].min_length.enabled
    assert config.judge.endpoint == "openai"
    Heuristics(config.heuristics)


def test_the_feedback() -> None:
    (body,) = re.findall(r"-d '(.*)'", TEXT)
    assert feedback_from(json.loads(body)).value == 0.0


def test_the_checks() -> None:
    for spec in re.findall(r"--check (\S+)", TEXT):
        check_of(spec)
