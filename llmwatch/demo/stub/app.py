"""The stub as an ASGI app."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from llmwatch.demo.stub import anthropic, gemini, ollama, openai_chat, openai_embeddings, openai_responses


def create_stub(pace_s: float = 0.03) -> Starlette:
    """The stub provider; streams send a piece every ``pace_s``.

    Base URLs: ``/v1`` for OpenAI's APIs, the bare origin for the others.
    """
    app = Starlette(
        routes=[
            Route("/v1/chat/completions", openai_chat.chat, methods=["POST"]),
            Route("/v1/responses", openai_responses.responses, methods=["POST"]),
            Route("/v1/embeddings", openai_embeddings.embeddings, methods=["POST"]),
            Route("/v1/messages", anthropic.messages, methods=["POST"]),
            Route("/api/chat", ollama.chat, methods=["POST"]),
            Route("/v1beta/models/{call:path}", gemini.generate, methods=["POST"]),
        ]
    )
    app.state.pace_s = pace_s
    return app
