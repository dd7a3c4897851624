"""EDGE: the three streams that a command is given, made fit to be used whatever they are.

A stream may be closed (`>&-`), its encoding may lack letters (latin-1), its reader may have gone
(`| head -1`), or the disk behind it may be full. None of these is a fault of deepcat.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from deepcat.errors import DeepcatError
from deepcat.plain import escaped
from deepcat.secrets.mask import MaskedStream

# What we draw with, for encodings that cannot; all else that they lack is written as an escape.
_DRAWN = {
    "…": "...", "–": "-", "—": "-", "·": "-", "•": "*", "→": "->", "×": "x", "≤": "<=", "≥": ">=",
    "✓": "+", "✗": "x", "€": "EUR", "─": "-", "│": "|", "├": "|", "└": "`", "▸": ">",
}  # fmt: skip
_HANDLER = "deepcat"


def prepare() -> None:
    """Open what is closed, write what an encoding lacks in other letters, let no secret out."""
    closed = _open_the_closed()
    codecs.register_error(_HANDLER, _in_other_letters)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)
    sys.stdout = _Output(sys.stdout, closed=1 in closed)
    sys.stderr = _Output(sys.stderr, closed=2 in closed)


class _Output(MaskedStream):
    """A stream whose errors say which it is, and that remembers what a closed one did not take.

    Attributes:
        lost: Whether something was written though the stream was closed from the start.
    """

    def __init__(self, stream: TextIO, closed: bool) -> None:
        super().__init__(stream)
        self._closed = closed
        self.lost = False

    def write(self, text: str) -> int:
        self.lost |= self._closed
        with self._named():
            return super().write(text)

    def flush(self) -> None:
        with self._named():
            self._stream.flush()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            error.filename = self._stream.name
            raise


def finish() -> None:
    """Write what waits in the streams.

    Raises:
        DeepcatError: Something was for standard output, which is closed. It is told at the end, so
            that no work stops half-way for it; of standard error nobody could be told.
        OSError: Nobody reads any more, or the disk behind it is full.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if getattr(sys.stdout, "lost", False):
        raise DeepcatError(
            "standard output is closed, so what was to be printed is lost",
            hint="send it to a file, or to /dev/null where nobody needs it",
            code="output/closed",
        )


def give_up() -> None:
    """Send what still waits in the streams nowhere: it could not be written."""
    for number in (1, 2):
        stream = (sys.stdout, sys.stderr)[number - 1]
        try:
            stream.flush()
        except (OSError, ValueError):
            _nowhere(number)
            with suppress(OSError, ValueError):
                stream.flush()


def _open_the_closed() -> set[int]:
    """A descriptor that is closed would be given to the next file that is opened: keep it.

    Returns:
        Those that were closed.
    """
    closed = set()
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            closed.add(number)
            _nowhere(number)
        if getattr(sys, name) is None:
            setattr(sys, name, _stream(number))
    return closed


def _nowhere(number: int) -> None:
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)


def _stream(number: int) -> TextIO:
    return os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False)


def _in_other_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_DRAWN.get(each) or escaped(each) for each in missing), error.end
