"""llmwatch without a command."""

from __future__ import annotations

import pytest

from llmwatch.cli.watch import watch
from llmwatch.errors import UsageError


def test_without_a_terminal_it_says_what_to_do() -> None:
    with pytest.raises(UsageError) as raised:
        watch(db=None, host=None, port=None)
    assert "llmwatch collect" in raised.value.hint
