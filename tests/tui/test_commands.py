"""The command table: complete, without clashes, remappable."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from llmwatch.tui.commands import BY_ID, COMMANDS, PLACES, Command, Place, bindings, commands, keymap

PREFIXES = {f"ctrl+{letter}" for letter in "abghnoqst"}
"""What tmux, screen and zellij take for themselves; and ctrl+s, ctrl+q, which stop some terminals."""


def test_ids_are_unique_and_places_known() -> None:
    assert len(BY_ID) == len(COMMANDS)
    assert set(PLACES) == set(get_args(Place))
    assert {place for command in COMMANDS for place in command.where} == set(PLACES)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_every_command_can_be_reached_and_is_explained(command: Command) -> None:
    assert command.keys or command.argument
    assert command.help.endswith(".") and len(command.help) <= 60
    if command.keys:
        assert keymap({command.id: command.keys}) == ({command.id: command.keys}, ())
        assert set(command.keys.split(",")) - PREFIXES


@pytest.mark.parametrize("place", PLACES)
def test_no_key_does_two_things_in_one_place(place: Place) -> None:
    keys = Counter(key for command in commands(place) for key in command.keys.split(",") if key)
    assert [key for key, count in keys.items() if count > 1] == []


def test_bindings_carry_the_id_that_remapping_needs() -> None:
    ids = [binding.id for binding in bindings("overview")]  # type: ignore[union-attr]
    assert ids == [command.id for command in commands("overview")]


@pytest.mark.parametrize(
    ("overrides", "kept", "notices"),
    [
        ({}, {}, []),
        ({"replay": "ctrl+r, ctrl+e"}, {"replay": "ctrl+r,ctrl+e"}, []),
        ({"replay": "R"}, {}, ["keys.replay: R already is review; give that another key too"]),
        ({"replya": "R"}, {}, ["keys: no command is called 'replya'; did you mean replay?"]),
        ({"xyzzy": "R"}, {}, ["keys: no command is called 'xyzzy'"]),
        ({"replay": "boing"}, {}, ["keys.replay: there is no key 'boing'"]),
        ({"replay": ""}, {}, ["keys.replay: there is no key ''"]),
        ({"replay": "hyper+x+"}, {}, ["keys.replay: there is no key 'hyper+x+'"]),
        ({"pause": "q"}, {}, ["keys.pause: q already is quit; give that another key too"]),
        ({"follow": "b"}, {}, ["keys.follow: b already is group; give that another key too"]),
        ({"pause": "q", "quit": "Q"}, {"pause": "q", "quit": "Q"}, []),
        ({"help": "question_mark"}, {"help": "question_mark"}, []),
    ],
)
def test_remapping(overrides: dict[str, str], kept: dict[str, str], notices: list[str]) -> None:
    assert keymap(overrides) == (kept, tuple(notices))
