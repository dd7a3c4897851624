"""Chromium that has no window and hears of no network interface: `chromium.py ARGUMENT…`.

Debian builds its engine a second time without what only a window needs: a page in a context of
its own takes a third of the processor there. Where that is not installed the whole one is begun.

Whenever an interface of the machine comes or goes Chromium breaks off what it is loading
(`ERR_NETWORK_CHANGED`), even from the loopback; tests beside it make hosts with interfaces of
their own. It learns of them by the kernel's `AF_NETLINK`, and goes on without it where it has none.
"""

from __future__ import annotations

import os
import platform
import struct
import sys
from pathlib import Path

from deepcat.host.box import kernel
from deepcat.host.box.seccomp import EAFNOSUPPORT
from deepcat.host.box.syscalls import ARCHITECTURES, numbers

WHOLE = Path("/usr/bin/chromium")
# Not Debian's own script of that name, which does not end what it began when it is ended.
SHELL = Path("/usr/lib/chromium/chromium-headless-shell")
_AF_NETLINK = 16
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _ARCHITECTURE, _FIRST = 0, 4, 16
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


def without_interfaces(machine: str) -> bytes:
    """The kernel's filter that refuses sockets of `AF_NETLINK`, and allows all else.

    Raises:
        KeyError: nobody here knows the numbers of this processor's calls.
    """
    steps = (
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 0, 5, ARCHITECTURES[machine]),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_EQUAL, 0, 3, numbers(machine)["socket"]),
        (_LOAD, 0, 0, _FIRST),
        (_JUMP_EQUAL, 0, 1, _AF_NETLINK),
        (_RETURN, 0, 0, _ERRNO | EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    )
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def write(path: Path) -> Path:
    """Write a program that begins it, for who takes one path; gives that path."""
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P "{Path(__file__).resolve()}" "$@"\n')
    path.chmod(0o755)
    return path


if __name__ == "__main__":
    kernel.no_new_privileges()
    kernel.install_filter(without_interfaces(platform.machine()))
    program = str(SHELL if SHELL.exists() else WHOLE)
    os.execv(program, [program, *sys.argv[1:]])
