"""A catalog with its loop, on a bare repository or beside the forge's double, to be driven."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import forked

from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.supervisor import Supervisor

RIGS = Path(__file__).resolve().parent
SOURCE = RIGS.parents[1]
MODULE = "half-plus-two"
WISH = "deployments/demo.yaml"
RIGHT, WRONG = "[2.5, 3.0, 4.5]", "[9.5, 3.0, 4.5]"
FIRST = "begin"
NEVER = 10_000


class Broken(AssertionError):
    """What must always hold did not."""


@dataclass
class Main:
    """What main says, as the schedule itself knows it.

    Attributes:
        commits: of main, oldest first.
        versions: those released so far, and whether each is good.
        is_wished: whether the deployment's file is there.
    """

    commits: list[str] = field(default_factory=list)
    versions: list[tuple[str, bool]] = field(default_factory=lambda: [("1.0.0", True)])
    is_wished: bool = True

    @property
    def tip_is_good(self) -> bool:
        return self.versions[-1][1]


class Loop:
    """A catalog with its loop.

    Args:
        folder: an empty folder of the walk's own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bare = folder / "hub.git"
        self.clone = folder / "clone"
        self.main = Main()
        self.environment: dict[str, str] = {}

    @property
    def root(self) -> Path:
        """The folder that the loop works in."""
        raise NotImplementedError

    def deploy(self, before: str, after: str, at: int = NEVER) -> forked.Popen:
        """Begin the run that follows a merge; it is killed at the given moment."""
        raise NotImplementedError

    def sent(self) -> None:
        """Bring the clone's main to the server without letting the loop run."""
        raise NotImplementedError

    def begin(self) -> None:
        self.git("init", "-q", "--bare", "-b", "main", str(self.bare), at=self.folder)
        self.git("clone", "-q", str(self.bare), str(self.clone), at=self.folder)
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.org")
        for name in ("deepcat.yaml", "clouds/local.yaml"):
            (self.clone / name).parent.mkdir(exist_ok=True)
            (self.clone / name).write_bytes((SOURCE / name).read_bytes())
        own = self.clone / "modules" / MODULE
        shutil.copytree(
            SOURCE / "modules" / MODULE, own, ignore=shutil.ignore_patterns("__pycache__")
        )
        (self.clone / ".gitignore").write_text("/.deepcat/\n")
        self.wish()
        self.commit(FIRST)

    def wish(self) -> None:
        data = {
            "apiVersion": "deepcat/v1",
            "module": MODULE,
            "version": "^1.0.0",
            "profile": "serve",
            "inputs": {"rest_port": 0, "grpc_port": 0},
            "placement": {"clouds": ["local"]},
            "owner": "ada",
        }
        path = self.clone / WISH
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(data, indent=1))
        self.main.is_wished = True

    def unwish(self) -> None:
        (self.clone / WISH).unlink()
        self.main.is_wished = False

    def release(self, good: bool) -> None:
        """Give the module its next version, whose samples are right or wrong."""
        old = self.main.versions[-1][0]
        new = f"1.{int(old.split('.')[1]) + 1}.0"
        path = self.clone / "modules" / MODULE / "module.yaml"
        text = path.read_text().replace(f"version: {old}\n", f"version: {new}\n", 1)
        text = text.replace(RIGHT, WRONG) if not good else text.replace(WRONG, RIGHT)
        entry = f"changes:\n  - {{version: {new}, date: '2026-01-01', kind: changed, text: New.}}\n"
        path.write_text(text.replace("changes:\n", entry, 1))
        self.main.versions.append((new, good))

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.main.commits.append(self.git("rev-parse", "HEAD").strip())

    def git(self, *argv: str, at: Path | None = None) -> str:
        done = subprocess.run(
            ["git", "-c", "gc.auto=0", *argv],
            cwd=at or self.clone,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Broken(f"git {argv[0]}: {done.stderr}")
        return done.stdout

    def started(self, *argv: str, at: int = NEVER, stdin: str = "") -> forked.Popen:
        """Begin a command of deepcat, killed at a moment."""
        outer = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "GIT_"))}
        process = forked.Popen(
            [sys.executable, str(RIGS / "killed.py"), str(at), *argv],
            cwd=self.root if self.root.is_dir() else self.folder,
            env=outer | self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if process.stdin:
            process.stdin.write(stdin)
            process.stdin.close()
            process.stdin = None
        return process

    def ended(self, process: forked.Popen) -> str:
        """Wait for a command; gives what it said."""
        said, _ = process.communicate(timeout=300)
        if process.returncode not in (0, 1, -signal.SIGKILL) or "Traceback" in said:
            raise Broken(f"ended by {process.returncode}: {said}")
        return said

    def deepcat(self, *argv: str, at: int = NEVER) -> str:
        return self.ended(self.started("-C", str(self.root), *argv, at=at))

    def status(self) -> dict[str, Any]:
        """The deployment as `deepcat status` tells it; empty when there is none."""
        rows = json.loads(self.deepcat("status", "--json"))
        return dict(rows[0]) if rows else {}

    def processes(self) -> dict[int, str]:
        """All that runs for this catalog now, as the system itself tells: id and command."""
        mine = [str(self.folder), str(Supervisor(local_folder(self.root)).folder)]
        found = {}
        for path in Path("/proc").iterdir():
            if path.name.isdigit() and int(path.name) != os.getpid():
                with suppress(OSError):
                    words = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
                    where = str((path / "cwd").readlink())
                    if words and any(each in words or each in where for each in mine):
                        found[int(path.name)] = words
        return found

    def kill(self, which: str) -> None:
        """Kill the supervisor, the server, or all that runs here, at once."""
        for pid, words in self.processes().items():
            is_supervisor = "supervisord" in words
            if which == "host" or (which == "supervisor") == is_supervisor:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """Leave no process behind."""
        with suppress(Broken):
            self.deepcat("destroy", "--all", "--yes")
        self.kill("host")


class Bare(Loop):
    """On a bare repository: a push runs the hook on the server."""

    @property
    def root(self) -> Path:
        return self.bare / "catalog"

    def begin(self) -> None:
        super().begin()
        self.sent()
        self.ended(self.deploy("0" * 40, self.main.commits[-1]))

    def sent(self) -> None:
        self.git("push", "-q", "origin", "main")

    def deploy(self, before: str, after: str, at: int = NEVER) -> forked.Popen:
        line = f"{before} {after} refs/heads/main\n"
        self.environment["GIT_DIR"] = str(self.bare)
        return self.started("ci", "hook", "receive", at=at, stdin=line)


class Forge(Loop):
    """Beside the forge's double: a runner's clone, and an event for each run."""

    def __init__(self, folder: Path, github: Any) -> None:
        super().__init__(folder)
        self._github = github
        self.environment = {
            "GITHUB_REPOSITORY": "deep/catalog",
            "GITHUB_TOKEN": "ghs_the-token-of-the-workflow",
            "GITHUB_API_URL": github.url,
            "GITHUB_SERVER_URL": github.url,
        }

    @property
    def root(self) -> Path:
        return self.folder / "runner"

    def begin(self) -> None:
        super().begin()
        self.git("push", "-q", "origin", "main")
        self.git("clone", "-q", str(self.bare), str(self.root), at=self.folder)
        self._github.repository = self.root
        self.ended(self.deploy("", self.main.commits[-1]))

    def sent(self) -> None:
        self.git("push", "-q", "origin", "main")
        files = dict.fromkeys(self.git("ls-files").split(), "x")
        self._github.commit(files, "heads/main")

    def deploy(self, before: str, after: str, at: int = NEVER) -> forked.Popen:
        self.git("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", at=self.root)
        self.git("checkout", "-q", "-B", "main", "origin/main", at=self.root)
        argv = ["-C", str(self.root), "ci", "merge", "--commit", after]
        return self.started(*argv, *(["--base", before] if before else []), at=at)
