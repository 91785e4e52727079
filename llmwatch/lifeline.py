"""Children that do not outlive their parent, whatever way it dies: the parent holds their stdin open."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


def when_orphaned(end: Callable[[], object]) -> None:
    """Call ``end``, in a thread, when stdin closes."""

    def listen() -> None:
        while os.read(0, 1):  # not sys.stdin: its lock would still be held when the interpreter ends
            pass
        end()

    threading.Thread(target=listen, name="lifeline", daemon=True).start()
