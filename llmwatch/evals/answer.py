"""The answer of an LLM call, laid out for the checks that read it."""

from __future__ import annotations

from msgspec import Struct

from llmwatch.store.span import JsonObject, Message, Part, Span

_NO_PARAMETERS: JsonObject = {}


class Answer(Struct, frozen=True):
    """What the model said, and the span it said it in."""

    span: Span
    text: str
    """All text parts, one a line; reasoning is not part of the answer."""
    lower: str
    parts: tuple[Part, ...]
    finish_reasons: frozenset[str]
    """Why the model stopped, in lower case."""

    @property
    def parameters(self) -> JsonObject:
        """The request's parameters."""
        call = self.span.call
        return call.parameters if call and call.parameters else _NO_PARAMETERS

    @property
    def calls_tool(self) -> bool:
        """Whether the answer asks for a tool."""
        return any(part.type == "tool_call" for part in self.parts)

    def context(self) -> str:
        """Everything the model was given: messages, tool results, documents."""
        content, retrieval = self.span.content, self.span.retrieval
        texts = [text for message in content.input_messages for text in _texts(message)]
        texts += [document.content or "" for document in retrieval.documents] if retrieval else []
        return "\n".join((*texts, content.input_text or ""))


def answer_of(span: Span) -> Answer | None:
    """The answer in ``span``; None when it is no LLM call or its output was not captured.

    Without content capture the instrumentations still send messages, with a role and no parts.
    """
    if span.kind != "llm":
        return None
    messages = span.content.output_messages
    parts = messages[0].parts if len(messages) == 1 else tuple(p for m in messages for p in m.parts)
    if parts:
        text = "\n".join([part.text for part in parts if part.type == "text" and part.text])
    elif messages or span.content.output_text is None:
        return None
    else:
        text = span.content.output_text
    return Answer(span, text, text.lower(), parts, finish_reasons(span))


def finish_reasons(span: Span) -> frozenset[str]:
    """Why the model stopped, in lower case, from the call and from its messages."""
    told = span.call.finish_reasons if span.call and span.call.finish_reasons else ()
    messages = [message.finish_reason for message in span.content.output_messages]
    return frozenset([reason.lower() for reason in (*told, *messages) if reason])


def _texts(message: Message) -> list[str]:
    return [text for part in message.parts for text in (part.text, part.uri, part.arguments) if text]
