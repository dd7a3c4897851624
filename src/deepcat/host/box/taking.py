"""EDGE of the box: taking user, namespaces and rights away, each in one call."""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from deepcat.host.box import kernel

# Beyond every range that distributions, systemd or containers give to somebody.
_FIRST_USER = 0x70000000
_USERS = 0x0FFFFFFF
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_ID = "{0} {0} 1"


def user_of(name: str) -> int:
    """The number of the box's own user, and of its group."""
    digest = hashlib.sha256(name.encode()).digest()
    return _FIRST_USER + int.from_bytes(digest[:4], "big") % _USERS


def become(uid: int, groups: Iterable[int]) -> None:
    """Be this user, for ever; only root can.

    Raises:
        OSError: it is not for us.
    """
    os.setgroups(sorted(groups))
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def own_processes() -> None:
    """Let what this process begins from now on see no other processes.

    Who is not root takes the rights for it, and for `own_view`, in a user namespace.

    Raises:
        OSError: the machine does not allow it.
    """
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        kernel.unshare("pid")
        return
    kernel.unshare("user", "pid")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(_ID.format(uid))
    Path("/proc/self/gid_map").write_text(_ID.format(gid))


def own_view(*, network: bool) -> None:
    """Leave the machine's mounts, names and, with `network`, its network.

    Raises:
        OSError: the machine does not allow it.
    """
    kernel.unshare("mount", "ipc", "uts", *(["net"] if network else []))
    socket.sethostname("box")
    if network:
        _raise_loopback()


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        asked = struct.pack("16sH22x", b"lo", 0)
        flags = struct.unpack("16sH22x", fcntl.ioctl(handle, _SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | _IFF_UP))


def groups_of(devices: Iterable[str]) -> set[int]:
    """The groups whose members may use these devices; never root's."""
    return {os.stat(path).st_gid for path in devices} - {0}


def hand_over(path: str, uid: int) -> None:
    """Make a file, or a folder with all below it, this user's; links are not followed.

    Raises:
        OSError: it is not there, or is not ours to give.
    """
    found = os.lstat(path)
    if found.st_uid == uid or stat.S_ISLNK(found.st_mode):
        return
    if stat.S_ISDIR(found.st_mode):
        for _, folders, files, handle in os.fwalk(path):
            for name in (*folders, *files):
                os.chown(name, uid, uid, dir_fd=handle, follow_symlinks=False)
    os.chown(path, uid, uid, follow_symlinks=False)
