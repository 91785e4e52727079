"""What Braintrust's SDKs ask: login, projects and experiments by name, and rows of logs.

Checked with braintrust 0.47 for Python; its JavaScript SDK and older ones ask the ``register`` paths.
"""

from __future__ import annotations

import time
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llmwatch.collector.dialects.values import first, text
from llmwatch.collector.protocols.asking import reading, required
from llmwatch.collector.protocols.braintrust.projects import ORGANISATION, experiment, named, project
from llmwatch.collector.protocols.braintrust.rows import spans_and_scores
from llmwatch.collector.protocols.objects import posted
from llmwatch.collector.safejson import items_of
from llmwatch.collector.taking import take
from llmwatch.errors import IngestError
from llmwatch.store.reads.quality import mean_scores

_MLFLOW_AGENT: Final = "mlflow-"
MLFLOW_VERSION: Final = "3.17.2"
"""The server whose API is spoken in protocols/mlflow."""
_VERSION: Final = {"version": "1.1.30"}
"""Without logs3_payload_max_bytes: a server that names one is taken to store larger rows elsewhere."""


def refuse(status: int, message: str) -> Response:
    """An error as Braintrust's API gives it."""
    return JSONResponse({"error": {"message": message, "code": status}}, status)


async def login(request: Request) -> Response:
    """Any key is good; data is to be sent to where this was asked."""
    here = str(request.base_url).rstrip("/")
    organisation = {
        "id": ORGANISATION, "name": ORGANISATION, "api_url": here, "proxy_url": here, "realtime_url": here,
        "git_metadata": {"collect": "none"}, "is_universal_api": True,
    }  # fmt: skip
    return JSONResponse({"org_info": [organisation]})


async def version(request: Request) -> Response:
    """Braintrust's version, or MLflow's: its clients ask the same path, for plain text."""
    if request.headers.get("user-agent", "").startswith(_MLFLOW_AGENT):
        return Response(MLFLOW_VERSION, media_type="text/plain")
    return JSONResponse(_VERSION)


async def create_project(request: Request) -> Response:
    """The project of a name."""
    return JSONResponse(project(required(await posted(request), "name")))


async def read_project(request: Request) -> Response:
    """The project of an id, which is its name."""
    return JSONResponse(project(request.path_params["id"]))


async def register_project(request: Request) -> Response:
    """As `create_project`, for older SDKs."""
    return JSONResponse({"project": project(required(await posted(request), "project_name"))})


async def create_experiment(request: Request) -> Response:
    """The experiment of a name, or of a new one."""
    asked = await posted(request)
    return JSONResponse(experiment(required(asked, "project_id"), _experiment_name(asked, "name")))


async def register_experiment(request: Request) -> Response:
    """As `create_experiment`, for older SDKs."""
    asked = await posted(request)
    of = project(text(first(asked, ("project_name", "project_id"))) or "default")
    return JSONResponse(
        {"project": of, "experiment": experiment(of["id"], _experiment_name(asked, "experiment_name"))}
    )


async def base_experiment(_request: Request) -> Response:
    """There is none to compare with, which Braintrust says with a 400."""
    raise IngestError("no experiment is the base of this one")


async def compare_experiments(request: Request) -> Response:
    """The mean of each score of an experiment, for older SDKs, which ask in the query."""
    return await _summary(request, request.query_params.get("experiment_id", ""))


async def summarise_experiment(request: Request) -> Response:
    """The mean of each score of an experiment."""
    return await _summary(request, request.path_params["id"])


async def _summary(request: Request, experiment_id: str) -> Response:
    of, name = named(experiment_id)
    means = await reading(request, lambda db: mean_scores(db, of, name))
    scores = {
        score: {"name": score, "score": mean, "diff": None, "improvements": None, "regressions": None}
        for score, mean in means.items()
    }
    told = {"project_name": of, "experiment_name": name, "comparison_experiment_name": None}
    return JSONResponse({**told, "scores": scores, "metrics": {}})


async def logs3(request: Request) -> Response:
    """Take rows."""
    taken = (await take(request, lambda body: items_of(body, "rows"), spans_and_scores)).some()
    answer: dict[str, Any] = {"xact_id": str(time.time_ns())}
    return JSONResponse(answer | ({"errors": taken.errors} if taken.rejected else {}))


def _experiment_name(asked: dict[str, Any], key: str) -> str:
    return text(asked.get(key)) or f"experiment-{time.time_ns() // 1_000_000_000}"


routes: Final = [
    Route("/api/apikey/login", login, methods=["POST"]),
    Route("/version", version, methods=["GET"]),
    Route("/v1/project", create_project, methods=["POST"]),
    Route("/v1/project/{id:path}", read_project, methods=["GET"]),
    Route("/api/project/register", register_project, methods=["POST"]),
    Route("/v1/experiment", create_experiment, methods=["POST"]),
    Route("/api/experiment/register", register_experiment, methods=["POST"]),
    Route("/v1/experiment/{id:path}/summarize", summarise_experiment, methods=["GET"]),
    Route("/experiment-comparison2", compare_experiments, methods=["GET"]),
    Route("/api/base_experiment/get_id", base_experiment, methods=["POST"]),
    Route("/logs3", logs3, methods=["POST"]),
]
