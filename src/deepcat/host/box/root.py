"""EDGE of the box: a root of its own, made of bind mounts of what it may see.

It runs in new mount and pid namespaces, where it may mount.
"""

from __future__ import annotations

import os
import stat

from deepcat.host.box import kernel, needs
from deepcat.host.box.grant import Grant

_OLD, _NEW = "/old", "/new"
_BASES = ("/tmp", "/var", "/mnt")
_QUIET = kernel.MS_NOSUID | kernel.MS_NODEV
_MOST_LINKS = 40


def build(grant: Grant, uid: int, gid: int) -> None:
    """Make the new root and enter it; this process's folder is then its `/`.

    Raises:
        OSError: a mount is refused, or something that was granted does not exist.
    """
    kernel.mount("", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    base = next(path for path in _BASES if os.path.isdir(path))
    kernel.mount("tmpfs", base, "tmpfs", _QUIET, "mode=0755")
    os.chdir(base)
    os.mkdir(f"{base}{_OLD}")
    os.mkdir(f"{base}{_NEW}")
    kernel.pivot_root(base, f"{base}{_OLD}")
    os.chdir("/")
    kernel.mount("tmpfs", _NEW, "tmpfs", _QUIET, "mode=0755,size=4m")
    mask = os.umask(0o022)
    _fill(grant, uid, gid)
    os.umask(mask)
    kernel.unmount(_OLD)
    os.chdir(_NEW)
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    os.chdir("/")
    kernel.restrict_mount("/", kernel.READ_ONLY, alone=True)


def _fill(grant: Grant, uid: int, gid: int) -> None:
    size = f"mode=1777,size={grant.disk_bytes or '50%'},nr_inodes=200000"
    os.mkdir(f"{_NEW}/tmp")
    kernel.mount("tmpfs", f"{_NEW}/tmp", "tmpfs", _QUIET, size)
    os.mkdir(f"{_NEW}/proc")
    hidden = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", f"{_NEW}/proc", "proc", hidden)
    os.makedirs(f"{_NEW}/dev")
    os.symlink("/tmp", f"{_NEW}/dev/shm")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"{_NEW}/dev/{name}")
    if grant.terminals:
        os.mkdir(f"{_NEW}/dev/pts")
        own = "newinstance,ptmxmode=0666,mode=0600"
        kernel.mount("devpts", f"{_NEW}/dev/pts", "devpts", kernel.MS_NOSUID, own)
        os.symlink("pts/ptmx", f"{_NEW}/dev/ptmx")
    _bind_all(_views(grant))
    _names(uid, gid)


def _views(grant: Grant) -> dict[str, int]:
    """Path without links -> the attributes of its mount."""
    system = (*needs.SYSTEM, *(needs.NETWORK if grant.connects else ()))
    system += needs.DEVICES if grant.devices else ()
    there = [path for path in system if os.path.lexists(f"{_OLD}{path}")]
    nodes = kernel.NO_SUID | kernel.NO_PROGRAMS
    read_only = kernel.READ_ONLY | kernel.NO_SUID | kernel.NO_DEVICES
    views = {_linked(path): read_only for path in (*there, *grant.reads)}
    views |= {_linked(path): nodes for path in (*needs.NODES, *grant.devices)}
    return views | {
        _linked(path): kernel.NO_SUID | kernel.NO_DEVICES for path in (*grant.writes, *grant.shared)
    }


def _bind_all(views: dict[str, int]) -> None:
    """Show files and folders under their own names, a folder before what lies in it.

    What lies in a folder that is shown alike needs nothing.
    """
    shown: dict[str, int] = {}
    for path in sorted(views, key=lambda each: each.split("/")):
        above = max((each for each in shown if _is_in(path, each)), key=len, default="")
        if not above or shown[above] != views[path]:
            _bind(path, views[path])
            shown[path] = views[path]


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _bind(path: str, attributes: int) -> None:
    source, target = f"{_OLD}{path}", f"{_NEW}{path}"
    kind = os.lstat(source).st_mode
    if not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), mode=0o755, exist_ok=True)
        if stat.S_ISDIR(kind):
            os.mkdir(target)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    kernel.mount(source, target, "", kernel.MS_BIND | kernel.MS_REC)
    kernel.restrict_mount(target, attributes)


def _linked(path: str) -> str:
    """The path without links; each link on the way is made in the new root, too.

    Raises:
        OSError: there is no such path, or its links go in a circle.
    """
    waiting, done, links = [part for part in path.split("/") if part], "", 0
    while waiting:
        part = waiting.pop(0)
        if part == "..":
            done = os.path.dirname(done)
            continue
        if part == ".":
            continue
        step = f"{done}/{part}"
        if not stat.S_ISLNK(os.lstat(f"{_OLD}{step}").st_mode):
            done = step
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(f"too many links on the way to {path}")
        target = os.readlink(f"{_OLD}{step}")
        if not os.path.lexists(f"{_NEW}{step}"):
            os.makedirs(os.path.dirname(f"{_NEW}{step}"), mode=0o755, exist_ok=True)
            os.symlink(target, f"{_NEW}{step}")
        done = "" if target.startswith("/") else done
        waiting = [each for each in target.split("/") if each] + waiting
    return done


def _names(uid: int, gid: int) -> None:
    """The box's own list of users, with itself alone."""
    os.makedirs(f"{_NEW}/etc", exist_ok=True)
    for name, text in (
        ("passwd", f"box:x:{uid}:{gid}:box:/tmp:/bin/sh\n"),
        ("group", f"box:x:{gid}:\n"),
    ):
        with open(f"{_NEW}/etc/{name}", "w", encoding="utf-8") as stream:
            stream.write(text)
