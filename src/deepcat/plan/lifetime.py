"""When a deployment's time is over. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from deepcat.plan.digests import wish_digest
from deepcat.plan.values import State, Wish


def expired(wish: Wish, state: State | None, now: datetime | None) -> bool:
    """Whether what was applied has reached its end, and the wish was not changed since.

    A wish that was changed, say to a longer lifetime, is looked at anew.
    """
    if now is None or state is None or not state.expires:
        return False
    if state.wish_digest != wish_digest(wish.deployment):
        return False
    return instant(state.expires) <= now


def instant(text: str) -> datetime:
    """An ISO 8601 instant; without a zone it is UTC.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
