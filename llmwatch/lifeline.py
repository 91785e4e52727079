"""Children that do not outlive their parent, whatever way it dies."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


def when_orphaned(end: Callable[[], object]) -> None:
    """Call ``end``, in a thread, when stdin closes: the parent holds it open."""

    def listen() -> None:
        while os.read(0, 1):  # not sys.stdin: its lock would still be held when the interpreter ends
            pass
        end()

    threading.Thread(target=listen, name="lifeline", daemon=True).start()


def end_with_parent() -> None:
    """Have this process of ``multiprocessing`` end with its parent.

    The queue that its work comes by does not close then: the process holds its other end itself.
    """
    import multiprocessing  # noqa: PLC0415 - few have such children

    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(0)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
