"""Typed read functions, grouped by the question they answer."""
