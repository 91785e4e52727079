"""The example works as its README says: it answers, and its trace has the tool and both calls."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from llmwatch.demo.stub.app import create_stub
from llmwatch.store.database import connect_reader
from llmwatch.store.reads.spans import spans_of
from llmwatch.store.reads.traces import id_range, window
from tests.collecting import collecting
from tests.serving import serving

APP = Path(__file__).resolve().parents[2] / "examples" / "chat_app.py"


def test_the_chat_app_is_watched(tmp_path: Path) -> None:
    database = tmp_path / "example.db"
    with serving(create_stub(pace_s=0)) as stub, collecting(database) as collector:
        done = subprocess.run(
            [sys.executable, APP, "How long does a refund take?"],
            env=os.environ
            | {
                "OPENAI_BASE_URL": f"{stub}/v1",
                "OPENAI_API_KEY": "none",
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
                "USER": "ada",
            },
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert "30 days" in done.stdout
        with closing(connect_reader(database)) as db:
            (row,) = window(db, *(id_range(db) or (0, 0)))
            spans = spans_of(db, row.trace_id)
    assert (row.name, row.status, row.user_id, row.feature) == ("chat-turn", "unset", "ada", "chat")
    assert [span.kind for span in spans] == ["span", "llm", "tool", "llm"]
    assert row.llm_calls == 2
    assert row.cost_nanousd is not None
    assert spans[2].tool_name == "get_order"
    assert spans[3].time_to_first_chunk_ns is not None
