"""A notebook's desk on a host that is logged in to: it is asked by files of its own folder.

The token is read there when somebody asks for it, and kept nowhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError
from deepcat.host.notebook import values
from deepcat.remote import ssh, steps

if TYPE_CHECKING:
    from deepcat.clouds.kind import Reach

_FOLDER = re.compile(rf"{values.FOLDER}/[A-Za-z0-9_][A-Za-z0-9_.-]{{0,63}}/[0-9]{{1,9}}\Z")
_MOST_BYTES, _MOST_STATE = 100_000, 16 << 20
# As a shell ends where there is no such file.
_NONE = 3
_PATIENCE_S = 120.0
# A queue has its time before that.
_MOST_S = 3600.0


@dataclass(frozen=True, slots=True)
class HostDesk:
    """See `deepcat.clouds.developing.Desk`.

    Attributes:
        name: of its deployment.
        reach: how its host is reached.
        node: its node's name, fit for a folder's.
        folder: of its own, relative to the deployment's place.
        code: where our own code lies there; empty where it is this very machine.
    """

    name: str
    reach: Reach
    node: str
    folder: str
    code: str

    @property
    def kept(self) -> str:
        """Where the work lies on its host."""
        local = self.reach.place.rpartition("/")[0]
        return f"{local}/{values.KEPT}/{self.name}/{self.node}"

    def now(self) -> Mapping[str, Any]:
        """What is known of it."""
        return self._own(values.NOW)

    def asked(self) -> Mapping[str, Any]:
        """What was asked of it last."""
        return self._own(values.ASKED)

    def token(self) -> str:
        """By which somebody is let in; empty where it is stopped."""
        return _read(self.reach, f"{self.reach.place}/{self.folder}/{values.TOKEN}", _MOST_BYTES)

    def write(self, asked: Mapping[str, Any]) -> bool:
        """Write down what is asked; whether that is done."""
        path = f"{self.reach.place}/{self.folder}/{values.ASKED}"
        new = ssh.quoted(f"{path}.new")
        script = f"umask 077; cat > {new} && mv -f {new} {ssh.quoted(path)}"
        return ssh.run(self.reach.link, script, json.dumps(dict(asked)).encode()).rc == 0

    def start(self) -> None:
        """Start it again where it has left its machine.

        Raises:
            DeepcatError: it waits too long for one, or does not answer.
        """
        question = steps.start(self.code, self.reach.place, _PATIENCE_S)
        run = ssh.run(self.reach.link, question.command, question.given, _MOST_S)
        said = steps.answer(question, run.rc, run.out.decode("utf-8", "replace"), run.err)
        fault = said.as_dict() if isinstance(said, steps.Fault) else said
        if fault:
            raise DeepcatError(fault["message"], hint=fault["hint"], code=fault["code"])

    def told(self) -> Mapping[str, Any]:
        """What was saved last, and what was left out."""
        return _plain(_read(self.reach, f"{self.kept}/{values.TOLD}", _MOST_BYTES))

    def bundle(self) -> bytes:
        """The work as it was saved last, and what it began with, as a bundle of Git's.

        Raises:
            DeepcatError: there is none (``develop/work``).
        """
        repository = ssh.quoted(f"{self.kept}/{values.SAVED}")
        refs = f"{values.ref_of(self.name)} {values.base_of(self.name)}"
        git = f"git -c safe.directory='*' -c core.fsmonitor=false --git-dir {repository}"
        done = ssh.run(self.reach.link, f"{git} bundle create -q - {refs}", timeout_s=300)
        if done.rc:
            message = f"no work of `{self.name}` is saved: {done.err.strip()[-200:]}"
            hint = f"see `deepcat logs {self.name}`"
            raise DeepcatError(message, hint=hint, code="develop/work")
        return done.out

    def discard(self) -> None:
        """Delete the work for ever."""
        local = self.reach.place.rpartition("/")[0]
        folder = f"{local}/{values.KEPT}"
        own = ssh.quoted(f"{folder}/{self.name}")
        ssh.run(self.reach.link, f"rm -rf {own}; rmdir {ssh.quoted(folder)} 2>/dev/null; true")

    def _own(self, name: str) -> dict[str, Any]:
        path = f"{self.reach.place}/{self.folder}/{name}"
        return _plain(_read(self.reach, path, _MOST_BYTES))


def desk_on(root: Path, reach: Reach, name: str) -> HostDesk | None:
    """A deployment's notebook on its host; None where there is none.

    What its record says of the host is not believed: where it lies is asked there.

    Args:
        root: the catalog's folder.
        reach: how the host is reached.
        name: the deployment's.

    Raises:
        DeepcatError: its host is not reached, or what it knows of what it runs cannot be read
            (``develop/host``).
    """
    from deepcat.remote.agent import agent

    for node, mine in _notebooks(reach, name).items():
        folder = str(((mine or {}).get("live") or {}).get("folder") or "")
        if _FOLDER.match(folder) and folder.split("/")[1] == node:
            ground = reach.ground
            code = f"{ground.base}/agent/{agent(root, reach.travels).digest}" if ground else ""
            return HostDesk(name, reach, node, folder, code)
    return None


def _notebooks(reach: Reach, name: str) -> dict[str, Any]:
    """What a host knows of a deployment's notebooks; none where it knows of no deployment.

    Raises:
        DeepcatError: that cannot be read, so there may be one.
    """
    path = f"{reach.place}/state.json"
    at = ssh.quoted(path)
    script = (
        f"[ -e {at} ] || [ -L {at} ] || exit {_NONE}; [ -f {at} ] && [ ! -L {at} ] || exit 1;"
        f" head -c {_MOST_STATE} {at}"
    )
    done = ssh.run(reach.link, script)
    if done.rc == _NONE:
        return {}
    with suppress(ValueError, RecursionError):
        told = json.loads(done.out) if done.rc == 0 else None
        found = (told.get("notebooks") or {}) if isinstance(told, dict) else None
        if isinstance(found, dict) and all(map(_is_told, found.values())):
            return found
    raise DeepcatError(
        f"`{path}` on the machine of `{name}` cannot be read, so nobody knows what runs there",
        hint=f"see what became of it by `deepcat ssh {name}`",
        code="develop/host",
    )


def _is_told(mine: Any) -> bool:
    """Whether what is told of one notebook has the form that it has."""
    return mine is None or (isinstance(mine, dict) and isinstance(mine.get("live") or {}, dict))


def _read(reach: Reach, path: str, most: int) -> str:
    at = ssh.quoted(path)
    script = f"[ -L {at} ] || head -c {most} {at} 2>/dev/null"
    return ssh.run(reach.link, script).out.decode("utf-8", "replace")


def _plain(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
