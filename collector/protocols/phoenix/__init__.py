"""Arize Phoenix's REST API beside OTLP: annotations of spans, traces and sessions, and spans as JSON."""
