"""llmwatch: a terminal monitor for LLM apps.

Importing this package loads none of its parts; an app under watch pays nothing for it. ``guard`` is what an
app may use of it: see `llmwatch.guarding`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmwatch.guarding import Guard

    guard = Guard

__version__ = "0.1.0"
__all__ = ["__version__", "guard"]


def __getattr__(name: str) -> Any:
    if name == "guard":
        from llmwatch.guarding import Guard  # noqa: PLC0415 - 20 ms for those who use it

        return Guard
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
