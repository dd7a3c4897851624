"""What stands for guests: a host of its own for each server, at the address that the cloud gave it.

The fake hypervisor says in files what servers there are (`driver/deepcat_stack.py`). What cloud-
init would do with their user data is done here, and host keys are told on their console as by it.
"""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import yaml
from ssh_hosts import Host, Hosts

_LOOK_S = 0.2
_CONSOLE = """\
[    0.000000] Linux version 6.1.0 (guest)\r
ci-info: no authorized SSH keys fingerprints found for user root.\r
<14>cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----\r
<14>cloud-init: 256 SHA256:0 {user}@{name} (ED25519)\r
<14>cloud-init: -----END SSH HOST KEY FINGERPRINTS-----\r
-----BEGIN SSH HOST KEY KEYS-----\r
{public} root@{name}\r
-----END SSH HOST KEY KEYS-----\r
"""

# As a system's own first steps mount what its table names.
_MOUNTS = "awk '/x-deepcat/ {print $2}' /etc/fstab | xargs -r -n1 mount"
# As udev lets all users of a real machine have it.
_DEVICES = """\
[ ! -e /dev/fuse ] || { mknod -m 666 /run/fuse c 10 229 && mount --bind /run/fuse /dev/fuse; }"""
# What of this machine a bare image lacks, by the package that brings it.
_PACKAGES = {"fuse3": ("fusermount3", "fusermount"), "rclone": ("rclone",)}
_BY_ID = Path("/dev/disk/by-id")
_DISK_BYTES = 64 << 20


class Disks:
    """What volumes hold, whoever has them: files as devices, found by their volumes' ids.

    Args:
        folder: for the files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.all: dict[str, str] = {}

    def give(self, volume: str) -> str:
        """See to it that a volume's device is there; gives its path."""
        if volume not in self.all:
            path = self._folder / f"volume-{volume}"
            with path.open("wb") as stream:
                stream.truncate(_DISK_BYTES)
            words = ["losetup", "--find", "--show", str(path)]
            device = subprocess.run(words, capture_output=True, text=True, check=True).stdout
            self.all[volume] = device.strip()
            _BY_ID.mkdir(parents=True, exist_ok=True)
            (_BY_ID / f"virtio-{volume[:20]}").symlink_to(self.all[volume])
        return self.all[volume]

    def end(self) -> None:
        """Take all away."""
        for volume, device in self.all.items():
            (_BY_ID / f"virtio-{volume[:20]}").unlink(missing_ok=True)
            subprocess.run(["losetup", "--detach", device], check=False)
        self.all.clear()


class Guests:
    """They come and go with the servers.

    Args:
        told: the folder that the hypervisor writes to.
        folder: an empty folder for what they keep.
    """

    def __init__(self, told: Path, folder: Path) -> None:
        self._told, self._hosts = told, Hosts(folder, 0)
        self.all: dict[str, Host] = {}
        self.names: dict[str, str] = {}
        # Those whose servers are put aside: switched off, with their disks.
        self._aside: dict[str, Host] = {}
        # What is done to each before it tells its key.
        self.prepares: Callable[[Host], None] = lambda host: None
        # Whether they tell no key on their console, or another one than they have.
        self.silent = self.lies = False
        # Whether their users may have namespaces; what is mounted by `prepares` is not seen then.
        self.namespaces = False
        # Whether their image has nothing that mounts data, unless their first boot installs it.
        self.bare = False
        self._disks = Disks(folder)
        self._ends = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    @property
    def net(self) -> str:
        """What their addresses begin with."""
        return self._hosts.net

    def begin(self) -> None:
        """Let them come."""
        self._hosts.begin()
        self._thread.start()

    def end(self) -> None:
        """Switch all off."""
        self._ends.set()
        self._thread.join()
        self._hosts.end()
        self._disks.end()

    def _watch(self) -> None:
        while not self._ends.wait(_LOOK_S):
            there = {path.stem for path in self._told.glob("*.json")}
            for name in self.all.keys() - there:
                if (self._told / f"{name}.kept").exists():
                    self._aside[name] = self.all.pop(name)
                    self._aside[name].end()
                else:
                    self.all.pop(name).remove()
            self._wake()
            for name in there - self.all.keys() - self._aside.keys():
                with suppress(FileNotFoundError):  # it was taken away at once
                    told = json.loads((self._told / f"{name}.json").read_text())
                    self.names[name] = told["name"]
                    self.all[name] = self._boot(name, told)

    def _wake(self) -> None:
        """Switch those on again whose servers go on: with their disks, keys and addresses."""
        for name in [each for each in self._aside if not (self._told / f"{each}.kept").exists()]:
            host = self._aside.pop(name)
            if (self._told / f"{name}.json").exists():
                host.restart()
                host.run(_DEVICES)
                host.run(_MOUNTS)
                self.all[name] = host
            else:
                host.remove()

    def _boot(self, name: str, told: dict[str, Any]) -> Host:
        data = yaml.safe_load(base64.b64decode(told["user_data"]))
        user = next(each for each in data["users"] if each != "default")
        folder = self._hosts.folder / f"of-{name}"
        folder.mkdir()
        key = folder / "key"
        (folder / "key.pub").write_text("\n".join(user["ssh_authorized_keys"]) + "\n")
        at, spaces = told["addresses"][0], self.namespaces
        host = self._hosts.boot(at, user["name"], key, namespaces=spaces)
        host.run(_DEVICES)
        for package, programs in _PACKAGES.items() if self.bare else ():
            for each in programs if package not in data.get("packages", ()) else ():
                host.run(f"rm -f /usr/bin/{each} /usr/local/bin/{each}")
        self.prepares(host)
        for each in told["volumes"]:
            self._disks.give(each)
        for words in data.get("runcmd", ()):  # as its root; one that fails ends no boot
            host.run(f"{shlex.join(words)} || true")
        if not self.silent:
            kind, key = host.public.split()
            public = f"{kind} {key[:-8]}{key[-8:].swapcase()}" if self.lies else host.public
            text = _CONSOLE.format(user=user["name"], name=told["name"], public=public)
            (self._told / f"{name}.console").write_text(text)
        return host

    def lend(self, fixed: str, outside: str) -> bool:
        """Let an address from outside lead to a guest, as a router would; whether it is there."""
        host = next((each for each in self.all.values() if each.address == fixed), None)
        if host is None:
            return False
        host.run(f"ip addr add {outside}/32 dev eth0")
        subprocess.run(["ip", "route", "add", f"{outside}/32", "via", fixed], check=True)
        return True
