"""Every command of the screen, once: bindings, footer, palette, help, docs and remapping all come from here.

Keys follow what people know from vim, k9s and mitmproxy. None relies on a prefix of tmux, screen or zellij
(ctrl+b, ctrl+a, ctrl+g, ctrl+o, ctrl+s, ctrl+t, ctrl+n, ctrl+h, ctrl+q), and what matters most has a function
key too. The same key means the same thing everywhere.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from textual.binding import Binding, BindingType
from textual.keys import REPLACED_KEYS, Keys, _character_to_key, key_to_character

Place: TypeAlias = Literal[
    "app", "overview", "pane", "list", "trace", "detail", "session", "replay", "alerts", "review"
]

PLACES: Final[Mapping[Place, str]] = {
    "overview": "Overview",
    "pane": "Panes",
    "list": "Trace list",
    "trace": "Trace",
    "detail": "Details of a span",
    "session": "Session",
    "replay": "Replay",
    "alerts": "Alerts",
    "review": "Review",
    "app": "Everywhere",
}
"""Where commands live and the heading they have in the help."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a key does."""

    id: str
    """What the configuration's ``[keys]`` calls it; never changes."""
    keys: str
    """Default keys, comma-separated, in Textual's names."""
    where: tuple[Place, ...]
    action: str
    """Textual action of the widget, screen or app that binds it."""
    help: str
    """One line for the palette, the help and the docs."""
    footer: bool = False
    argument: str = ""
    """For commands that are typed: what follows the name in the palette (``write FILE``)."""
    always: bool = False
    """Whether it works even while a dialogue is open or text is typed."""

    @property
    def title(self) -> str:
        """Its name in the footer and the palette."""
        return self.id.replace("-", " ")


_ALL: Final = ("pane", "list", "trace", "detail", "session", "replay", "alerts", "review")
_TEXTS: Final = ("list", "trace", "detail", "session", "replay", "alerts", "review")
_TABS: Final = (
    "the messages", "the response", "tool calls", "documents", "scores", "events", "attributes", "the cost",
)  # fmt: skip

