"""The editors of a place to develop: what each is made of, how it begins, and who uses it.

All else is the same for each: the box, the folder that is worked on, its saving, the bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from deepcat.host.box.grant import GIVEN
from deepcat.host.notebook import code_server, laid, terminals, values

if TYPE_CHECKING:
    from deepcat.host.notebook.door import Door


class Use(NamedTuple):
    """What is done in an editor.

    Attributes:
        kernels: as `ends.last_use` takes them.
        terminals: the same.
        busy: whether it is in use at this very time.
        left: when somebody left it last, seconds since 1970; 0 for never.
    """

    kernels: Sequence[Mapping[str, Any]] = ()
    terminals: Sequence[Mapping[str, Any]] = ()
    busy: bool = False
    left: float = 0.0


@dataclass(frozen=True)
class Laid:
    """Where an editor's own things lie.

    Attributes:
        set_: a folder that its box only reads.
        environment: of its lock, a folder of packages; empty where it has none.
        own: the module's environment; empty for the host's own packages.
        kept: what outlives it.
        deployment: its name.
    """

    set_: Path
    environment: str
    own: str
    kept: Path
    deployment: str


class Editor(Protocol):
    """An editor, as hosts run it."""

    title: str
    # The file beside the module's that pins what it is made of; empty where the host has it.
    lock: str

    def reads(self) -> tuple[str, ...]:
        """What of the host's own it needs.

        Raises:
            StepError: the host does not have it (``run/editor``).
        """

    def write(self, where: Laid, page: Path) -> None:
        """Lay down what is set for it; ``page`` is the folder of our part of JupyterLab's."""

    def command(self, where: Laid) -> list[str]:
        """What begins it in its box."""

    def variables(self, where: Laid, path: str) -> Mapping[str, str]:
        """What it and its terminals find, ``PATH`` among that."""

    def given(self, token: str) -> Mapping[str, str]:
        """What its box gives it alone."""

    def door(self, folder: Path, words: str, prefix: str) -> Door:
        """Who lets somebody in."""

    async def use(self, door: Door, prefix: str, root: int, *, has_terminals: bool) -> Use:
        """What is done in it.

        Args:
            door: that `door` gave.
            prefix: of its paths.
            root: the id of the process that its box is below.
            has_terminals: whether it has any.

        Raises:
            OSError: it does not answer.
        """


class JupyterLab:
    """JupyterLab of our own lock, which asks for the token itself."""

    title, lock = "JupyterLab", values.LOCK

    def reads(self) -> tuple[str, ...]:
        """See `Editor`."""
        return ()

    def write(self, where: Laid, page: Path) -> None:
        """See `Editor`."""
        laid.write(where.set_, where.environment, where.own, page)

    def command(self, where: Laid) -> list[str]:
        """See `Editor`."""
        return laid.command(where.environment, where.set_, where.deployment, where.kept)

    def variables(self, where: Laid, path: str) -> Mapping[str, str]:
        """See `Editor`."""
        return laid.variables(where.kept, where.set_, where.environment, path)

    def given(self, token: str) -> Mapping[str, str]:
        """See `Editor`."""
        return {f"{GIVEN}JUPYTER_TOKEN": token}

    def door(self, folder: Path, words: str, prefix: str) -> Door:
        """See `Editor`."""
        from deepcat.host.notebook.door import Door

        del prefix
        return Door(folder, words)

    async def use(self, door: Door, prefix: str, root: int, *, has_terminals: bool) -> Use:
        """See `Editor`."""
        del root
        quiet = "?no_track_activity=1"
        kernels = await door.ask(f"{prefix}api/kernels{quiet}")
        if not has_terminals:
            return Use(kernels)
        return Use(kernels, await door.ask(f"{prefix}api/terminals{quiet}"))


class CodeServer:
    """The code-server that a host has, behind a door that asks for the token."""

    title, lock = "code-server", ""

    def reads(self) -> tuple[str, ...]:
        """See `Editor`."""
        return code_server.found().reads

    def write(self, where: Laid, page: Path) -> None:
        """See `Editor`."""
        del page
        laid.write_python(where.set_, where.own)
        code_server.write(where.set_)

    def command(self, where: Laid) -> list[str]:
        """See `Editor`."""
        return code_server.command(code_server.found(), where.set_, where.kept)

    def variables(self, where: Laid, path: str) -> Mapping[str, str]:
        """See `Editor`."""
        return laid.of_terminals(where.kept, where.set_, path)

    def given(self, token: str) -> Mapping[str, str]:
        """See `Editor`."""
        del token
        return {}

    def door(self, folder: Path, words: str, prefix: str) -> Door:
        """See `Editor`."""
        from deepcat.host.notebook.gate import Gate

        return Gate(folder, words, prefix)

    async def use(self, door: Door, prefix: str, root: int, *, has_terminals: bool) -> Use:
        """See `Editor`."""
        del prefix
        await door.ask("/healthz")
        busy = bool(door.connected) or (has_terminals and terminals.busy_below(root))
        return Use(busy=busy, left=door.left)


_KNOWN: Mapping[str, Editor] = {
    values.JUPYTERLAB: JupyterLab(),
    values.CODE_SERVER: CodeServer(),
}


def of(name: str) -> Editor:
    """The editor of a name; JupyterLab where none is told."""
    return _KNOWN[name or values.JUPYTERLAB]
