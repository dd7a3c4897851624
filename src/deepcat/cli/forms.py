"""The forms in which a command prints: an option for each, of which one alone may stand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import click

from deepcat.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
_KEY = "deepcat.form"


def forms(**words: str) -> Callable[[F], F]:
    """Options `--json`, `--svg` …, each with its help; the command gets `form`, None for none."""

    def decorate(command: F) -> F:
        for form, text in reversed(words.items()):
            command = click.option(
                f"--{form}",
                is_flag=True,
                expose_value=False,
                callback=partial(take, form),
                help=text,
            )(command)
        return command

    return decorate


def take(form: str, ctx: click.Context, _: click.Parameter, given: Any) -> None:
    """Note that the line names a form.

    Raises:
        UsageError: it names another one, too.
    """
    before = ctx.params.setdefault("form", None)
    if not given:
        return
    if before not in (None, form):
        raise UsageError(
            f"what is printed cannot be {before} and {form} at once", hint="name one of the two"
        )
    ctx.params["form"] = form