COMMANDS: Final = (
    Command("help", "?,f1", ("app",), "app.help", "What the keys do: here first, then everywhere.", True),
    Command("palette", ":,ctrl+p,f2", ("app",), "app.command_palette", "Find a command, or type one."),
    Command("back", "escape", ("app",), "app.back", "Back to where you came from."),
    Command("quit", "q,f10", ("app",), "app.close", "Quit on the overview; elsewhere go back.", True),
    Command("quit-now", "ctrl+c", ("app",), "app.quit", "Quit anywhere; copy selected text.", always=True),
    Command("alerts", "a,f9", ("app",), "app.alerts", "Alerts that hold, and those that did."),
    Command("review", "R", ("app",), "app.review", "Answers that are worth a look, to judge."),
    Command("theme", "", ("app",), "theme", "Change the theme.", argument="NAME"),
    Command("goto", "", ("app",), "goto", "Open a trace or span by its id or how it begins.", argument="ID"),
    Command("write", "", ("app",), "write", "Write this view's text to a new private file.", argument="FILE"),
    Command("pane-1", "1", ("overview",), "screen.pane(1)", "To the status."),
    Command("pane-2", "2", ("overview",), "screen.pane(2)", "To quality."),
    Command("pane-3", "3", ("overview",), "screen.pane(3)", "To cost and volume."),
    Command("pane-4", "4", ("overview",), "screen.pane(4)", "To the versions."),
    Command("pane-5", "5", ("overview",), "screen.pane(5)", "To the trace list."),
    Command("next-pane", "tab,f6", ("overview",), "screen.next_pane(1)", "To the next pane."),
    Command("previous-pane", "shift+tab", ("overview",), "screen.next_pane(-1)", "To the pane before."),
    Command("zoom", "z", ("overview",), "screen.zoom", "Give the pane all the room, or take it back.", True),
    Command("pause", "p,f7", ("overview",), "screen.pause", "Hold the screen still; spans are taken.", True),
    Command("group", "b", ("overview",), "screen.group(1)", "Group the pane by the next dimension.", True),
    Command("group-back", "B", ("overview",), "screen.group(-1)", "Group it by the dimension before."),
    Command(
        "open",
        "enter",
        ("pane", "list", "trace", "detail", "session", "alerts", "review"),
        "open",
        "Open what the cursor is on.",
        True,
    ),
    Command("down", "j,down", _ALL, "cursor_down", "Down."),
    Command("up", "k,up", _ALL, "cursor_up", "Up."),
    Command("left", "h,left", ("pane", "list", "trace"), "cursor_left", "Left, or close a branch."),
    Command("right", "l,right", ("pane", "list", "trace"), "cursor_right", "Right, or open a branch."),
    Command("top", "g,home", _TEXTS, "top", "To the top."),
    Command("bottom", "G,end", _TEXTS, "bottom", "To the end."),
    Command("page-down", "pagedown,ctrl+d", _TEXTS, "page_down", "A page down."),
    Command("page-up", "pageup,ctrl+u", _TEXTS, "page_up", "A page up."),
    Command("copy", "y", _ALL, "copy", "Copy the value under the cursor (OSC 52)."),
    Command("copy-all", "Y", _ALL, "copy_all", "Copy the whole: pane, id or text (OSC 52)."),
    Command("filter", "/,f,f3", ("list", "detail"), "filter", "Filter the list, search the text.", True),
    Command("follow", "F,f8", ("list",), "follow", "Stay at the newest trace."),
    Command("sort", "o,f4", ("list",), "sort", "Choose what to sort by."),
    Command("reverse", "O", ("list",), "reverse", "Sort the other way round."),
    Command("mark", "space", ("list",), "mark", "Mark or unmark a trace."),
    Command("range", "v", ("list",), "range", "Begin a range of marks, or end it here."),
    Command("marked", "M", ("list",), "marked", "Only marked traces, or all again."),
    Command("replay", "r,f5", ("list", "trace", "detail"), "replay", "Send the call again.", True),
    Command("send", "enter", ("replay",), "send", "Send the call; nothing is sent before.", True),
    Command("edit", "e", ("replay",), "edit", "Edit the messages.", True),
    Command("edit-outside", "E", ("replay",), "edit_outside", "Edit the messages in $EDITOR."),
    Command("model", "m", ("replay",), "model", "Choose the provider and the model.", True),
    Command("temperature", "t", ("replay",), "temperature", "Temperature 0, or as recorded.", True),
    Command("parameters", "P", ("replay",), "parameters", "Edit the parameters.", True),
    Command("diff", "d", ("replay",), "diff", "What changed, word by word, or the answer.", True),
    Command("as-recorded", "u", ("replay",), "as_recorded", "Take back all changes to the call."),
    Command("next-replay", "]", ("replay",), "turn(1)", "To the next replay of this call."),
    Command("previous-replay", "[", ("replay",), "turn(-1)", "To the replay before, then what will be sent."),
    Command("acknowledge", "x", ("alerts",), "acknowledge", "Say that somebody sees to it.", True),
    Command("snooze", "Z", ("alerts",), "snooze", "Keep it quiet for a while.", True),
    Command(
        "good", "plus,equals_sign", ("review",), "judge(True)", "A good answer, and on to the next.", True
    ),
    Command("bad", "minus", ("review",), "judge(False)", "A bad answer, and on to the next.", True),
    Command("label", "L", ("review",), "label", "Give it a label of your own.", True),
    Command("undo", "u", ("review",), "undo", "Back to the one judged last, to judge again.", True),
    Command(
        "fold",
        "space",
        ("trace", "detail", "replay", "review"),
        "fold",
        "Open or close a branch or a long text.",
    ),
    Command(
        "other-side", "tab,f6", ("trace", "detail", "replay", "review"), "other_side", "To the other side."
    ),
    Command("next-failing", "!", ("trace", "detail"), "next_failing", "To the next span that failed.", True),
    Command("next-tab", "]", ("trace", "detail"), "turn(1)", "To the next tab."),
    Command("previous-tab", "[", ("trace", "detail"), "turn(-1)", "To the tab before."),
    *(
        Command(f"tab-{n}", f"{n}", ("trace", "detail"), f"tab({n})", f"To {what}.")
        for n, what in enumerate(_TABS, start=1)
    ),
    Command("next-match", "n", ("detail",), "match(1)", "To the next place that was searched for."),
    Command("previous-match", "N", ("detail",), "match(-1)", "To the place before."),
    Command("session", "s", ("trace", "detail"), "session", "The conversation that this is a turn of.", True),
    Command("editor", "e", ("trace", "detail"), "editor", "Open the span's text in $EDITOR."),
    Command("pager", "v", ("trace", "detail"), "pager", "Open the span's text in $PAGER."),
)
"""The table. A view calls ``bindings`` with its place and has the actions."""

