"""Type and message of an exception that was sent as the text of its traceback."""

from __future__ import annotations

import re
from typing import Final

_RAISED: Final = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?", re.DOTALL)
_PYTHON: Final = "Traceback (most recent call last)"
_FRAME: Final = re.compile(r"\n\s+at ")


def raised(said: str) -> tuple[str | None, str]:
    """Type, if it is named, and message.

    Python's traceback ends with them (a message may have several lines, none of them indented as frames are),
    JavaScript's stack begins with them.
    """
    if _PYTHON in said:
        lines = said.rstrip().splitlines()
        last_frame = max(index for index, line in enumerate(lines) if line.startswith((" ", _PYTHON)))
        said = "\n".join(lines[last_frame + 1 :]) or said
    else:
        said = _FRAME.split(said, maxsplit=1)[0].rstrip()
    found = _RAISED.fullmatch(said)
    if found is None or (found["message"] is None and not found["type"].endswith(("Error", "Exception"))):
        return None, said
    return found["type"], found["message"] or said
