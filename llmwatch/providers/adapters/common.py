"""What the adapters share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from llmwatch.errors import NotReplayableError
from llmwatch.providers.errors import BadAnswerError, ServerError, StreamCutError
from llmwatch.providers.parameters import PARAMETERS
from llmwatch.providers.request import FunctionTool
from llmwatch.store.span import JsonObject, Part


def renamed(parameters: JsonObject, names: Mapping[str, str]) -> dict[str, Any]:
    """``parameters`` under the API's names; those it lacks are left out, unknown ones pass."""
    return {
        names.get(name, name): value
        for name, value in parameters.items()
        if name in names or name not in PARAMETERS
    }


def arguments_object(call: Part) -> Any:
    """The arguments of a tool call for an API that takes them as a JSON object.

    Raises:
        NotReplayableError: The recorded arguments are not JSON, which only OpenAI's APIs can carry.
    """
    try:
        return json.loads(call.arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise NotReplayableError(
            f"The recorded arguments of {call.name} are not JSON, and this API takes nothing else",
            hint="Correct them in the messages, or choose a provider with an OpenAI API.",
        ) from error


def data_url(part: Part) -> str:
    """A blob as a ``data:`` URL."""
    return f"data:{part.mime_type or 'image/png'};base64,{part.data}"


def function_tools(tools: Iterable[FunctionTool]) -> list[dict[str, Any]]:
    """Tools as chat completions and Ollama have them."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                **({"description": tool.description} if tool.description else {}),
                "parameters": tool.parameters,
            },
        }
        for tool in tools
    ]


def event_object(event: object) -> dict[str, Any]:
    """``event`` as a JSON object.

    Raises:
        BadAnswerError: It is something else.
    """
    if isinstance(event, dict):
        return event
    raise BadAnswerError(
        "The provider sent an event that is no JSON object", hint="Check that api names its protocol."
    )


def objects(value: object) -> list[dict[str, Any]]:
    """The JSON objects in a list; nothing for anything else: answers null what they like."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def table(value: object) -> dict[str, Any]:
    """A JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """A JSON string, or an empty one for anything else."""
    return value if isinstance(value, str) else ""


def whole(value: object, default: int) -> int:
    """A JSON whole number, or ``default`` for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def count(value: object) -> int | None:
    """A number of tokens, or None for anything that is not one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def plus(*counts: int | None) -> int | None:
    """The sum of the known counts, None when none is known."""
    known = [c for c in counts if c is not None]
    return sum(known) if known else None


def cut() -> StreamCutError:
    """The error for events that end before the answer does."""
    return StreamCutError(
        "The stream ended before the answer did", hint="What came until then is kept. Send it again."
    )


def failed(error: object) -> ServerError:
    """The error for one that the provider reports inside a stream."""
    said = error if isinstance(error, str) else table(error).get("message") or json.dumps(error)
    return ServerError(
        f"The provider failed while it answered: {said}", status=200,
        hint="Send it again, or choose another provider.",
    )  # fmt: skip
