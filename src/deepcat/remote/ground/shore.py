"""A host's shell, on this very machine or behind `ssh`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.remote import ssh
from deepcat.remote.ground.choose import GroundError
from deepcat.remote.link import Link

# Slower than that no line is waited for; one that is cut is known within seconds.
_LEAST_BYTES_S = 100_000
_AUTH = ("remote/denied", "remote/host-key")


@dataclass(frozen=True, slots=True)
class Said:
    """How a script ended.

    Attributes:
        rc: its exit status.
        out: what it printed.
        err: what it complained.
        sent: bytes that it was sent.
    """

    rc: int
    out: str
    err: str
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Shore:
    """A host's shell.

    Attributes:
        link: how it is reached; None for this very machine.
        patience_s: how long a script may take, besides what its stream takes.
    """

    link: Link | None = None
    patience_s: float = 120.0

    def run(self, script: str, given: bytes = b"", patience_s: float = 0.0) -> Said:
        """Run a script, with something on its standard input.

        Raises:
            GroundError: the host cannot be reached.
        """
        try:
            done = ssh.run(self.link, script, given, patience_s or self.patience_s)
        except DeepcatError as error:
            raise _unreached(error) from None
        return Said(done.rc, done.out.decode("utf-8", "replace"), done.err, len(given))

    def stream(self, script: str, path: Path, offset: int) -> Said:
        """Run a script with a file on its standard input, from an offset to the end.

        Raises:
            GroundError: the host cannot be reached, or no longer.
        """
        patience_s = self.patience_s + path.stat().st_size / _LEAST_BYTES_S
        with path.open("rb") as source:
            try:
                done = ssh.stream(self.link, script, source, offset, patience_s)
            except DeepcatError as error:
                raise _unreached(error) from None
            # Who reads moves on in what we opened.
            sent = os.lseek(source.fileno(), 0, os.SEEK_CUR) - offset
        return Said(done.rc, done.out.decode("utf-8", "replace"), done.err, sent)


def _unreached(error: DeepcatError) -> GroundError:
    kind = "auth" if error.code in _AUTH else "cloud"
    return GroundError(kind, error.code, error.message, error.hint)
