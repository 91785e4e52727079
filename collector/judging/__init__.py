"""Judging answers in the background."""
