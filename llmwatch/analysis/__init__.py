"""Conclusions drawn from rows: pure functions, no I/O."""
