"""Budgets that hold: what has been spent in memory, what calls in flight may cost, and when to say no."""
