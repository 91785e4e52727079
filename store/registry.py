"""What applications keep here and fetch again: prompts, and datasets with the experiments run on them.

Frozen rows, and with them the values to write. Any platform's protocol can put its own on these tables: what
only that platform knows goes to ``extra``. Ids are the sender's, or `new_id`. Values (``prompt``, ``input``,
…) are anything JSON can say.

Read with `llmwatch.store.reads.prompts` and `llmwatch.store.reads.datasets` on any connection; write with
`llmwatch.store.writes.prompts` and `llmwatch.store.writes.datasets` in a task of the writer, which may read
as well: ``await asyncio.wrap_future(writer.run(lambda db: datasets.save_item(db, item, now_ns)))``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


def new_id() -> str:
    """An id for what came without one: a random UUID, which every platform's clients can read."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Page(Generic[_T]):
    """Some rows of a list, and how many the whole list has."""

    rows: list[_T]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRow:
    """One version of a prompt."""

    prompt_id: str
    name: str
    version: int
    type: str
    """text or chat."""
    prompt: Any
    """The text, or the list of messages."""
    config: Any
    tags: tuple[str, ...]
    commit_message: str | None
    labels: tuple[str, ...]
    """Those that are at this version, sorted."""
    created_ns: int
    updated_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSummary:
    """A prompt with all its versions."""

    name: str
    type: str
    """Of the newest version, as are tags and config."""
    tags: tuple[str, ...]
    config: Any
    versions: tuple[int, ...]
    labels: tuple[str, ...]
    updated_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrompt:
    """The next version of a prompt. Labels in it move here from other versions."""

    name: str
    type: str
    prompt: Any
    config: Any
    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] | None = None
    """None leaves those that the prompt has."""
    commit_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """A dataset. In what is written, None leaves what is there (also in `ItemRow` and `RunRow`)."""

    dataset_id: str
    name: str
    description: str | None = None
    metadata: Any = None
    input_schema: Any = None
    output_schema: Any = None
    extra: Any = None
    created_ns: int = 0
    """Set when it is first written, as updated_ns is at every write."""
    updated_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item of a dataset: an example."""

    item_id: str
    dataset_id: str
    input: Any = None
    expected_output: Any = None
    metadata: Any = None
    source_trace_id: str | None = None
    source_span_id: str | None = None
    archived: bool | None = None
    extra: Any = None
    created_ns: int = 0
    updated_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run over a dataset: an experiment."""

    run_id: str
    dataset_id: str
    name: str
    description: str | None = None
    metadata: Any = None
    extra: Any = None
    created_ns: int = 0
    updated_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunItemRow:
    """The trace in which a run ran an item."""

    run_item_id: str
    run_id: str
    item_id: str
    trace_id: str
    span_id: str | None = None
    created_ns: int = 0
    updated_ns: int = 0