BY_ID: Final = {command.id: command for command in COMMANDS}


def commands(place: Place) -> Iterator[Command]:
    """The commands of one place, in table order."""
    return (command for command in COMMANDS if place in command.where)


def bindings(*places: Place) -> list[BindingType]:
    """For a ``BINDINGS``: the commands of ``places`` that have a key."""
    return [
        Binding(c.keys, c.action, c.title, show=c.footer, tooltip=c.help, id=c.id, priority=c.always)
        for c in dict.fromkeys(command for place in places for command in commands(place))
        if c.keys
    ]


def keymap(overrides: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The user's keys that can be used, and a notice for each that cannot.

    An override is left out when its id is unknown, when a key of it does not exist, or when it would take
    a key from another command of the same place.
    """
    kept: dict[str, str] = {}
    notices: list[str] = []
    for identifier, keys in overrides.items():
        if problem := _problem(identifier, keys):
            notices.append(problem)
        else:
            kept[identifier] = ",".join(key.strip() for key in keys.split(","))
    for identifier in list(kept):
        if clash := _clash(BY_ID[identifier], kept):
            notices.append(clash)
            del kept[identifier]
    return kept, tuple(notices)


def _problem(identifier: str, keys: str) -> str | None:
    if identifier not in BY_ID:
        near = difflib.get_close_matches(identifier, BY_ID, n=1)
        return f"keys: no command is called {identifier!r}" + (f"; did you mean {near[0]}?" if near else "")
    bad = [key for key in keys.split(",") if not _is_key(key.strip())]
    return f"keys.{identifier}: there is no key {bad[0].strip()!r}" if bad else None


def _clash(command: Command, kept: Mapping[str, str]) -> str | None:
    mine = {_canonical(key) for key in kept[command.id].split(",")}
    for other in COMMANDS:
        if other is command or not _meet(command, other):
            continue
        taken = mine & {_canonical(key) for key in kept.get(other.id, other.keys).split(",") if key}
        if taken:
            return f"keys.{command.id}: {min(taken)} already is {other.id}; give that another key too"
    return None


_STAGES: Final[tuple[set[Place], ...]] = (
    {"overview", "pane", "list"}, {"trace", "detail"}, {"replay"}, {"alerts"}, {"review"},
)  # fmt: skip
"""Places whose keys can be live at once."""


def _meet(one: Command, other: Command) -> bool:
    if "app" in (*one.where, *other.where):
        return True
    return any(stage & {*one.where} and stage & {*other.where} for stage in _STAGES)


def _canonical(key: str) -> str:
    return _character_to_key(key) if len(key) == 1 else key


_MODIFIERS: Final = {"ctrl", "shift", "alt", "meta", "super", "hyper"}
_NAMED: Final = {key.value for key in Keys}


def _is_key(key: str) -> bool:
    *modifiers, base = key.split("+") if len(key) > 1 else [key]
    if not set(modifiers) <= _MODIFIERS:
        return False
    return len(base) == 1 or base in _NAMED or base in REPLACED_KEYS or key_to_character(base) is not None
