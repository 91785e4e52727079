"""How far the sums of hours and days reach.

A span touches the row of its minute and, if its hour is over, that of its hour; users and sessions have hours
and days. The hour that runs is made of its minutes when it is over (`store.writes.rollups.add_up`): a span
that has just ended would touch twice as many rows, which was a twentieth of all that storing it takes.
"""

from __future__ import annotations

import sqlite3


def coarse_until(db: sqlite3.Connection, width_s: int) -> int:
    """Unix seconds, a multiple of the width: what starts later stands in the finer rows alone.

    Widths are 3600 (hours of ``rollups``) and 86400 (days of ``person_rollups``).
    """
    query = "SELECT until_s FROM coarse_sums WHERE width_s = ?"
    until_s: int = db.execute(query, (width_s,)).fetchone()[0]
    return until_s
