"""The exit statuses of every command: one table, which `ending` follows and the website shows."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """An exit status; its text says when a command ends with it."""

    OK = 0, "What was asked was done, and nothing is wrong; hints do not count."
    FAILURE = 1, "Something is wrong or failed: findings, a refusal, a cloud, a disk, an answer."
    MISUSE = 2, "The command was called wrongly: an unknown option, value or name, or no catalog."
    BUG = 70, "deepcat itself is wrong: please report it. `DEEPCAT_DEBUG=1` shows where."
    INTERRUPTED = 130, "Ctrl-C ended it. What was begun is noted; the same command goes on."
    NOBODY_READS = 141, "Whoever read the output stopped reading, as `| head -1` does."

    def __new__(cls, value: int, text: str) -> Exit:
        """The number, with its text beside it."""
        made = int.__new__(cls, value)
        made._value_ = value
        made.text = text
        return made

    text: str
