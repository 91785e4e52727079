"""The dashboard in docs/ asks only for what the collector exposes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from llmwatch.analysis.metrics import METRICS
from llmwatch.collector.exposition import Exposition
from tests.collector.test_exposition import GPT, reading

DASHBOARD = Path(__file__).resolve().parents[2] / "docs" / "grafana.json"
NAME = re.compile(r"\b(llm(?:watch)?_[a-z_]+)\b")
LABEL = re.compile(r"(\w+)\s*=~?\s*\"([^\"]*)\"|by \(([\w, ]+)\)|label_values\(\w+, (\w+)\)")


def questions(dashboard: Any) -> list[str]:
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [
        *asked,
        *(each["query"]["query"] for each in dashboard["templating"]["list"] if each["type"] == "query"),
    ]


def exposed() -> dict[str, set[str]]:
    """The labels of each sample name."""
    text, _ = Exposition({}).render(reading([GPT], duplicates=1), "text/plain")
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text.decode()):
        found.setdefault(family.name, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_question_names_what_there_is() -> None:
    dashboard, there = json.loads(DASHBOARD.read_text(encoding="utf-8")), exposed()
    asked = questions(dashboard)
    assert len(asked) > 20
    for expression in asked:
        names = NAME.findall(expression)
        assert names, expression
        for name in names:
            assert name in there, expression
        known = set().union(*(there[name] for name in names))
        for label, value, grouped, listed in LABEL.findall(expression):
            for each in (label, listed, *grouped.replace(" ", "").split(",")):
                assert not each or each in known, expression
            if label == "metric":
                assert set(value.split("|")) <= METRICS.keys(), expression


def test_every_name_of_the_calls_is_asked_for() -> None:
    asked = " ".join(questions(json.loads(DASHBOARD.read_text(encoding="utf-8"))))
    for name in (
        "llm_requests_total",
        "llm_latency_seconds_bucket",
        "llm_tokens_total",
        "llm_cost_usd_total",
    ):
        assert name in asked


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_the_names_in_the_documentation_are_those_exposed() -> None:
    text = (DASHBOARD.parent / "prometheus.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(llm[a-z_]*_[a-z_]+)`", text))
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in exposed()}
    shown = {name for name in families if f"{name}_total" not in families}
    assert named <= families
    assert shown <= named
