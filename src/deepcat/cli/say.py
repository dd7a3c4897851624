"""The one place where the command line prints: what others wrote cannot command the reader's side.

A terminal obeys escape sequences; a workflow's log obeys lines that begin with ``::``. Text of a
catalog, of a log or of an answer becomes neither, whoever prints it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from deepcat.plain import plain

_WORKFLOW = "GITHUB_ACTIONS"
_DUMB = "dumb"
# The older form, `##[`, is obeyed wherever it stands in a line.
_COMMAND = re.compile(r"\A(\s*):(?=:)|(#)(?=#\[)")


def say(words: str = "", *values: object, nl: bool = True, err: bool = False, **style: Any) -> None:
    """Print one line.

    Args:
        words: our own, with a place ``{}`` for each value, as ``str.format`` reads it.
        values: what others may have written; each is made plain first.
        nl: end the line.
        err: to the error stream.
        style: as ``click.style`` takes it.
    """
    line = words.format(*(_value(each) for each in values))
    _put(_styled(_quiet(line), style), nl=nl, err=err)


def coloured() -> bool | None:
    """Whether to write colours, as the environment asks; None: where a terminal reads them."""
    environ = os.environ
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if environ.get("TERM") == _DUMB or environ.get("CLICOLOR") == "0":
        return False
    return None


def redraws() -> bool:
    """Whether what is printed stands on a terminal where a line can be drawn anew."""
    return sys.stdout.isatty() and os.environ.get("TERM") != _DUMB


@contextmanager
def waiting(words: str, name: str = "", *, after_s: float = 1.0) -> Iterator[None]:
    """Say at a terminal what is waited for, once it takes longer than a moment; nowhere else."""
    if not sys.stderr.isatty():
        yield
        return
    from threading import Timer

    timer = Timer(after_s, say, ("{} …", f"{words} {name}".rstrip()), {"err": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def say_line(text: str) -> None:
    """Print one line that others may have written."""
    say("{}", text)


def say_lines(text: str, *, nl: bool = True, err: bool = False, **style: Any) -> None:
    """Print text of several lines, such as a document or a log: each line is made plain."""
    lines = (_quiet(_kept_tabs(line)) for line in text.split("\n"))
    _put(_styled("\n".join(lines), style), nl=nl, err=err)


def say_json(value: object) -> None:
    """Print a value as JSON; letters that the stream's encoding may lack are escaped by JSON."""
    import json

    escapes = "utf" not in (getattr(sys.stdout, "encoding", "") or "utf-8").lower()
    say_lines(json.dumps(value, indent=2, ensure_ascii=escapes))


def say_painted(text: str) -> None:
    """Print what was made plain and painted elsewhere, such as findings with their colours."""
    _put(text)


def say_document(text: str) -> None:
    """Print a file's content: exactly, where a program reads it; else as `say_lines`."""
    if sys.stdout.isatty() or os.environ.get(_WORKFLOW):
        say_lines(text, nl=False)
    else:
        _put(text, nl=False)


def command_lines(text: str) -> None:
    """Print lines that a workflow shall obey, made by what escapes each value for it."""
    _put(text)


def _put(text: str, *, nl: bool = True, err: bool = False) -> None:
    # Without a stream named, click opens one of its own where the encoding is ASCII: past ours.
    click.echo(text, file=sys.stderr if err else sys.stdout, nl=nl, color=coloured())


def _styled(text: str, style: dict[str, Any]) -> str:
    return click.style(text, **style) if style else text


def _value(value: object) -> object:
    return value if isinstance(value, (int, float)) else plain(str(value))


def _kept_tabs(line: str) -> str:
    return "\t".join(map(plain, line.split("\t")))


def _quiet(line: str) -> str:
    """In a workflow no line is a command: what begins with ``::``, or holds ``##[``, is parted."""
    if os.environ.get(_WORKFLOW):
        return _COMMAND.sub(r"\g<0> ", line)
    return line
