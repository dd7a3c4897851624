"""How trainings go on a host, and what they made, brought here.

What a host answers is held against what it may answer: whoever is root there writes it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.host.job import gathered, outputs
from deepcat.remote import ssh, steps
from deepcat.remote.link import Link

_STALLS_S = 60.0
_CHUNK, _MOST_LINE = 1 << 16, 16 << 20


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


def gather_there(
    way: Link | None, agent: str, place: str, timeout_s: float
) -> list[dict[str, Any]]:
    """The trainings of a deployment's folder on a host.

    Args:
        way: to the host; None for this machine.
        agent: the folder there of our code as it would be brought today.
        place: the deployment's folder there.
        timeout_s: how long an answer may take.

    Raises:
        DeepcatError: the host is not reached, or does not tell.
    """
    question = steps.gather(agent, place)
    done = ssh.run(way, question.command, question.given, timeout_s)
    said = steps.answer(question, done.rc, done.out.decode("utf-8", "replace"), done.err)
    return list(_fit(said))


def bring_there(way: Link | None, agent: str, place: str, node: str, into: Path) -> None:
    """Copy what a training of a host made into an empty folder here.

    Args:
        way: to the host; None for this machine.
        agent: as of `gather_there`.
        place: the deployment's folder there.
        node: the training's.
        into: the folder here.

    Raises:
        DeepcatError: as `Collecting.bring`.
    """
    question = steps.bring(agent, place, node)
    with (
        _told(),
        emptied(into),
        ssh.received(way, question.command, question.given, _STALLS_S) as read,
    ):
        rest = _Rest(read)
        line = rest.line_of(question.mark)
        said = steps.answer(question, 0, line, "the host said nothing of it")
        for row in _fit(said):
            outputs.taken(into, row, rest.read)


class _Rest:
    """What a host says, after a line of it was read."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read, self._held = read, b""

    def read(self, most: int) -> bytes:
        """The next bytes; none at the end."""
        if not self._held:
            return self._read(most)
        found, self._held = self._held[:most], self._held[most:]
        return found

    def line_of(self, mark: str) -> str:
        """The line that begins with a mark; empty where there is none soon enough."""
        held = b""
        while (chunk := self._read(_CHUNK)) and len(held) < _MOST_LINE:
            held += chunk
            at = held.find(b"\n" + mark.encode())
            ends = held.find(b"\n", at + 1) if at >= 0 else -1
            if ends >= 0:
                self._held = held[ends + 1 :]
                return held[at + 1 : ends].decode("utf-8", "replace")
        return ""


def _fit(said: Any) -> Sequence[dict[str, Any]]:
    """An answer that is a list.

    Raises:
        DeepcatError: it is none.
    """
    if isinstance(said, steps.Fault):
        raise DeepcatError(said.message, hint=said.hint, code=said.code)
    if isinstance(said, dict):
        raise DeepcatError(said["message"], hint=said["hint"], code=said["code"])
    found: Sequence[dict[str, Any]] = said
    return found


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
