"""The one error class that a person is meant to read; `deepcat.cli.main` alone prints it."""

from __future__ import annotations

import errno
import os


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


_SPACE = "free some space there, then run the same command again"
_RIGHT = "give yourself the right to it, or let its owner run the command"
_GONE = "if it was there, somebody took it away; if it is to be made, make its folder first"
_LIMIT = "end other programs, or raise the limit: `ulimit -n`"
# What a machine may refuse, whoever asks -> code, what to do.
_OF_THE_MACHINE = {
    errno.ENOSPC: ("disk/full", _SPACE),
    errno.EDQUOT: ("disk/full", "free some space there, or ask for more"),
    errno.EROFS: (
        "disk/read-only",
        "mount it so that it can be written, or work in another folder",
    ),
    errno.EACCES: ("disk/denied", _RIGHT),
    errno.EPERM: ("disk/denied", _RIGHT),
    errno.ENOENT: ("disk/gone", _GONE),
    errno.ESTALE: ("disk/gone", _GONE),
    errno.EEXIST: ("disk/kind", "something else has that name: move it away"),
    errno.ENOTDIR: ("disk/kind", "a folder is needed where a file is"),
    errno.EISDIR: ("disk/kind", "a file is needed where a folder is"),
    errno.ELOOP: ("disk/kind", "a symbolic link leads back to itself: take it away"),
    errno.ENAMETOOLONG: ("disk/kind", "choose a shorter name"),
    errno.EIO: ("disk/broken", "the disk, or what stands for it, does not answer as it should"),
    errno.EMFILE: ("machine/limit", _LIMIT),
    errno.ENFILE: ("machine/limit", _LIMIT),
    errno.EAGAIN: ("machine/limit", "end other programs, or raise the limit: `ulimit -u`"),
    errno.ENOMEM: ("machine/memory", "end other programs, or use a machine with more memory"),
}


def of_the_machine(error: Exception) -> DeepcatError | None:
    """What a disk or a machine refuses: full, read-only, somebody else's; None for other errors."""
    if isinstance(error, MemoryError):
        code, hint = _OF_THE_MACHINE[errno.ENOMEM]
        return DeepcatError("there is no memory left", hint=hint, code=code)
    known = _OF_THE_MACHINE.get(error.errno or 0) if isinstance(error, OSError) else None
    if known is None or not isinstance(error, OSError):
        return None
    code, hint = known
    name = error.filename2 or error.filename
    what = f"`{os.fsdecode(name)}`" if isinstance(name, (str, bytes)) else "a file"
    why = error.strerror or str(error)
    return DeepcatError(f"{what} cannot be written or read: {why}", hint=hint, code=code)
