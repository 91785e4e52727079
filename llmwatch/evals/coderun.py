"""Running code that a model wrote with the tests that were expected of it: only where someone asked for it.

It runs as another process with a time limit, an empty environment, a folder of its own and, where the system
has them, limits on memory, processor time and files. That keeps accidents small; it is no prison.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from llmwatch.evals.reference import Outcome, code_in

TIMEOUT_S: Final = 10.0
_MEMORY: Final = 512 * 2**20
_WRITTEN: Final = 2**20
_LIMITS: Final = f"""\
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY}, {_MEMORY}))
    resource.setrlimit(resource.RLIMIT_CPU, ({TIMEOUT_S:.0f}, {TIMEOUT_S:.0f}))
    resource.setrlimit(resource.RLIMIT_FSIZE, ({_WRITTEN}, {_WRITTEN}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except ImportError:
    pass
import runpy
runpy.run_path("tested.py", run_name="__main__")
"""


def passes_tests(output: str, expected: Any, timeout_s: float = TIMEOUT_S) -> Outcome:
    """Whether the Python of ``output``, then that of ``expected`` (asserts), runs without an error."""
    if not isinstance(expected, str):
        return Outcome(passed=False, why="the expected output is no test code")
    with tempfile.TemporaryDirectory(prefix="llmwatch-code-") as folder:
        Path(folder, "tested.py").write_text(f"{code_in(output)}\n\n{code_in(expected)}\n", encoding="utf-8")
        errors = Path(folder, "errors.txt")  # a file, whose size has a limit
        try:
            with errors.open("wb") as written:
                done = subprocess.run(
                    [sys.executable, "-I", "-B", "-c", _LIMITS],
                    cwd=folder, env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=written,
                    timeout=timeout_s, check=False,
                )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Outcome(passed=False, why=f"not done after {timeout_s:g} s")
        said = errors.read_text("utf-8", "replace").strip().splitlines()
    if done.returncode == 0:
        return Outcome(passed=True)
    return Outcome(passed=False, why=said[-1] if said else f"ended with {done.returncode}")
