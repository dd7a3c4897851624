"""The command that starts this very Python again, also where it runs through a loader of its own.

A Python that was brought to a host needs nothing of it but the kernel: it is started by its own
dynamic loader, so that `sys.executable` alone would not start.
"""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path


@functools.cache
def words() -> tuple[str, ...]:
    """The words before Python's own options."""
    try:
        running = Path("/proc/self/exe").readlink()
    except OSError:  # not on this operating system
        return (sys.executable,)
    if not running.name.startswith("ld"):
        return (sys.executable,)
    command = Path("/proc/self/cmdline").read_bytes().split(b"\0")[:-1]
    own = len(getattr(sys, "orig_argv", sys.argv)) - 1  # of the loader's words none are among them
    return tuple(os.fsdecode(word) for word in command[: len(command) - own])
