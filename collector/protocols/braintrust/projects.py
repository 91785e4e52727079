"""Projects and experiments: nothing is kept of them but their names, which are their ids.

Braintrust's own ids are UUIDs that only its server can resolve; rows carry nothing else. With the name as the
id a row says which project it belongs to, whoever asks and whenever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.values import text

_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_BETWEEN: Final = "::"
ORGANISATION: Final = "llmwatch"


def project(name: str) -> dict[str, Any]:
    """A project as the API describes it."""
    return {"id": name, "name": name, "org_id": ORGANISATION, "created": None, "settings": None}


def experiment(project_id: str, name: str) -> dict[str, Any]:
    """An experiment as the API describes it; its id names its project as well."""
    return {"id": f"{project_id}{_BETWEEN}{name}", "name": name, "project_id": project_id, "public": False}


def named(experiment_id: str) -> tuple[str, str]:
    """The names of project and experiment that an experiment's id consists of."""
    of, _, name = experiment_id.rpartition(_BETWEEN)
    return of, name


def project_and_experiment(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The names that a row's ids are; None for ids that another server gave."""
    of_project, of_experiment = text(row.get("project_id")), text(row.get("experiment_id"))
    if of_experiment and not _UUID.fullmatch(of_experiment):
        of, name = named(of_experiment)
        return of or None, name
    return (None if of_project and _UUID.fullmatch(of_project) else of_project), None
