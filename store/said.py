"""What was asked and what was answered in a span, as text. Pure."""

from __future__ import annotations

from llmwatch.store.span import Message, Span


def question_of(span: Span) -> str | None:
    """The last thing a user said to it, else its input; None when neither was captured."""
    users = [message for message in span.content.input_messages if message.role == "user"]
    return next(filter(None, map(text_of, reversed(users))), None) or span.content.input_text


def answer_of(span: Span) -> str | None:
    """The texts of what it answered, one a line, else its output; None when neither was captured."""
    texts = [text for message in span.content.output_messages if (text := text_of(message))]
    return "\n".join(texts) or span.content.output_text


def text_of(message: Message) -> str:
    """The texts of a message, one a line; what a model thought aloud is none."""
    return "\n".join([part.text for part in message.parts if part.type == "text" and part.text])
