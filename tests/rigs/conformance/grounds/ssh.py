"""Two hosts in namespaces of their own, each with a real sshd; on the first nobody is root."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from runtimes import runtimes
from ssh_hosts import USER, Host, Hosts

from conformance.grounds.here import Here
from deepcat.catalog.identity import identity

_USERS = {"first": USER, "second": "root"}
_HOMES = {"first": f"home/{USER}", "second": "root"}
_SLOW = "ForceCommand sh -c 'sleep 1; exec sh -c \"$SSH_ORIGINAL_COMMAND\"'\n"
_LIES = "ForceCommand echo rubbish; exit 0\n"
_CLOCK = "SetEnv LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 FAKETIME=-1d\n"


class Ssh(Here):
    """One host a cloud."""

    kind = "ssh"
    keeper = "deepcat/host/keeping"
    moments = slice(0, None, 2)
    desk = "second"  # the first one's user may make no boxes

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self._hosts = Hosts(scratch)
        self._is_begun = False
        self.faults: Mapping[str, Callable[[Path, str], None]] = {
            **self.faults,
            "full": self._fill_host,
            "disk full": self._fill_host,
            "silent": self._cut,
            "cut": self._cut,
            "credentials refused": self._lock_out,
            "slow": lambda root, name: self._settings(_SLOW),
            "lies": lambda root, name: self._settings(_LIES),
            "clock": lambda root, name: self._settings(_CLOCK),
            "tunnel cut": lambda root, name: self.first.hang_up(),
        }

    @property
    def first(self) -> Host:
        return self._hosts.all[0]

    def folder(self, root: Path, cloud: str) -> Path:
        return self._base(cloud) / identity(root)

    def _base(self, cloud: str) -> Path:
        return self._host(cloud).root / _HOMES[cloud] / ".deepcat"

    def _host(self, cloud: str) -> Host:
        return self._hosts.all[("first", "second").index(cloud)]

    def clouds(self, root: Path) -> Mapping[str, Mapping[str, Any]]:
        if not self._is_begun:
            runtimes()  # it may take longer than any command is given
            self._hosts.begin()
            self._is_begun = True
        return {
            cloud: {"kind": "ssh", "price": price, "ssh": self._section(cloud)}
            for price, cloud in enumerate(("first", "second"))
        }

    def _section(self, cloud: str) -> dict[str, Any]:
        host = self._host(cloud)
        return {
            "hosts": {cloud: {"address": host.address}},
            "user": _USERS[cloud],
            "identity": str(self._hosts.key),
            "known_hosts": [host.known],
        }

    def processes(self, root: Path) -> Iterator[tuple[int, str]]:
        mine = f".deepcat/{identity(root)}/"
        for host in self._hosts.all:
            for pid, words in host.processes().items():
                if mine in words:
                    yield pid, words

    def shell(self, script: str) -> None:
        self.first.run(script)

    def make(self, folder: Path) -> None:
        super().make(folder)
        for each in (self._base("first"), folder):
            os.chown(each, 4711, 4711)

    def mount(self, folder: str, options: str) -> None:
        super().mount(folder.removeprefix(str(self.first.root)), options)

    def _outside(self) -> list[Path]:
        here = super()._outside()
        return [host.root / str(path).lstrip("/") for host in self._hosts.all for path in here]

    def notes(self) -> tuple[str, tuple[Path, ...]]:
        return "/srv/notes", tuple(host.root / "srv/notes" for host in self._hosts.all)

    def end(self) -> None:
        super().end()
        if self._is_begun:
            self._hosts.end()

    def _fill_host(self, root: Path, name: str) -> None:
        """There is no room for anything of ours."""
        base = self._base("first")
        self.make(base)
        self.mount(str(base), "size=48k,uid=4711,mode=755")

    def _cut(self, root: Path, name: str) -> None:
        self.first.cut()
        self.undo.callback(self.first.restore)

    def _lock_out(self, root: Path, name: str) -> None:
        keys = self.first.root / _HOMES["first"] / ".ssh/authorized_keys"
        content = keys.read_bytes()
        keys.write_bytes(b"")
        self.undo.callback(keys.write_bytes, content)
        self.first.hang_up()

    def _settings(self, text: str) -> None:
        self.first.settings(text)
        self.undo.callback(self.first.settings)


GROUND = Ssh
