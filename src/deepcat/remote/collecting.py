"""How trainings go on a host, and what they made, brought here.

What a host answers is held against what it may answer: whoever is root there writes it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.host.job import gathered, outputs


def gather_here(place: Path) -> list[dict[str, Any]]:
    """The trainings of a deployment's folder on this machine.

    Raises:
        DeepcatError: who keeps them does not answer.
    """
    with _told():
        return gathered.trainings(place)


def bring_here(place: Path, node: str, into: Path) -> None:
    """Copy what a training of this machine made into an empty folder.

    Raises:
        DeepcatError: as `Collecting.bring`.
    """
    with _told(), emptied(into):
        folder, rows = gathered.output(place, node)
        outputs.copied(folder, rows, into)


@contextmanager
def emptied(into: Path) -> Iterator[None]:
    """A folder that is filled whole or not at all.

    Raises:
        DeepcatError: something lies there already (``job/not-empty``), or no space is left.
    """
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        hint = "name a folder in which nothing lies"
        raise DeepcatError(f"`{into}` is not empty", hint=hint, code="job/not-empty")
    try:
        yield
    except BaseException as error:
        for path in into.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if isinstance(error, OSError):
            message = f"`{into}` cannot be written: {error.strerror or error}"
            hint = "make room, or name another folder"
            raise DeepcatError(message, hint=hint, code="job/not-written") from None
        raise


@contextmanager
def _told() -> Iterator[None]:
    """A step's failure, as whoever asks from here reads it."""
    try:
        yield
    except StepError as error:
        raise DeepcatError(error.message, hint=error.hint, code=error.code) from None
