"""What went wrong at the forge, typed, and whether waiting helps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.errors import DeepcatError

MAX_MESSAGE = 300


class ForgeError(DeepcatError):
    """The forge did not do what was asked; `code` says of which kind."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call.

    Attributes:
        code: such as ``forge/limit``.
        message: one sentence.
        hint: how to mend it.
        wait_s: after how long it may be tried again; None when trying again is of no use.
    """

    code: str
    message: str
    hint: str
    wait_s: float | None

    def error(self) -> ForgeError:
        """The same as an error for a person."""
        return ForgeError(self.message, hint=self.hint, code=self.code)


_HINTS = {
    "forge/credentials": "give a token that is valid, in the environment variable GITHUB_TOKEN",
    "forge/forbidden": "give the workflow the permission that this call needs",
    "forge/not-found": "check the repository's name, and that the token may see it",
    "forge/conflict": "someone else changed it at the same moment; run the command again",
    "forge/refused": "read the forge's own words above",
    "forge/limit": "wait until the forge's limit has been reset, then run the command again",
    "forge/unavailable": "the forge has trouble; run the command again later",
}


def from_answer(
    status: int, headers: Mapping[str, str], data: Any, attempt: int, now: float
) -> Failure:
    """What an answer that is no success means.

    Args:
        status: HTTP status.
        headers: of the answer, in any case.
        data: the body, as parsed; GitHub's has `message` and `errors`.
        attempt: how often it was tried before, from 0.
        now: seconds since the epoch, for limits that name an instant.
    """
    words = said(data)
    lower = {name.lower(): value for name, value in headers.items()}
    if status in {403, 429} and _is_limit(status, lower, words):
        return _failure("forge/limit", status, words, _limit_wait(lower, attempt, now))
    code, retry = {
        401: ("forge/credentials", False),
        403: ("forge/forbidden", False),
        404: ("forge/not-found", False),
        409: ("forge/conflict", True),
        410: ("forge/not-found", False),
        422: ("forge/refused", _is_race(words)),
    }.get(status, ("forge/unavailable", True) if status >= 500 else ("forge/refused", False))
    return _failure(code, status, words, _backoff(attempt) if retry else None)


def from_fault(reason: str, attempt: int) -> Failure:
    """What a call that got no answer means: a time-out, a cut connection."""
    message = f"the forge gave no answer: {reason[:MAX_MESSAGE]}"
    return Failure("forge/unavailable", message, _HINTS["forge/unavailable"], _backoff(attempt))


def _failure(code: str, status: int, said: str, wait_s: float | None) -> Failure:
    words = f": {said}" if said else ""
    return Failure(code, f"the forge answered {status}{words}", _HINTS[code], wait_s)


def said(data: Any) -> str:
    """The words of an answer; empty without any.

    GitHub's has `message` and `errors`, GitLab's `message`, or `error` and its description.
    """
    if not isinstance(data, Mapping):
        return ""
    errors = data.get("errors")
    details = [
        str(each.get("message") or each.get("code") or "")
        if isinstance(each, Mapping)
        else str(each)
        for each in (errors if isinstance(errors, list) else ())
    ]
    words = data.get("message") or data.get("error_description") or data.get("error") or ""
    parts = [str(words), *details]
    return "; ".join(" ".join(part.split()) for part in parts if part)[:MAX_MESSAGE]


def _is_limit(status: int, headers: Mapping[str, str], said: str) -> bool:
    return (
        status == 429
        or "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in said.lower()
    )


def _limit_wait(headers: Mapping[str, str], attempt: int, now: float) -> float:
    after = headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        # One second more: the limit ends somewhere inside the second that it names.
        return max(1.0, float(reset) - now + 1)
    return 30.0 * float(2**attempt)


def _is_race(said: str) -> bool:
    """Whether someone else did the same thing a moment before, so that looking again helps."""
    return any(each in said for each in ("already exists", "not a fast forward"))


def _backoff(attempt: int) -> float:
    return float(2**attempt)
