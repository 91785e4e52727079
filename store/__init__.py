"""The span model and the one SQLite file that keeps it."""
