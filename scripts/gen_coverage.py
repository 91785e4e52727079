"""Write docs/coverage.md from what the tests of dialects and clients read; ``--check`` says if it is current.

Takes as long as those tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "coverage.md"
RANDOM = ("tests/dialects/test_fuzz.py", "tests/dialects/test_arrival.py", "tests/dialects/test_facts.py")
"""Tests whose spans nobody sent."""


def main() -> int:
    """Run the tests, then write the file or check it; the exit code."""
    sys.path.insert(0, str(ROOT))
    from tests.coverage import FACTS  # noqa: PLC0415 - found from the root

    text = page(read(), list(FACTS))
    if sys.argv[1:] != ["--check"]:
        TARGET.write_text(text, encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        sys.stderr.write("docs/coverage.md is not current: run python scripts/gen_coverage.py\n")
        return 1
    return 0


def read() -> Mapping[str, Sequence[str]]:
    """The facts that were found, by dialect."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "tests.coverage", f"--coverage-to={found}",
            "tests/dialects", "tests/clients", *(f"--ignore={test}" for test in RANDOM),
        ]  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        known: Mapping[str, Sequence[str]] = json.loads(found.read_text(encoding="utf-8"))
        return known


def page(found: Mapping[str, Sequence[str]], facts: Sequence[str]) -> str:
    """The file: one row a dialect, one column a fact."""
    named = {dialect: set(known) for dialect, known in found.items() if dialect}
    rows = [
        f"| {dialect} | {' | '.join('●' if fact in known else '' for fact in facts)} |"
        for dialect, known in named.items()
    ]
    return "\n".join(
        [
            "<!-- Written by scripts/gen_coverage.py from the tests: change them, then run it. -->",
            "",
            "# What is read from whom",
            "",
            "A dot: the tests have a span of this dialect, recorded from the client or built by its",
            "documentation, in which this fact was found. No dot: the client does not send it, or nobody has",
            "shown it to us yet; session and user often stand on the app's own span (`generic`) around it.",
            "",
            f"| | {' | '.join(facts)} |",
            f"|---|{'---|' * len(facts)}",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
