"""Lists and mappings rebuilt from flattened attribute names: ``llm.input_messages.0.message.role``.

Indices may have gaps (senders drop attributes past their limit): what is there is put in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

Shape: TypeAlias = list[Any]
"""A list as its flattened names make it, with the place of each value in place of the value."""
Path: TypeAlias = tuple[str | int, ...]

_DEEPEST: Final = 16
"""Names with more dots are not rebuilt: the deepest known has nine."""


class _Node(dict[str | int, Any]):
    """A level being rebuilt."""


def path_of(name: str) -> Path | None:
    """The steps of a name after its prefix, indices as numbers; None when it does not begin with one."""
    steps = name.split(".")
    if len(steps) > _DEEPEST or not _is_index(steps[0]):
        return None
    return tuple(int(step) if _is_index(step) else step for step in steps)


def shape_of(paths: Sequence[Path]) -> Shape:
    """The list that values with these ``paths`` came from; a name that contradicts another is left out."""
    root = _Node()
    for place, path in enumerate(paths):
        at = root
        for step in path[:-1]:
            below = at.get(step)
            if below is None:
                below = at[step] = _Node()
            elif below.__class__ is not _Node:
                break
            at = below
        else:
            if not isinstance(at.get(path[-1]), _Node):
                at[path[-1]] = place
    folded = _folded(root)
    return folded if isinstance(folded, list) else []


def filled(shape: Any, values: Sequence[Any]) -> Any:
    """``shape``, a `Shape` or a part of one, with its ``values`` in their places."""
    if shape.__class__ is int:
        return values[shape]
    if shape.__class__ is dict:
        return {
            name: values[below] if below.__class__ is int else filled(below, values)
            for name, below in shape.items()
        }
    return [filled(below, values) for below in shape]


def _is_index(step: str) -> bool:
    return step.isdecimal() and len(step) < 10


def _folded(node: Any) -> Any:
    if node.__class__ is not _Node:
        return node
    for step in node:
        if step.__class__ is not int:
            return {str(name): _folded(below) for name, below in node.items()}
    return [_folded(node[index]) for index in sorted(node)]
