"""Files of JSON lines read as they grow: their lines are stored, then how far they were read.

In that order: dying in between, lines are read twice, and since the ids of a line without any are made of
its content, that adds nothing. The other order would lose them.
"""
