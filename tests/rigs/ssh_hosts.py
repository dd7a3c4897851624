"""Hosts of their own on this machine: namespaces and a root of their own each, with a real sshd.

A host has its own network, processes, names and files (an overlay of this machine's, so that what
is written there is seen nowhere else), all with one machine id, as clones of one image have. It
ends with who began it.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from sshd import make_key

USER = "ada"
_HOSTS = itertools.count()

_CONFIG = """\
Port 22
HostKey /run/sshd/host_key
PidFile /run/sshd.pid
AuthorizedKeysFile .ssh/authorized_keys
UsePAM no
UseDNS no
PermitRootLogin prohibit-password
PasswordAuthentication no
MaxStartups 100
"""
# PID 1 reaps what others leave, as an init does.
_BEGIN = """\
set -e
R={root}
mkdir -p {up} {work} $R
mount --make-rprivate /
mount -t overlay overlay -o lowerdir=/,upperdir={up},workdir={work} $R
mount -t proc proc $R/proc
mount --rbind /dev $R/dev
mount -t sysfs sysfs $R/sys 2>/dev/null || true
for each in run tmp; do mount -t tmpfs tmpfs $R/$each; done
for each in home root srv; do mkdir -p {kept}/$each; mount --bind {kept}/$each $R/$each; done
chmod 1777 $R/tmp
chmod 700 $R/root
mkdir -p $R/run/sshd $R/root/.ssh $R/home/{user}/.ssh
hostname {name}
echo {name} >$R/etc/hostname
rm -f $R/etc/resolv.conf
echo nameserver 127.0.0.1 >$R/etc/resolv.conf
grep -q '^{user}:' $R/etc/passwd || {{
  echo '{user}:x:4711:4711::/home/{user}:/bin/sh' >>$R/etc/passwd
  echo '{user}:*:19000:0:99999:7:::' >>$R/etc/shadow
  echo '{user}:x:4711:' >>$R/etc/group
}}
for home in $R/root $R/home/{user}; do cp {key}.pub $home/.ssh/authorized_keys; done
chown -R 4711:4711 $R/home/{user}
cp {host_key} $R/run/sshd/host_key
chmod 600 $R/run/sshd/host_key
cp {config} $R/etc/ssh/deepcat_config
{enter}
"""
_SSHD = "/usr/sbin/sshd -D -e -f /etc/ssh/deepcat_config & wait"
_CHANGES_ROOT = f"exec chroot $R /bin/bash -c '{_SSHD}'"
# A kernel gives no namespace of users to who has changed its root alone, as no real host has.
_HAS_ROOT = f"""\
cd $R
mkdir -p .before
pivot_root . .before
exec chroot . /bin/bash -c 'umount -l /.before; {_SSHD}'"""


@dataclass
class Host:
    """One of them.

    Attributes:
        name: of its network, and its host name.
        address: at which this machine reaches it.
        link: of the cable, at this machine's end.
        folder: for what it keeps.
        public: its public key, as `known_hosts` has it behind a name.
    """

    name: str
    address: str
    link: str
    folder: Path
    public: str
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _words: Sequence[str] = field(default=(), repr=False)

    @property
    def known(self) -> str:
        """The line that pins its key."""
        return f"{self.address} {self.public}"

    @property
    def pid(self) -> int:
        """Of its first process, as this machine counts."""
        assert self._process is not None
        text = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return int(text.split()[0])

    @property
    def root(self) -> Path:
        """Its files, as this machine sees them."""
        return Path(f"/proc/{self.pid}/root")

    def begin(self, words: Sequence[str]) -> None:
        """Start it."""
        self._words = words
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)

    def run(self, script: str) -> str:
        """What a shell says there, as root and without sshd."""
        words = ["nsenter", f"--target={self.pid}", "--all", "--root", "--wd=/", "sh", "-c", script]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def processes(self) -> dict[int, str]:
        """All that runs there: this machine's id, and the command."""
        found, waiting = {}, [self.pid]
        while waiting:
            path = Path(f"/proc/{waiting.pop()}")
            with suppress(OSError):
                words = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
                if words:
                    found[int(path.name)] = words
                for children in (path / "task").glob("*/children"):
                    waiting += map(int, children.read_text().split())
        return found

    def settings(self, text: str = "") -> None:
        """Let its sshd go by these lines, too; connections that stand are cut."""
        (self.root / "etc/ssh/deepcat_config").write_text(_CONFIG + text)
        before = self.listened()
        self.run("kill -HUP $(cat /run/sshd.pid)")
        self.hang_up()
        self.wait(before)

    def listened(self) -> int:
        """How often its sshd has begun to listen."""
        return (self.folder / "log").read_text().count("Server listening on 0.0.0.0")

    def wait(self, before: int = 0) -> None:
        """Wait until its sshd has begun once more than before."""
        until = time.monotonic() + 120
        while self.listened() <= before:
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.02)

    def hang_up(self) -> None:
        """Cut all connections that stand."""
        for pid, words in self.processes().items():
            if words.startswith("sshd: ") and "[listener]" not in words:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def cut(self) -> None:
        """Pull its cable."""
        subprocess.run(["ip", "link", "set", self.link, "down"], check=True)

    def restore(self) -> None:
        """Put its cable back."""
        subprocess.run(["ip", "link", "set", self.link, "up"], check=True)

    def restart(self) -> None:
        """Switch it off and on again; what lies on its disk stays."""
        self.end()
        self.begin(self._words)
        self.wait()

    def end(self) -> None:
        """Switch it off."""
        if self._process is not None:
            with suppress(OSError, IndexError):
                os.kill(self.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()

    def remove(self) -> None:
        """Switch it off and take it away: whoever has its address next is answered alone."""
        self.end()
        _ip(f"link del {self.link}", f"netns del {self.name}", check=False)
        subprocess.run(["umount", "-l", self.folder / "disk"], check=False, capture_output=True)


class Hosts:
    """Some hosts at one bridge.

    Args:
        folder: an empty folder of their own.
        count: how many.
    """

    def __init__(self, folder: Path, count: int = 2) -> None:
        # Tests of one process may each have hosts of their own at once.
        number = os.getpid() + 17 * next(_HOSTS)
        self._tag = f"{number % 100_000:05d}"
        self._net = f"10.{128 + number % 97}.{number % 251}"
        self.folder = folder
        self.key = folder / "id"
        self.all = [self._host(each) for each in range(count)]

    def _host(self, number: int) -> Host:
        name = f"dc{self._tag}h{number}"
        folder = self.folder / f"h{number}"
        return Host(name, f"{self._net}.{10 + number}", f"dc{self._tag}v{number}", folder, "")

    def begin(self) -> None:
        """Start them all, and wait until they answer."""
        make_key(self.key)
        bridge = f"dc{self._tag}b"
        _ip(f"link add {bridge} type bridge", f"addr add {self._net}.1/24 dev {bridge}",
            f"link set {bridge} up")  # fmt: skip
        (self.folder / "config").write_text(_CONFIG)
        for host in self.all:
            self._begin(host, bridge)
        for host in self.all:
            host.wait()

    def boot(self, address: str, user: str, key: Path, *, namespaces: bool = False) -> Host:
        """Start one more, at an address of the bridge, where a user logs in by a key.

        Args:
            address: its own.
            user: who is made there.
            key: whose public half lies beside it as `.pub`.
            namespaces: whether its users may have some; nobody sees its files by its mounts then.
        """
        host = replace(self._host(len(self.all)), address=address)
        self.all.append(host)
        enter = _HAS_ROOT if namespaces else _CHANGES_ROOT
        self._begin(host, f"dc{self._tag}b", user, key, enter)
        host.wait()
        return host

    @property
    def net(self) -> str:
        """What their addresses begin with; this machine is the first of them."""
        return self._net

    def _begin(
        self,
        host: Host,
        bridge: str,
        user: str = USER,
        key: Path | None = None,
        enter: str = _CHANGES_ROOT,
    ) -> None:
        host.folder.mkdir()
        make_key(host.folder / "host_key")
        host.public = " ".join((host.folder / "host_key.pub").read_text().split()[:2])
        _ip(
            f"netns add {host.name}",
            f"link add {host.link} type veth peer name eth0 netns {host.name}",
            f"link set {host.link} master {bridge} up",
            f"-n {host.name} addr add {host.address}/24 dev eth0",
            f"-n {host.name} link set eth0 up",
            f"-n {host.name} link set lo up",
            f"-n {host.name} route add default via {self._net}.1",
        )
        disk = host.folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3g", "tmpfs", disk], check=True)
        script = _BEGIN.format(
            root=disk / "root", up=disk / "up", kept=disk / "kept", work=disk / "work",
            name=host.name, user=user, key=key or self.key, host_key=host.folder / "host_key",
            config=self.folder / "config", enter=enter,
        )  # fmt: skip
        spaces = ("--mount", "--uts", "--pid", "--ipc", "--fork", "--kill-child")
        host.begin(["ip", "netns", "exec", host.name, "unshare", *spaces, "bash", "-c", script])

    def end(self) -> None:
        """Switch them off, and leave nothing behind."""
        for host in self.all:
            host.remove()
        _ip(f"link del dc{self._tag}b", check=False)


def _ip(*lines: str, check: bool = True) -> None:
    for line in lines:
        subprocess.run(["ip", *line.split()], check=check, capture_output=not check)
