"""Experiments: nothing is kept of them but their names, which are their ids.

An id is what `mlflow.utils.validation` takes as one, and goes with everything that belongs to the experiment.
"""

from __future__ import annotations

import re
from typing import Any, Final

_DEFAULT: Final = ("0", "Default")
_OTHER: Final = re.compile(r"[^\w\-]+|^[_\-]+", re.ASCII)
_LONGEST: Final = 64


def id_of(name: str) -> str:
    """The id of the experiment with that name."""
    if name == _DEFAULT[1]:
        return _DEFAULT[0]
    return _OTHER.sub("-", name).strip("-")[:_LONGEST] or "experiment"


def name_of(experiment_id: str) -> str:
    """The name by which an experiment is known here."""
    return _DEFAULT[1] if experiment_id == _DEFAULT[0] else experiment_id


def described(experiment_id: str, name: str) -> dict[str, Any]:
    """An experiment as the API describes it."""
    return {
        "experiment_id": experiment_id, "name": name,
        "artifact_location": f"mlflow-artifacts:/{experiment_id}",
        "lifecycle_stage": "active", "creation_time": 0, "last_update_time": 0, "tags": [],
    }  # fmt: skip


def default() -> dict[str, Any]:
    """The experiment of those who set none."""
    return described(*_DEFAULT)
