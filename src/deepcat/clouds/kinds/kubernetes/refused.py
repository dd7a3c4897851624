"""What an API server refuses, and what kind of failure that is, by its own words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcat.clouds.failure import FailureKind

# Words of a refusal -> the kind of failure, the code and what helps; the first that fits counts.
_SAYS = (
    ("exceeded quota", FailureKind.QUOTA, "run/quota", "ask for more, or let something else go"),
    ("failed quota", FailureKind.QUOTA, "run/quota", "ask who runs the cluster for another quota"),
    ("maximum cpu usage", FailureKind.QUOTA, "run/quota", "ask for less, or for another limit"),
    ("maximum memory usage", FailureKind.QUOTA, "run/quota", "ask for less, or for another limit"),
    (
        "because it is being terminated", FailureKind.CLOUD, "run/namespace",
        "wait until the namespace is gone, and make it anew",
    ),
    (
        "admission webhook", FailureKind.CLOUD, "run/admission",
        "ask who runs the cluster what its rule wants",
    ),
    (
        "failed calling webhook", FailureKind.CLOUD, "run/admission",
        "tell who runs the cluster that its webhook does not answer",
    ),
    (
        "violates podsecurity", FailureKind.CLOUD, "run/admission",
        "let the namespace take the restricted standard",
    ),
    (
        "validatingadmissionpolicy", FailureKind.CLOUD, "run/admission",
        "ask who runs the cluster what its rule wants",
    ),
    ("unauthorized", FailureKind.AUTH, "run/denied", "renew the credentials"),
    (
        "cannot ", FailureKind.AUTH, "run/denied",
        "let who runs the cluster bind the role that the guide shows",
    ),
)  # fmt: skip
_DENIED = (401, 403)


class RefusedError(Exception):
    """The API server does not do what it was asked.

    Attributes:
        status: of its answer; 0 where there was none.
        kind: of failure.
        code: stable.
        message: with its own words.
        hint: how to mend it.
    """

    def __init__(self, status: int, kind: FailureKind, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.code = status, kind, code
        self.message, self.hint = message, hint


def refused(status: int, told: Mapping[str, Any]) -> RefusedError:
    """What an answer stands for.

    Args:
        status: of HTTP; 0 where nobody answered.
        told: a `Status` of the API, or what has a `message`.
    """
    words = str(told.get("message") or told.get("reason") or "").strip() or f"status {status}"
    kind, code, hint = judged(status, words, _causes(told))
    who = "the cluster says" if status else "the cluster does not answer"
    return RefusedError(status, kind, code, f"{who}: {' '.join(words.split())[:500]}", hint)


def judged(status: int, words: str, causes: str = "") -> tuple[FailureKind, str, str]:
    """The kind, the code and what helps."""
    folded = f"{words} {causes}".lower()
    for part, kind, code, hint in _SAYS:
        if part in folded:
            return kind, code, hint
    if not status:
        return FailureKind.CLOUD, "run/cluster", "see that it runs, and that its address is right"
    if status in _DENIED:
        return FailureKind.AUTH, "run/denied", "see what the credentials may do there"
    if "not found" in folded and 'namespaces "' in folded:
        return FailureKind.CLOUD, "run/namespace", "make the namespace, or name another one"
    if status in (400, 422):
        return FailureKind.MODULE, "run/values", "correct what the topology or the wish says"
    return FailureKind.CLOUD, "run/cluster", "run the same command again"


def _causes(told: Mapping[str, Any]) -> str:
    details = told.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    each = causes if isinstance(causes, list) else ()
    return " ".join(str(cause.get("reason")) for cause in each if isinstance(cause, Mapping))
