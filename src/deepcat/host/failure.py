"""The typed failure of a step; the step's caller makes it the task's result."""

from __future__ import annotations

from typing import Any


class StepError(Exception):
    """A step could not be done.

    Args:
        kind: ``capacity``, ``quota``, ``auth``, ``cloud`` or ``module``.
        code: stable, such as ``run/checksum``.
        message: what is wrong, one sentence.
        hint: how to mend it, one sentence.

    Attributes:
        log: the end of what a program said before; may be empty.
    """

    def __init__(self, kind: str, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message
        self.hint = hint
        self.log = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": self.kind, "code": self.code, "message": self.message, "hint": self.hint}
