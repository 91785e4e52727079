"""Traceloop's API beside OTLP: users' feedback, and what its SDK fetches once it has an API key."""
