"""Text that would do something to a terminal, to markup or to a reader's eyes, if anything let it."""

from __future__ import annotations

from typing import Final

PAYLOADS: Final = (
    "\x1b]0;OWNED00\x07title",
    "\x1b[38;5;201mOWNED01\x1b[0m",
    "\x1b[2J\x1b[HOWNED02",
    "\x1b]52;c;T1dORUQ=\x07OWNED03",
    "\x1b]8;;https://evil.example/OWNED04\x1b\\link\x1b]8;;\x1b\\",
    "\x1bPOWNED05\x1b\\",
    "\x1b_GOWNED06\x1b\\",
    "\x9b31mOWNED07",
    "\x9d0;OWNED08\x9c",
    "\x85\x84OWNED09",
    "\u202eOWNED10\u202c",
    "\u2066OWNED11\u2069\u200f",
    "OW\u200bNED\u200d12\ufeff",
    "\U000e0041\U000e0042OWNED13",
    "\x00\x01\x08\x08OWNED14\x7f",
    "a\rOWNED15\r\nb\vc\fd",
    "[/zz]OWNED16[/]",
    "[@click=app.quit]OWNED17[/]",
    "[link=https://evil.example]OWNED18[/link]",
    "[bold red]OWNED19",
    "[[OWNED20]\\[/]]",
    "{{OWNED21}} %s %(x)s {0}",
    "\u0301" * 30 + "OWNED22" + "\u0300" * 30,
    "日本語OWNED23🦊\ufe0f",
)
"""Control, string and C1 sequences; bidirectional and invisible characters; markup; formats; widths."""
