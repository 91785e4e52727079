"""Judgements of an answer that need no model: heuristics run on every LLM call at ingest."""
