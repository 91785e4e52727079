"""What the scenarios share: chance, the people, the conversations under way, and the release."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

from llmwatch.demo.corpus import random_slots
from llmwatch.demo.trace import Service, Value
from llmwatch.store.span import Message

MINUTE_NS: Final = 60 * 10**9
_RELEASED_BEFORE_NS: Final = 100 * MINUTE_NS
"""How long before the demo is opened the release went out that lowers quality and is slower."""
_TROUBLE_EVERY_NS: Final = 20 * MINUTE_NS
_TROUBLE_FROM_NS: Final = 2 * MINUTE_NS
_TROUBLE_TO_NS: Final = 4 * MINUTE_NS
_CONVERSATIONS: Final = 12
"""How many go on at a time."""


_PRO: Final = 12
"""People with a lower number pay; they are also those who use it most."""


def segment_of(user: str) -> str:
    """What ``user`` pays: free or pro."""
    return "pro" if int(user.removeprefix("u_")) < _PRO else "free"


def attributes_of(user: str) -> dict[str, Value]:
    """``user`` as attributes of a span."""
    return {"user.id": user, "user.segment": segment_of(user)}


@dataclass(slots=True, kw_only=True)
class Conversation:
    """A customer and a chat of several turns."""

    session_id: str
    user_id: str
    slots: dict[str, str]
    turns: int
    """How many are still to come."""
    messages: list[Message] = field(default_factory=list)


class World:
    """One run of the demo. Everything in it follows from ``seed`` and ``opened_ns``."""

    def __init__(self, seed: int, opened_ns: int) -> None:
        self.rng = Random(seed)  # noqa: S311 - repeatable, not secret
        self.opened_ns = opened_ns
        self.release_ns = opened_ns - _RELEASED_BEFORE_NS
        self._conversations: list[Conversation] = []

    def released(self, at_ns: int) -> bool:
        """Whether the release was out."""
        return at_ns >= self.release_ns

    def failing(self, at_ns: int) -> bool:
        """Whether the provider refuses many calls just now: two minutes of every twenty that one watches."""
        watched_ns = at_ns - self.opened_ns
        return watched_ns >= 0 and _TROUBLE_FROM_NS <= watched_ns % _TROUBLE_EVERY_NS < _TROUBLE_TO_NS

    def chance(self, probability: float) -> bool:
        """True with ``probability``."""
        return self.rng.random() < probability

    def user(self) -> str:
        """Somebody; a few people are heavy users."""
        return f"u_{min(int(self.rng.expovariate(1 / 18)), 99):02d}"

    def person(self) -> dict[str, Value]:
        """Somebody, and what they pay, as attributes of a span."""
        return attributes_of(self.user())

    def conversation(self) -> Conversation:
        """One to add a turn to: one under way, or a new one in place of one that is over."""
        self._conversations = [c for c in self._conversations if c.turns > 0]
        if len(self._conversations) < _CONVERSATIONS or self.chance(0.2):
            self._conversations.append(
                Conversation(
                    session_id=f"s_{self.rng.getrandbits(24):06x}",
                    user_id=self.user(),
                    slots=random_slots(self.rng),
                    turns=self.rng.choice((1, 1, 2, 3, 5)),
                )
            )
        return self.rng.choice(self._conversations)

    def support(self, at_ns: int) -> Service:
        """The service that the release is of."""
        return Service(
            name="support-api",
            version="1.8.2" if self.released(at_ns) else "1.8.1",
            scope="opentelemetry.instrumentation.genai.openai",
        )
