"""OTLP/HTTP: protobuf and JSON bodies to raw records, and replies in the request's encoding."""
