"""One real sshd on a loopback port, for whoever is called by ssh."""

from __future__ import annotations

import getpass
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from deepcat.remote.link import Link

_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile {folder}/pid
UsePAM no
UseDNS no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
"""


@dataclass
class Sshd:
    """A machine that is this one, reached by ssh."""

    folder: Path
    port: int

    def start(self) -> None:
        """Make its keys, and begin."""
        self.folder.mkdir(exist_ok=True)
        for name in ("host_key", "id"):
            make_key(self.folder / name)
        (self.folder / "authorized_keys").write_bytes((self.folder / "id.pub").read_bytes())
        config = self.folder / "config"
        config.write_text(_CONFIG.format(port=self.port, folder=self.folder))
        # Its child of each connection looks for this folder.
        Path("/run/sshd").mkdir(exist_ok=True)
        self.restore()

    def restore(self) -> None:
        """Begin again."""
        log = self.folder / "log"
        words = ["/usr/sbin/sshd", "-f", str(self.folder / "config"), "-E", str(log)]
        subprocess.run(words, check=True)
        until = time.monotonic() + 120
        pid = self.folder / "pid"
        while "Server listening" not in log.read_text() or not (pid.exists() and pid.read_text()):
            assert time.monotonic() < until, log.read_text()

    def stop(self) -> None:
        """End it with all its connections."""
        pid = int((self.folder / "pid").read_text())
        children = subprocess.run(
            ["pgrep", "-P", str(pid)], check=False, capture_output=True, text=True
        )
        for each in (str(pid), *children.stdout.split()):
            subprocess.run(["kill", "-9", each], check=False, capture_output=True)
        for name in ("log", "pid"):
            (self.folder / name).unlink(missing_ok=True)

    @property
    def known(self) -> str:
        """The line that pins its key."""
        kind, key = (self.folder / "host_key.pub").read_text().split()[:2]
        return f"[127.0.0.1]:{self.port} {kind} {key}"

    @property
    def link(self) -> Link:
        """How it is reached."""
        user, identity = getpass.getuser(), str(self.folder / "id")
        return Link("127.0.0.1", self.port, user, identity, (self.known,))


def make_key(path: Path) -> None:
    """A pair of keys, of which the public one ends in `.pub`."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
