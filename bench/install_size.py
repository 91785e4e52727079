"""Install llmwatch into a fresh environment and report packages and megabytes, pip itself not counted.

usage: python bench/install_size.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = frozenset({"pip", "setuptools", "wheel"})


def measure() -> dict[str, object]:
    """Packages, their megabytes, and the largest ones."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, str(ROOT)], check=True)
        script = (
            "import json; from importlib.metadata import distributions;"
            "print(json.dumps({d.name: sum(f.locate().stat().st_size for f in d.files or ()"
            " if f.locate().exists()) for d in distributions()}))"
        )
        out = subprocess.run([python, "-c", script], check=True, capture_output=True, text=True).stdout
    sizes = {name: size for name, size in json.loads(out).items() if name.lower() not in TOOLS}
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:8]
    return {
        "python": sys.version.split()[0],
        "packages": len(sizes),
        "megabytes": round(sum(sizes.values()) / 1e6, 1),
        "largest": {name: round(size / 1e6, 1) for name, size in largest},
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
