"""Whatever keeps its deployments in folders of this very machine: what is there, and can happen."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from loops import MODULE

from deepcat.host.supervisor import Supervisor
from deepcat.remote.ground.uses import NOTE

ESCAPED = "deepcat-was-here"
_OUTSIDE = ("etc", "usr", "root", "var/tmp", "srv")
_MOST_LOG = 20_000_000


class Here:
    """What such grounds share.

    Args:
        scratch: a folder of its own.
    """

    kind = ""
    # A word of the command of what keeps programs running.
    keeper = "supervisord"
    # Of the moments at which a case interrupts a command; kinds may share them out.
    moments = slice(None)
    ports = True
    is_far = False
    desk = "first"

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.undo = ExitStack()
        self.faults: Mapping[str, Callable[[Path, str], None]] = {
            "server killed": self._kill_server,
            "keeper killed": self._kill_all,
            "place deleted": lambda root, name: shutil.rmtree(self.place(root, name)),
            "model deleted": lambda root, name: shutil.rmtree(self.place(root, name) / "models"),
            "file altered": self._alter,
            "full": self.fill,
            "disk full": self.fill,
            "rubbish": self._rubbish,
            "deletion refused": self._busy,
        }

    def folder(self, root: Path, cloud: str) -> Path:
        """Where a catalog's deployments lie on a cloud."""
        raise NotImplementedError

    def clouds(self, root: Path) -> Mapping[str, Mapping[str, Any]]:
        """As `Ground.clouds`."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Nothing more."""
        return {}

    def there(self, root: Path) -> Mapping[str, list[str]]:
        """Folders and processes."""
        found: dict[str, list[str]] = {}
        for folder in self._folders(root):
            for path in folder.glob("*"):
                name = "" if path.name.startswith(".") else path.name
                found.setdefault(name, []).append(f"the folder {path}")
        for pid, words in self.processes(root):
            name = next((name for name in found if name and f"/{name}/" in words), "")
            found.setdefault(name, []).append(f"the process {pid}: {words[:2000]}")
        return found

    def notes(self) -> tuple[str, tuple[Path, ...]]:
        """A folder of the scratch."""
        return str(self.scratch / "notes"), (self.scratch / "notes",)

    def escaped(self, root: Path) -> list[Path]:
        """What a hostile training has left outside of its own folders."""
        mine = ("output", "work", "checkpoints")
        found = [path for folder in self._folders(root) for path in folder.rglob(ESCAPED)]
        found = [path for path in found if not any(each in path.parts for each in mine)]
        logs = [path for folder in self._folders(root) for path in folder.glob("demo/logs/*")]
        large = [path for path in logs if path.stat().st_size > _MOST_LOG]
        return [*found, *large, *(path for path in self._outside() if path.exists())]

    def _outside(self) -> list[Path]:
        """Where such a file must not lie either."""
        return [Path("/", where, ESCAPED) for where in _OUTSIDE]

    def lend(self, root: Path) -> None:
        """It is brought, as any host gets it."""

    def mend(self) -> None:
        """Undo all that was done."""
        self.undo.close()

    def clear(self, root: Path) -> None:
        """Its processes, what looks after them first, and its folders."""
        self._kill_all(root, "")
        for folder in self._folders(root):
            shutil.rmtree(folder, ignore_errors=True)

    def hold(self, root: Path, name: str) -> None:
        """Have what a deployment was given lie there for the next one, too, though this one goes.

        Somebody else's folder names it, so that it is not brought again for each case.
        """
        for cloud in ("first", "second"):
            own, folder = self.place(root, name, cloud) / NOTE, self.folder(root, cloud).parent
            if own.is_file():
                held = folder / "suite" / "held" / NOTE
                held.parent.mkdir(parents=True, exist_ok=True)
                known = held.read_text().split() if held.is_file() else []
                held.write_text("\n".join(dict.fromkeys([*known, *own.read_text().split()])) + "\n")

    def end(self) -> None:
        """Nothing is left but files."""
        self.mend()

    def place(self, root: Path, name: str, cloud: str = "first") -> Path:
        """A deployment's folder."""
        return self.folder(root, cloud) / name

    def fill(self, root: Path, name: str) -> None:
        """The disk has next to no room."""
        self.make(self.folder(root, "first"))
        self.mount(str(self.folder(root, "first")), "size=48k")

    def make(self, folder: Path) -> None:
        """A folder on the first cloud, as whoever logs in there would have made it."""
        folder.mkdir(parents=True, exist_ok=True)

    def mount(self, folder: str, options: str) -> None:
        """An empty file system in a folder of the first cloud, until all is mended."""
        self.shell(f"mount -t tmpfs -o {options} tmpfs {folder}")
        self.undo.callback(self.shell, f"umount -l {folder} || true")

    def shell(self, script: str) -> None:
        """As root, on the machine of the first cloud."""
        subprocess.run(["sh", "-c", script], check=True, capture_output=True)

    def take_ports(self, root: Path, name: str, address: str) -> None:
        """Somebody else listens where a deployment wants to."""
        wish = json.loads((root / "deployments" / f"{name}.yaml").read_text("utf-8"))
        for port in wish["inputs"].values():
            holder = self.undo.enter_context(socket.socket())
            holder.bind((address, port))
            holder.listen()

    def _folders(self, root: Path) -> set[Path]:
        return {self.folder(root, cloud) for cloud in ("first", "second")}

    def _kill_server(self, root: Path, name: str) -> None:
        self._kill(root, lambda words: f"{MODULE}=" in words)

    def _kill_all(self, root: Path, name: str) -> None:
        self._kill(root, lambda words: self.keeper in words)
        self._kill(root, lambda _: True)

    def _alter(self, root: Path, name: str) -> None:
        path = next((self.place(root, name) / "models").rglob("saved_model.pb"))
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b"\0")

    def _rubbish(self, root: Path, name: str) -> None:
        """What is where its folder shall be is no folder."""
        path = self.place(root, name)
        self.make(path.parent)
        path.write_text("rubbish")
        self.undo.callback(path.unlink)

    def _busy(self, root: Path, name: str) -> None:
        """A file system is mounted in its place, so that the machine refuses to delete it."""
        folder = self.place(root, name) / "held"
        folder.mkdir()
        self.mount(str(folder), "size=1m")

    def processes(self, root: Path) -> Iterator[tuple[int, str]]:
        """All that runs for a catalog here, as the system itself tells: id and command."""
        mine = [str(each) for own in self._folders(root) for each in (own, Supervisor(own).folder)]
        for path in Path("/proc").iterdir():
            if path.name.isdigit() and int(path.name) != os.getpid():
                with suppress(OSError):
                    words = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
                    where = str((path / "cwd").readlink())
                    if words and any(each in words or each in where for each in mine):
                        yield int(path.name), words

    def _kill(self, root: Path, which: Callable[[str], bool]) -> None:
        for pid, words in self.processes(root):
            if which(words):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
