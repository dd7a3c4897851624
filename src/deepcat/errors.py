"""The one error class that a person is meant to read; `deepcat.cli.main` alone prints it."""

from __future__ import annotations


class DeepcatError(Exception):
    """Something that the user can mend. Never printed as a traceback.

    Args:
        message: what is wrong, in one sentence.
        hint: how to mend it, in one sentence; may be empty.
        code: the finding's or failure's stable code, such as ``run/capacity``; may be empty.
        exit_code: 1 for findings and failures, 2 for misuse.
    """

    def __init__(self, message: str, *, hint: str = "", code: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.exit_code = exit_code


class UsageError(DeepcatError):
    """The command was called wrongly; exit status 2."""

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message, hint=hint, code=code, exit_code=2)
