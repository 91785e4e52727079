"""Clients of other platforms against the collector: what they get back, and what is stored."""
