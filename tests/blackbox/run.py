"""Real SDKs against a real collector, each in a virtual environment of its own.

usage: python -m tests.blackbox.run [NAME ...] [--environments FOLDER]

An app of apps/ prints what its SDK told it (ledger.py); the database must say the same: every provider call
once, with its model, tokens and outcome, and the sessions, users and scores. The app must end with 0 and
without a word about the server. Needs a package index; what an app needs stands in its first line.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from llmwatch.demo.stub.app import create_stub
from llmwatch.store.database import connect_reader
from tests.collecting import collector_process, wait_until_written
from tests.serving import serving

APPS = Path(__file__).parent / "apps"
_COMPLAINTS = re.compile(
    r"\b(warning|error|failed|failure|exception|refused|retrying|traceback)\b", re.IGNORECASE
)
_CALLS = """
    SELECT model, status = 'error', input_tokens, output_tokens FROM spans
    WHERE kind IN ('llm', 'embedding') AND state != 'partial' AND ifnull(usage_role, 'counted') = 'counted'"""


@dataclass
class Ledger:
    """What an app said of its run."""

    calls: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    sessions: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    scores: Counter[tuple[str, float]] = field(default_factory=Counter)

    @classmethod
    def of(cls, output: str) -> Ledger:
        """The ledger in what an app printed; other lines are the SDK's own."""
        ledger = cls()
        for line in output.splitlines():
            if line.startswith('{"'):
                ledger._add(json.loads(line))
        return ledger

    def _add(self, said: dict[str, Any]) -> None:
        if call := said.get("call"):
            names = ("model", "failed", "input_tokens", "output_tokens")
            self.calls[tuple(call[name] for name in names)] += 1
        if score := said.get("score"):
            self.scores[score["name"], float(score["value"])] += 1
        self.sessions |= {said["session"]} if "session" in said else set()
        self.users |= {said["user"]} if "user" in said else set()


def stored(database: Path) -> Ledger:
    """The same facts from the database."""
    wait_until_written(database)
    with closing(connect_reader(database)) as db:

        def named(column: str) -> set[str]:
            return {value for (value,) in db.execute(f"SELECT DISTINCT {column} FROM spans") if value}

        calls = ((model, bool(failed), said, got) for model, failed, said, got in db.execute(_CALLS))
        scores = db.execute("SELECT name, value FROM scores WHERE value IS NOT NULL").fetchall()
        return Ledger(Counter(calls), named("session_id"), named("user_id"), Counter(map(tuple, scores)))


def environment(app: Path, folder: Path) -> Path:
    """The interpreter of an environment with what ``app`` needs; made unless it is there."""
    needs = " ".join(re.findall(r"^# needs: (.+)", app.read_text(), re.MULTILINE)).split()
    python = folder / app.stem / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / app.stem)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qq", *needs], check=True)
    return python


def faults(app: Path, folder: Path) -> list[str]:
    """Run ``app``; says what is wrong, if anything."""
    python = environment(app, folder)
    with tempfile.TemporaryDirectory() as place:
        database = Path(place) / "blackbox.db"
        with serving(create_stub(pace_s=0)) as stub, collector_process(database) as collector:
            health = httpx.get(f"{collector.origin}/health").json()
            names = {
                "BLACKBOX_STUB": stub,
                "BLACKBOX_ORIGIN": collector.origin,
                "BLACKBOX_GRPC_PORT": str(health["grpc_port"]),
            }
            kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
            done = subprocess.run(
                [str(python), str(app)],
                env=kept | names,
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
        said, told = Ledger.of(done.stdout), stored(database)
    found = [f"ended with {done.returncode}: {done.stderr[-1500:]}"] if done.returncode else []
    complaints = [line for line in done.stderr.splitlines() if _COMPLAINTS.search(line)]
    found += [f"complained: {line}" for line in complaints[:5]]
    if not said.calls:
        found.append("made no call")
    for what in ("calls", "sessions", "users", "scores"):
        sent, kept_there = getattr(said, what), getattr(told, what)
        if sent != kept_there:
            found.append(f"{what}: the app says {sent}, the database {kept_there}")
    return found


def main() -> int:
    """Run the apps that were named, or all; 1 when one of them found something wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--environments", type=Path, help="where environments are kept for the next run")
    args = parser.parse_args()
    apps = sorted(app for app in APPS.glob("*.py") if app.read_text().startswith("# needs:"))
    chosen = [app for app in apps if not args.names or app.stem in args.names]
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        for app in chosen:
            begun = time.monotonic()
            found = faults(app, args.environments or Path(temporary))
            wrong += bool(found)
            print(f"{app.stem}: {'; '.join(found) or 'ok'} ({time.monotonic() - begun:.0f} s)", flush=True)
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
