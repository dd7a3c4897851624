"""The words of `deepcat serve`: TensorFlow Serving's spelling is taken like ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from deepcat.errors import UsageError
from deepcat.serving.flags import REFUSED


class ServeCommand(click.Command):
    """A command whose options may be written with underscores; what is not done is refused."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See `click.Command.parse_args`."""
        return super().parse_args(ctx, plain_words(args))


def plain_words(words: Sequence[str]) -> list[str]:
    """The words with dashes in options, without flags that ask for nothing that is not done.

    Raises:
        UsageError: a flag of TensorFlow Serving that cannot be carried out.
    """
    found: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*found, word, *left]
        name, sign, value = word.partition("=")
        flag = name.removeprefix("--").replace("-", "_")
        if not name.startswith("--"):
            found.append(word)
        elif flag in REFUSED:
            if not sign:
                value = left.pop(0) if left and not left[0].startswith("-") else "true"
            if value.lower() not in REFUSED[flag].harmless:
                raise UsageError(
                    f"`--{flag}={value}` cannot be carried out", hint=f"{REFUSED[flag].why}"
                )
        else:
            found.append("--" + flag.replace("_", "-") + sign + value)
    return found


def switch(*names: str, default: bool | None = None, help: str) -> Callable[[Any], Any]:
    """An option that is on or off, as TensorFlow Serving's are: ``--x``, ``--x=true``."""
    return click.option(
        *names,
        type=click.BOOL,
        is_flag=False,
        flag_value="true",
        default=default,
        metavar="[=BOOL]",
        help=help,
    )


def prefers_lite(given: Mapping[str, Any]) -> bool | None:
    """Whether `model.tflite` serves where a SavedModel lies beside it; None: the samples say.

    Raises:
        UsageError: the options contradict each other.
    """
    prefer: bool | None = given["prefer_lite"]
    if given["engine"] != "lite":
        return prefer
    if prefer is False:
        raise UsageError(
            "`--engine lite` serves `model.tflite` alone",
            hint="leave one of it and `--prefer-tflite-model=false`",
        )
    return True
