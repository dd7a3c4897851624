"""EDGE of the box: the calls of Linux that Python has no name for."""

from __future__ import annotations

import ctypes
import os
import struct
import sys

# clone(2) and unshare(2).
NEW_NAMESPACES = {
    "mount": 0x00020000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
# mount(2) and mount_setattr(2).
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8

_MNT_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 4, 22, 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT, _MOUNT_SETATTR = 444, 445, 446, 442
_LANDLOCK_VERSION, _LANDLOCK_PATH_BENEATH, _LANDLOCK_PORT = 1, 1, 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITIES_V3 = 0x20080522
_LAST_CAPABILITY = 63

MACHINE = os.uname().machine

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(*namespaces: str) -> None:
    """Leave the namespaces of these names for new ones.

    Raises:
        OSError: the kernel or its policy refuses; so do all functions of this file.
    """
    flags = sum(NEW_NAMESPACES[name] for name in namespaces)
    _checked(_libc.unshare(flags), f"new namespaces ({', '.join(namespaces)})")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """mount(2)."""
    words = [os.fsencode(word) or None for word in (source, target, kind)]
    done = _libc.mount(*words, ctypes.c_ulong(flags), data.encode() or None)
    _checked(done, f"mount {target}")


def restrict_mount(target: str, attributes: int, *, alone: bool = False) -> None:
    """Set attributes of a mount and, unless `alone`, of all below it."""
    wanted = struct.pack("=QQQQ", attributes, 0, 0, 0)
    depth = 0 if alone else _AT_RECURSIVE
    done = _syscall(_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), depth, wanted, len(wanted))
    _checked(done, f"restrict the mount {target}")


def unmount(target: str) -> None:
    """Detach a mount with all below it."""
    _checked(_libc.umount2(os.fsencode(target), _MNT_DETACH), f"unmount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root, and `old` the place of what was the root."""
    _checked(_syscall(_PIVOT_ROOT[MACHINE], os.fsencode(new), os.fsencode(old)), "change the root")


def die_with_parent(number: int) -> None:
    """Let this process get a signal when the thread that began it ends."""
    _prctl(_PR_SET_PDEATHSIG, number)


def collect_orphans() -> None:
    """Be the parent of what this process's children leave behind, so that none stays a zombie."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def hide() -> None:
    """Keep others of the same user from this process's memory and variables."""
    _prctl(_PR_SET_DUMPABLE, 0)


def forget_environment(but: str = "") -> None:
    """Overwrite the variables that this process was begun with, which /proc shows.

    Args:
        but: the name of one that others shall find here.
    """
    if sys.platform != "linux":
        return
    kept = f"{but}=".encode()
    given = ctypes.POINTER(ctypes.c_void_p).in_dll(_libc, "environ")
    index = 0
    while given and given[index]:
        text = ctypes.string_at(given[index])
        if not text.startswith(kept):
            ctypes.memset(given[index], 0, len(text))
        index += 1


def no_new_privileges() -> None:
    """Let no program that this process becomes have more rights than it."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def forget_bounding() -> None:
    """Let no program that this process becomes get a capability; who cannot say so has none."""
    for number in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)


def forget_capabilities() -> None:
    """Give up all capabilities."""
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("=Ii", _CAPABILITIES_V3, 0)
    _checked(_syscall(_CAPSET[MACHINE], header, bytes(24)), "give up capabilities")


def install_filter(program: bytes) -> None:
    """Let the kernel judge every system call from now on by a BPF program."""
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.c_char_p(head))


def landlock_version() -> int:
    """The newest form of Landlock that the kernel knows; 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, _syscall(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION))


def landlock_rules(files: int, ports: int, scopes: int, size: int) -> int:
    """A new set of rules over these rights, as a file descriptor."""
    wanted = struct.pack("=QQQ", files, ports, scopes)[:size]
    return _checked(_syscall(_LANDLOCK_CREATE, wanted, size, 0), "make Landlock's rules")


def landlock_allow(rules: int, path: str, rights: int) -> None:
    """Allow these rights on a file, or on a folder and all below it."""
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, handle)
        done = _syscall(_LANDLOCK_ADD, rules, _LANDLOCK_PATH_BENEATH, rule, 0)
        _checked(done, f"allow {path}")
    finally:
        os.close(handle)


def landlock_allow_port(rules: int, port: int, rights: int) -> None:
    """Allow these rights on a port of TCP, whosever it is."""
    rule = struct.pack("=QQ", rights, port)
    done = _syscall(_LANDLOCK_ADD, rules, _LANDLOCK_PORT, rule, 0)
    _checked(done, f"allow port {port}")


def landlock_enter(rules: int) -> None:
    """Keep this process and all that it begins to the rules, for ever."""
    _checked(_syscall(_LANDLOCK_RESTRICT, rules, 0), "enter Landlock's rules")
    os.close(rules)


def _prctl(option: int, value: object = 0, more: object = 0) -> None:
    _checked(_libc.prctl(option, _word(value), _word(more), 0, 0), f"prctl {option}")


def _syscall(number: int, *arguments: object) -> int:
    return int(_libc.syscall(ctypes.c_long(number), *(_word(each) for each in arguments)))


def _word(value: object) -> object:
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return int(result)
