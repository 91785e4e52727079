"""What the screen says before the first span: the exact lines that make an app send some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llmwatch.tui.models.cells import Cell, Line


@dataclass(frozen=True, slots=True)
class Recipe:
    """Lines to paste for one kind of app."""

    title: str
    lines: tuple[str, ...]


def recipes(url: str) -> tuple[Recipe, ...]:
    """How to send spans to the collector at ``url``, the most common way first."""
    return (
        Recipe(
            "Any app with OpenTelemetry",
            (
                f"export OTEL_EXPORTER_OTLP_ENDPOINT={url}",
                "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_SERVICE_NAME=my-app",
            ),
        ),
        Recipe(
            "Python with openai: as above, and nothing to change in the app",
            (
                "pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http \\",
                "    opentelemetry-instrumentation-genai-openai",
                "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
                "opentelemetry-instrument python app.py",
            ),
        ),
        Recipe(
            "Python with OpenInference (LangChain, LlamaIndex, Anthropic, CrewAI, …)",
            (
                "pip install arize-phoenix-otel openinference-instrumentation-openai",
                "from phoenix.otel import register",
                f'register(endpoint="{url}/v1/traces", auto_instrument=True)',
            ),
        ),
        Recipe(
            "No SDK at all",
            (
                f"curl {url}/api/spans \\",
                "    -H 'Content-Type: application/json' \\",
                """    -d '{"model": "gpt-4o-mini", "prompt": "Hello", "response": "Hi!"}'""",
            ),
        ),
    )


_ENOUGH_LINES: Final = 2


def first_run_lines(url: str, width: int, height: int) -> list[Line]:
    """The screen before the first span; recipes that do not fit the height are left out."""
    lines: list[Line] = [
        (
            Cell("Waiting for the first span on ", "strong"),
            Cell(url, "accent"),
        ),
        (),
    ]
    for recipe in recipes(url):
        block: list[Line] = [
            (Cell(recipe.title, "strong"),),
            *((Cell("  " + line),) for line in recipe.lines),
            (),
        ]
        if len(lines) + len(block) - 1 <= height - _ENOUGH_LINES:
            lines += block
    lines.append(
        (Cell("No app at hand? ", "muted"), Cell("llmwatch demo"), Cell(" shows a believable one.", "muted"))
    )
    return lines
