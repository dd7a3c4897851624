"""Answers: given as options, asked for in a terminal, or taken by default."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from deepcat.catalog.judging.schema import load_schema
from deepcat.catalog.reading.open_tree import git_setting
from deepcat.catalog.reading.paths import NAME, is_reserved
from deepcat.catalog.reading.units import UnitKind
from deepcat.cli.say import say
from deepcat.errors import UsageError


def words(key: str) -> click.Choice[str]:
    """The words that the schema allows for a key of `module.yaml`."""
    field = load_schema(UnitKind.MODULE)["properties"][key]
    return click.Choice(field["items"]["enum"], case_sensitive=False)


def check_name(name: str, what: str) -> None:
    """Whether a name will do.

    Raises:
        UsageError: it will not.
    """
    if not NAME.match(name) or is_reserved(name):
        hint = "use small letters, digits and hyphens, such as `plant-classifier`"
        raise UsageError(f"`{name}` is no name for a {what}", hint=hint)


def check_handle(handle: str) -> None:
    """Whether a handle on the forge will do.

    Raises:
        UsageError: it will not.
    """
    pattern = load_schema(UnitKind.DEPLOYMENT)["properties"]["owner"]["pattern"]
    if not re.fullmatch(pattern[1:-1], handle):
        raise UsageError(f"`{handle}` is no handle", hint="such as `ada` or `org/team`")


def handle(directory: Path) -> str:
    """The person's handle on the forge, as far as Git or the system knows a name."""
    for text in (git_setting(directory, "github.user"), git_setting(directory, "user.name")):
        if slug := re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:39].rstrip("-"):
            return slug
    return "owner"


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def may_ask() -> bool:
    """Whether there is a person to be asked."""
    return _is_terminal()


def require(*answers: tuple[str | None, str, str]) -> None:
    """See that all can be answered, where nobody can be asked.

    Args:
        answers: what is known, or empty; what is asked for, in words; the option that gives it.

    Raises:
        UsageError: something lacks; it names all that does.
    """
    lacking = [(words, option) for known, words, option in answers if not known]
    if lacking and not _is_terminal():
        said = "; ".join(words for words, _ in lacking)
        given = ", ".join(f"`{option}`" for _, option in lacking)
        raise UsageError(f"no answer to: {said}", hint=f"give it with {given}")


def ask(given: str | None, question: str, default: str | None, option: str = "") -> str:
    """An answer: the one given, or the person's, or the default."""
    if given is not None:
        return given
    if _is_terminal():
        answer: str = click.prompt(question, default=default or None, show_default=True)
        return answer
    if default or (default is not None and not option):
        return default
    raise UsageError(f"no answer to: {question}", hint=f"give it with `{option}`")


def choose(given: Sequence[str], question: str, key: str, default: str) -> Sequence[str]:
    """Words of a vocabulary: those given, or the person's, or the default."""
    if given:
        return given
    allowed = words(key)
    if not _is_terminal():
        return [default]
    say("{}: {}", question, ", ".join(allowed.choices))

    def convert(text: str) -> list[str]:
        return [
            allowed.convert(word.strip(), None, None) for word in text.split(",") if word.strip()
        ]

    answer: list[str] = click.prompt(
        "Which, by commas", default=default, value_proc=convert, show_default=True
    )
    return answer
