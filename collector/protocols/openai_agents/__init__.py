"""The openai-agents SDK's own exporter: traces and spans in one list."""
