"""What any span may say, whoever sent it: who asked, for what, in which version of the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.facts import Dialect, Fact
from llmwatch.collector.dialects.values import count, first, text, texts

_SERVICE: Final = ("service.name", "service_name")
_VERSION: Final = ("service.version", "app_version")
_ENVIRONMENT: Final = ("deployment.environment.name", "deployment.environment", "environment")

_NAMES: Final = {
    "session_id": ("session.id", "session_id", "conversation.id", "conversation_id", "thread_id", "chat_id"),
    "user_id": ("user.id", "user_id", "enduser.id", "enduser.pseudo.id"),
    "segment": (
        "user.segment", "user.tier", "user.plan", "llmwatch.user.segment", "user_segment", "user_tier",
        "user_plan", "segment", "tier",
    ),
    "feature": ("feature", "app.feature", "feature_name"),
    "request_id": ("request.id", "request_id", "app.request_id", "http.request.id"),
    "prompt_name": ("app.prompt_name", "prompt_name", "template_id"),
    "prompt_version": (
        "app.prompt_template_version", "prompt_version", "prompt_template_version", "template_version",
        "prompt.version",
    ),
    "app_version": ("app.version", *_VERSION),
    "environment": ("app.environment", *_ENVIRONMENT),
    "service": _SERVICE,
}  # fmt: skip

WHO: Final = {
    "session_id": (*_NAMES["session_id"], "session", "sessionId", "conversationId", "threadId"),
    "user_id": (*_NAMES["user_id"], "user", "userId", "customer_id"),
    "segment": (*_NAMES["segment"], "userSegment", "userTier", "userPlan", "plan"),
}
"""Names for session, user and segment where an app has a place of its own for them: metadata, properties."""

GENERIC: Final = Dialect(
    name="generic",
    facts={
        **{name: Fact("context", field, text) for field, names in _NAMES.items() for name in names},
        "tags": Fact("context", "tags", texts),
        "retry_count": Fact("context", "retry_count", count),
        "llm.retry_count": Fact("context", "retry_count", count),
        "http.request.resend_count": Fact("context", "retry_count", count),
        "app.model_version": Fact("call", "response_model", text, 1),
        "error.type": Fact("span", "error_type", text),
        "error.message": Fact("span", "error_message", text),
        "exception.type": Fact("span", "error_type", text, 1),
        "exception.message": Fact("span", "error_message", text, 1),
    },
    prefixes={"metadata.": Fact("metadata", "", text)},
)


def context_facts(prefix: str) -> dict[str, Fact]:
    """The facts of a context by names that begin with ``prefix``: a platform's metadata has them so."""
    return {prefix + name: fact for name, fact in GENERIC.facts.items() if fact.group == "context"}


_read: dict[int, tuple[Mapping[str, Any], dict[str, str]]] = {}  # by id(): a request's spans share theirs
_REMEMBERED: Final = 64


def of_resource(resource: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a context that a resource fills: to read, not to change.

    A name that the SDK made up (``unknown_service:python``) gives way to OpenInference's project.
    """
    known = _read.get(id(resource))
    if known and known[0] is resource:  # 0.1 us instead of 3
        return known[1]
    if len(_read) >= _REMEMBERED:
        _read.clear()
    found = _of_resource(resource)
    _read[id(resource)] = (resource, found)
    return found


def is_unnamed(service: str | None) -> bool:
    """Whether a service has no name, or the one that SDKs make up: its platform's project says more."""
    return service is None or service.startswith("unknown_service")


def _of_resource(resource: Mapping[str, Any]) -> dict[str, str]:
    service, project = text(first(resource, _SERVICE)), text(resource.get("openinference.project.name"))
    if project and is_unnamed(service):
        service = project
    found = {
        "service": service,
        "app_version": text(first(resource, _VERSION)) or text(resource.get("vcs.ref.head.revision")),
        "environment": text(first(resource, _ENVIRONMENT)),
    }
    return {field: value for field, value in found.items() if value}
