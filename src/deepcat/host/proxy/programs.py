"""EDGE of the host: nginx and Caddy, as they are found there and as they are called."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deepcat.host.failure import StepError
from deepcat.host.proxy import caddy, nginx
from deepcat.host.proxy.values import PROGRAMS, Settings, Way

_FILES = {"nginx": "nginx.conf", "caddy": "caddy.json"}
# Where they lie, and a shell that nobody logs in to does not look.
_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/usr/local/bin", "/usr/bin")
_PATIENCE_S = 30.0
_VERSION = re.compile(r"nginx/([0-9]+(?:\.[0-9]+){2})")
_WITHOUT = re.compile(r"--without-(\S+)")
_IPV6 = Path("/proc/net/if_inet6")


@dataclass(frozen=True)
class Program:
    """One of them.

    Attributes:
        kind: ``nginx`` or ``caddy``.
        path: of the program.
    """

    kind: str
    path: str

    @property
    def file(self) -> str:
        """The name of the file that it reads."""
        return _FILES[self.kind]

    def run(self) -> list[str]:
        """The command that runs it, in the folder of its file."""
        if self.kind == "nginx":
            return self._nginx(self.file)
        return [self.path, "run", "--config", self.file]

    def text(self, settings: Settings, ways: Sequence[Way], mark: str) -> str:
        """What its file says."""
        if self.kind == "caddy":
            return caddy.text(settings, ways, mark)
        everywhere = ["0.0.0.0", *(["::"] if _IPV6.is_file() else [])]  # noqa: S104 - none is named
        addresses = [settings.listen] if settings.listen else everywhere
        said = self._call([self.path, "-V"], Path("/")).stderr
        without = set(_WITHOUT.findall(said))
        return nginx.text(settings, ways, mark, addresses, without, follows=_follows(said))

    def require(self, folder: Path, name: str) -> None:
        """Raise StepError unless it takes a file (``run/proxy``)."""
        if self.kind == "nginx":
            self._do([*self._nginx(name), "-t", "-q"], folder)
        else:
            self._do([self.path, "validate", "--config", name], folder)

    def reload(self, folder: Path) -> None:
        """Let what runs take its file anew; what it answers just now it still answers.

        Raises:
            StepError: it does not take it (``run/proxy``).
        """
        if self.kind == "nginx":
            self._do([*self._nginx(self.file), "-s", "reload"], folder)
        else:
            words = ["reload", "--force", "--config", self.file, "--address", caddy.ADMIN]
            self._do([self.path, *words], folder)

    def _nginx(self, name: str) -> list[str]:
        # Its prefix is the folder in which it is called: a path may hold what it looks up.
        return [self.path, "-p", "./", "-c", name]

    def _do(self, words: list[str], folder: Path) -> None:
        done = self._call(words, folder)
        if done.returncode:
            raise refused(self.kind, done.stderr or done.stdout)

    @staticmethod
    def _call(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                words,
                cwd=folder,
                env=surroundings(folder),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=_PATIENCE_S,
            )
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(words, 1, "", str(error))


def _follows(said: str) -> bool:
    """Whether nginx can look for each request where it leads.

    Older ones cannot for gRPC. What root begins answers as another user, who does not see root's
    folders.
    """
    version = _VERSION.search(said)
    known = tuple(map(int, version[1].split("."))) if version else ()
    return known >= (1, 17, 8) and os.getuid() != 0


def found(wanted: str) -> Program:
    """The one that is wanted, or the first one that is there.

    Raises:
        StepError: it is not there (``run/proxy``).
    """
    named = (each for each in os.get_exec_path() if Path(each).is_absolute())
    path = os.pathsep.join((*named, *_FOLDERS))
    for kind in (wanted,) if wanted else PROGRAMS:
        if where := shutil.which(kind, path=path):
            return Program(kind, where)
    lacks = f"no {wanted}" if wanted else "neither nginx nor Caddy"
    hint = "install one, or take `proxy` from the cloud's file"
    raise StepError("cloud", "run/proxy", f"there is {lacks} on this host", hint)


def surroundings(folder: Path) -> dict[str, str]:
    """The variables that it sees: it keeps what it keeps in the folder."""
    return {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}


def refused(kind: str, said: str) -> StepError:
    """What it says when it cannot go by its file, or does not run."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wrong = [line for line in lines if "[emerg]" in line or "Error:" in line or '"error"' in line]
    why = (wrong or lines or ["it said nothing"])[-1][:500]
    hint = "correct the cloud's `proxy`, or what it names on the host"
    return StepError("cloud", "run/proxy", f"{kind} says: {why}", hint)
