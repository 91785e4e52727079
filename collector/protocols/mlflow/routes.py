"""What MLflow's SDK asks of ``mlflow.set_tracking_uri`` when it traces. Checked with mlflow 3.17.

Its ``GET /version`` is answered in protocols/braintrust, which asks the same path. Spans come by OTLP.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.dialects.values import mapping, text
from llmwatch.collector.protocols.asking import present, reading, required
from llmwatch.collector.protocols.mlflow import assessments, experiments, files, traces
from llmwatch.collector.protocols.objects import posted
from llmwatch.collector.safejson import items_of
from llmwatch.collector.taking import take
from llmwatch.errors import IngestError
from llmwatch.store.reads import spans as reads

_CODES: Final = {
    400: "INVALID_PARAMETER_VALUE", 404: "RESOURCE_DOES_NOT_EXIST", 405: "ENDPOINT_NOT_FOUND",
    413: "REQUEST_LIMIT_EXCEEDED", 503: "TEMPORARILY_UNAVAILABLE",
}  # fmt: skip
_LOCATION: Final = "mlflow.artifactLocation"
_SPANS_FILE: Final = "traces.json"
_TRACE: Final = re.compile("tr-[0-9a-f]{32}")


def refuse(status: int, message: str) -> Response:
    """An error as MLflow's REST API gives it."""
    code = _CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST")
    return JSONResponse({"error_code": code, "message": message}, status)


async def experiment_by_name(request: Request) -> Response:
    """The experiment of a name: every one is there."""
    name = required(request.query_params, "experiment_name")
    return JSONResponse({"experiment": experiments.described(experiments.id_of(name), name)})


async def experiment_by_id(request: Request) -> Response:
    """The experiment of an id."""
    own = required(request.query_params, "experiment_id")
    return JSONResponse({"experiment": experiments.described(own, experiments.name_of(own))})


async def create_experiment(request: Request) -> Response:
    """As `experiment_by_name`."""
    name = required(await posted(request), "name")
    return JSONResponse({"experiment_id": experiments.id_of(name)})


async def search_experiments(_request: Request) -> Response:
    """The one that is always there: the others are not kept."""
    return JSONResponse({"experiments": [experiments.default()]})


async def start_trace(request: Request) -> Response:
    """Take what is told of a trace as a whole; its files are to be put to where the answer says."""
    taken = await take(request, lambda body: [body], lambda item: ([traces.whole(_info_in(item))], ()))
    taken.some()
    return _described(_info_in(await posted(request)))


async def read_trace(request: Request) -> Response:
    """What was told of a trace as a whole."""
    sent = request.path_params["id"]
    info = await reading(request, lambda db: _stored_info(db, traces.trace_id(sent)))
    return _described(present(info, f"Trace with ID '{sent}'"))


async def tag_trace(request: Request) -> Response:
    """Take a tag of a trace."""
    sent = request.path_params["id"]

    def read(item: Any) -> Any:
        asked = mapping(item) or {}
        key, value = text(asked.get("key")), text(asked.get("value"))
        if key is None or value is None:
            raise IngestError("a tag has a key and a value")
        return [traces.tagged(sent, key, value)], ()

    (await take(request, lambda body: [body], read)).some()
    return JSONResponse({})


async def assess(request: Request) -> Response:
    """Take an assessment."""
    (await take(request, lambda body: [body], lambda item: ((), [assessments.score(item)]))).some()
    asked = await posted(request)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    made = {"create_time": now, "last_update_time": now, **(mapping(asked.get("assessment")) or {})}
    return JSONResponse({"assessment": {**made, "assessment_id": assessments.score(asked).score_id}})


async def put_artifact(request: Request) -> Response:
    """Take the spans of a trace; other files are not kept."""
    path = Path(request.path_params["path"])
    if path.name == _SPANS_FILE:
        experiment = path.parts[0]
        read = take(
            request,
            lambda body: items_of(body, "spans"),
            lambda item: ([traces.uploaded(item, experiment)], ()),
        )
        (await read).some()
    return JSONResponse({})


async def get_artifact(request: Request) -> Response:
    """The spans of a trace, as its file."""
    path = Path(request.path_params["path"])
    own = next((part.removeprefix("tr-") for part in path.parts if _TRACE.fullmatch(part)), None)
    if path.name != _SPANS_FILE or own is None:
        raise IngestError(f"there is no file {path}", status=404)
    return JSONResponse({"spans": await reading(request, lambda db: files.spans_of(db, own))})


async def nothing_there(request: Request) -> Response:
    """What the tracking server has beside: not here."""
    raise IngestError(f"llmwatch has nothing at {request.url.path}: it keeps traces only", status=404)


def _info_in(item: Any) -> dict[str, Any]:
    trace = mapping((mapping(item) or {}).get("trace")) or {}
    info = mapping(trace.get("trace_info"))
    if info is None:
        raise IngestError("there is no trace.trace_info")
    return dict(info)


def _described(info: Mapping[str, Any]) -> Response:
    """A trace with the place of its files; without one the SDK takes it for broken."""
    place = mapping((mapping(info.get("trace_location")) or {}).get("mlflow_experiment")) or {}
    own = text(place.get("experiment_id")) or "0"
    location = f"mlflow-artifacts:/{own}/traces/{info.get('trace_id')}/artifacts"
    tags = {**(mapping(info.get("tags")) or {}), _LOCATION: location}
    return JSONResponse({"trace": {"trace_info": {**info, "tags": tags}}})


def _stored_info(db: sqlite3.Connection, own: str | None) -> dict[str, Any] | None:
    """What was told of a trace, with the tags that came later; None when nothing was."""
    found = reads.detail(db, own, own) if own else None
    if found is None:
        return None
    info = found.span.content.attributes
    told = mapping(info.get("trace_metadata")) or {}
    later = {key: value for key, value in found.span.context.metadata.items() if key not in told}
    return {**info, "tags": {**(mapping(info.get("tags")) or {}), **later}}


_V2: Final = "/api/2.0/mlflow"
_V3: Final = "/api/3.0/mlflow"
routes: Final = [
    Route(f"{_V2}/experiments/get-by-name", experiment_by_name, methods=["GET"]),
    Route(f"{_V2}/experiments/get", experiment_by_id, methods=["GET"]),
    Route(f"{_V2}/experiments/create", create_experiment, methods=["POST"]),
    Route(f"{_V2}/experiments/search", search_experiments, methods=["GET", "POST"]),
    Route(f"{_V3}/traces", start_trace, methods=["POST"]),
    Route(f"{_V3}/traces/{{id}}", read_trace, methods=["GET"]),
    *(Route(f"{api}/traces/{{id}}/tags", tag_trace, methods=["PATCH"]) for api in (_V2, _V3)),
    Route(f"{_V3}/traces/{{id}}/assessments", assess, methods=["POST"]),
    Route("/api/2.0/mlflow-artifacts/artifacts/{path:path}", put_artifact, methods=["PUT"]),
    Route("/api/2.0/mlflow-artifacts/artifacts/{path:path}", get_artifact, methods=["GET"]),
    *(
        Route(f"{api}/{{rest:path}}", nothing_there, methods=["GET", "POST", "PATCH", "DELETE"])
        for api in (_V2, _V3)
    ),
]
