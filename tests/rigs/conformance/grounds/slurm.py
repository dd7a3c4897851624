"""A real Slurm on this machine, by its commands here; beside it this machine itself."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runtimes import runtimes
from slurm_cluster import Cluster

from conformance.grounds.here import Here
from deepcat.catalog.identity import identity
from deepcat.clouds.kinds.local.hosts import local_folder

_COMMANDS = ("sacct", "sacctmgr", "sbatch", "scancel", "scontrol", "sinfo", "squeue")


class Slurm(Here):
    """The first cloud is the cluster, the second one this machine."""

    kind = "slurm"
    moments = slice(1, None, 2)

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        # Where it has sockets its path must be short.
        self._short = Path(tempfile.mkdtemp(prefix="dc"))
        self.cluster = Cluster(self._short, accounts=True)
        self._bin = scratch / "bin"
        self._shared = scratch / "shared"
        self._is_begun = False
        self.faults: Mapping[str, Callable[[Path, str], None]] = {
            **self.faults,
            "keeper killed": self._cancel,
            "full": self._drain,
            "silent": self._freeze,
            "cut": self._freeze,
            "over quota": self._limit,
            "credentials refused": self._bar,
            "slow": lambda root, name: self._behave('sleep 1; exec "$real" "$@"'),
            "lies": lambda root, name: self._behave("echo 'rubbish|x|'; exit 0"),
            "time limit": lambda root, name: None,
        }

    def folder(self, root: Path, cloud: str) -> Path:
        return self._shared / identity(root) if cloud == "first" else local_folder(root)

    def clouds(self, root: Path) -> Mapping[str, Mapping[str, Any]]:
        if not self._is_begun:
            self._bin.mkdir()
            self._wrap('exec "$real" "$@"')
            runtimes()  # it may take longer than any command is given
            self.cluster.begin()
            self._is_begun = True
        own = {"folder": str(self._shared), "partition": ["gpu"], "account": "lab", "wait": 20}
        return {
            "first": {"kind": "slurm", "shapes": [{"name": "gpu"}], "slurm": own},
            "second": {"kind": "local", "price": 1},
        }

    def environment(self) -> Mapping[str, str]:
        return {"PATH": f"{self._bin}:{os.environ['PATH']}"}

    def there(self, root: Path) -> Mapping[str, list[str]]:
        found = {name: list(things) for name, things in super().there(root).items()}
        mine = str(self._shared / identity(root))
        for line in self.cluster.says("squeue", "-ho", "%A %T %j %Z").splitlines():
            number, state, name, where = line.split(" ", 3)
            if where == mine:
                found.setdefault(name.partition("~")[0], []).append(f"the job {number}: {state}")
        return found

    def clear(self, root: Path) -> None:
        for line in self.cluster.says("squeue", "-ho", "%A %Z").splitlines():
            number, where = line.split(" ", 1)
            if where == str(self._shared / identity(root)):
                self.cluster.says("scancel", "--full", "--signal=KILL", number)
                self.cluster.says("scancel", number)
        super().clear(root)

    def end(self) -> None:
        super().end()
        if self._is_begun:
            self.cluster.end()
        shutil.rmtree(self._short, ignore_errors=True)

    def _cancel(self, root: Path, name: str) -> None:
        """Somebody cancels its jobs."""
        for line in self.cluster.says("squeue", "-ho", "%A %j %Z").splitlines():
            number, job, where = line.split(" ", 2)
            if where == str(self._shared / identity(root)) and job.startswith(f"{name}~"):
                self.cluster.says("scancel", "--full", number)
                self.cluster.says("scancel", number)

    def _drain(self, root: Path, name: str) -> None:
        """Its nodes take nothing new."""
        self.cluster.drain()
        self.undo.callback(self.cluster.resume)

    def _freeze(self, root: Path, name: str) -> None:
        self.cluster.freeze()
        self.undo.callback(self.cluster.thaw)

    def _limit(self, root: Path, name: str) -> None:
        """The account may have no job at all."""
        say = self.cluster.says
        say("sacctmgr", "-i", "modify", "account", "lab", "set", "GrpJobs=0")
        self.undo.callback(say, "sacctmgr", "-i", "modify", "account", "lab", "set", "GrpJobs=-1")

    def _bar(self, root: Path, name: str) -> None:
        """The partition is another account's."""
        say = self.cluster.says
        say("scontrol", "update", "partitionname=gpu", "allowaccounts=others")
        self.undo.callback(say, "scontrol", "update", "partitionname=gpu", "allowaccounts=ALL")

    def _behave(self, script: str) -> None:
        """Let its commands do something else."""
        self._wrap(script)
        self.undo.callback(self._wrap, 'exec "$real" "$@"')

    def _wrap(self, script: str) -> None:
        """Make its commands as a user finds them: they know their cluster."""
        conf = self.cluster.environment["SLURM_CONF"]
        for name in _COMMANDS:
            path = self._bin / name
            real = f"export SLURM_CONF={conf}\nreal={shutil.which(name)}"
            path.write_text(f"#!/bin/sh\n{real}\n{script}\n")
            path.chmod(0o755)


GROUND = Slurm
