"""Install llmwatch into a fresh environment and report packages and megabytes, pip itself not counted.

usage: python bench/install_size.py
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import venv
from pathlib import Path

from figures import Figure, table

ROOT = Path(__file__).resolve().parents[1]
TOOLS = frozenset({"pip", "setuptools", "wheel"})


def measure() -> list[Figure]:
    """Packages and their megabytes."""
    sizes = _sizes()
    return [
        Figure(name="packages installed", values=[len(sizes)], unit="", bar=45),
        Figure(name="size installed", values=[sum(sizes.values()) / 1e6], unit="MB", bar=75),
    ]


def _sizes() -> dict[str, int]:
    """Bytes of every package in a fresh environment."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, str(ROOT)], check=True, stderr=subprocess.DEVNULL)
        script = (
            "import json; from importlib.metadata import distributions;"
            "print(json.dumps({d.name: sum(f.locate().stat().st_size for f in d.files or ()"
            " if f.locate().exists()) for d in distributions()}))"
        )
        out = subprocess.run([python, "-c", script], check=True, capture_output=True, text=True).stdout
    return {name: size for name, size in json.loads(out).items() if name.lower() not in TOOLS}


if __name__ == "__main__":
    print(table(measure()))
