"""Langfuse's own protocol: what its SDKs 2 send traces with, and what all its SDKs ask beside OTLP."""
