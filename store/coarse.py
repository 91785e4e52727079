"""How far the sums of hours and days reach.

A span touches the row of its minute at once, that of its hour ten minutes later with all others of these
minutes (`store.writes.rollups.add_up`); users and sessions have hours and days. A span that has just ended
would touch twice as many rows otherwise, a tenth of all that storing it takes.
"""

from __future__ import annotations

import sqlite3


def coarse_until(db: sqlite3.Connection, width_s: int) -> int:
    """Unix seconds: what starts later is in the finer rows alone, as yet.

    Widths are 3600 (hours of ``rollups``, this is a whole minute) and 86400 (days of ``person_rollups``, a
    whole hour).
    """
    query = "SELECT until_s FROM coarse_sums WHERE width_s = ?"
    until_s: int = db.execute(query, (width_s,)).fetchone()[0]
    return until_s
