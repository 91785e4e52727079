"""What the sources of the screen may not do, checked on their syntax trees.

Textual reads a plain ``str`` as markup in many places: there only `Content`, `Text` and literals may go. And
colours belong into themes.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TUI = Path(__file__).parents[2] / "tui"
SOURCES = sorted(TUI.rglob("*.py"))

WIDGETS = {
    "Static", "Label", "Option", "OptionList", "SelectionList", "Selection", "Select", "Button", "Checkbox",
    "RadioButton", "Collapsible", "TabPane", "DataTable", "Tree", "Markdown", "Link", "Tooltip",
}  # fmt: skip
"""Widgets that interpret the text they are given."""
METHODS = {
    "add_row", "add_rows", "add_column", "add_columns", "add_leaf", "add_option", "add_options", "set_label",
    "set_options", "update_cell", "update_cell_at",
}  # fmt: skip
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip"}
MAKERS = {"safe", "safe_line", "safe_text", "Content", "Text"}
"""What turns text into something that is not interpreted."""


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in SOURCES:
        yield path, ast.parse(path.read_text())


def returning_content() -> set[str]:
    """Functions of the screen that are annotated to return `Content` or a widget's option made of it."""
    functions = [
        n for _, tree in trees() for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.returns
    ]
    return {f.name for f in functions if f.returns and _names(f.returns) <= {"Content", "Text", "Option"}}


def _names(annotation: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)} or {""}


TRUSTED = MAKERS | returning_content() | {"Option"}


class Scope:
    """What is known of the names in a module and one of its functions."""

    def __init__(self, *bodies: ast.AST) -> None:
        self.values: dict[str, list[ast.expr]] = {}
        for body in bodies:
            for node in ast.walk(body):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        if isinstance(target, ast.Name):
                            self.values.setdefault(target.id, []).append(node.value)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                    self.values.setdefault(node.target.id, []).append(node.value)

    def allows(self, node: ast.expr) -> bool:
        """Whether ``node`` certainly is no text from outside that would be interpreted."""
        if isinstance(node, ast.Constant):
            return not isinstance(node.value, str) or "[" not in node.value
        if isinstance(node, ast.Starred):
            return self.allows(node.value)
        if isinstance(node, ast.GeneratorExp | ast.ListComp):
            return self.allows(node.elt)
        if isinstance(node, ast.IfExp):
            return self.allows(node.body) and self.allows(node.orelse)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.allows(node.left) and self.allows(node.right)
        if isinstance(node, ast.Call):
            return self._made(node.func)
        if isinstance(node, ast.Name):
            return bool(self.values.get(node.id)) and all(map(self.allows, self.values[node.id]))
        return False

    def _made(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Name):
            return function.id in TRUSTED
        if isinstance(function, ast.Attribute):
            if function.attr in TRUSTED:
                return True
            value = function.value  # Content.styled(…), Content(…).join(…), self._text().append(…)
            return self._made(value.func) if isinstance(value, ast.Call) else self._made(value)
        return False


def interpreted(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.AST]]:
    """Every expression that goes where text is interpreted, with the function it stands in."""
    for function in [
        tree,
        *(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)),
    ]:
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in WIDGETS | METHODS:
                    yield from ((argument, function) for argument in node.args)
                elif name == "update" and len(node.args) == 1 and "Static" in ast.dump(tree):
                    if not isinstance(node.args[0], ast.GeneratorExp):
                        yield node.args[0], function
                elif name == "notify" and not any(k.arg == "markup" for k in node.keywords):
                    yield node.args[0], function
            elif isinstance(node, ast.Assign):
                targets = [t.attr for t in node.targets if isinstance(t, ast.Attribute)]
                if ATTRIBUTES & set(targets):
                    yield node.value, function


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TUI)))
def test_nothing_but_content_goes_where_text_is_interpreted(path: Path) -> None:
    tree = ast.parse(path.read_text())
    bad = [
        f"{path.name}:{node.lineno}: {ast.unparse(node)}"
        for node, function in interpreted(tree)
        if not Scope(tree, function).allows(node)
    ]
    assert sorted(set(bad)) == []


def test_the_lint_finds_what_it_is_for() -> None:
    tree = ast.parse(
        "def f(name):\n"
        "    title = f'{name}'\n"
        "    Static(name); Static(f'{name}'); label.border_title = title; self.notify(name)\n"
        "    table.add_row('[b]'); x = Static(); x.update('a' + name); Static(str(name))\n"
        "    Static('fine'); Static(safe(name)); w.border_title = Content('a') + safe(name)\n"
        "    self.notify(name, markup=False); Static(classes='x'); Static(Content(', ').join(parts))\n"
    )
    bad = {
        ast.unparse(node) for node, function in interpreted(tree) if not Scope(tree, function).allows(node)
    }
    assert bad == {"name", "f'{name}'", "title", "'[b]'", "'a' + name", "str(name)"}


@pytest.mark.parametrize(
    "path", [*SOURCES, *sorted(TUI.rglob("*.tcss"))], ids=lambda p: str(p.relative_to(TUI))
)
def test_colours_come_from_the_theme(path: Path) -> None:
    if path.name != "themes.py":
        assert re.findall(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?\b|\brgba?\(|\bhsl\(", path.read_text()) == []
