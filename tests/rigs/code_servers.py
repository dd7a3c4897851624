"""The code-server of this machine, lent to hosts that have a root of their own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ssh_hosts import Host

from deepcat.host.notebook.code_server import PROGRAM, Found, found

# Of a host, in the PATH of who logs in.
_PROGRAMS = "usr/local/bin"


def lend(host: Host) -> None:
    """Let a host find it as its own, with its Node.js.

    Raises:
        StepError: this machine has none (``run/editor``).
    """
    own = found()
    for path in own.reads:
        _bind(host, Path(path))
    for name, path in (("node", own.node), (PROGRAM, str(_entry(own)))):
        at = host.root / _PROGRAMS / name
        at.unlink(missing_ok=True)
        at.symlink_to(path)


def _entry(own: Found) -> Path:
    return Path(own.package, "out", "node", "entry.js")


def _bind(host: Host, path: Path) -> None:
    """Lay what is at a path of this machine at the same one of a host's."""
    to = host.folder / "disk" / "root" / path.relative_to("/")
    make = f"mkdir -p '{to}'" if path.is_dir() else f"mkdir -p '{to.parent}' && touch '{to}'"
    script = f"{make} && mount --bind '{path}' '{to}'"
    # Its first process has changed its root alone: what mounts it sees are those of all.
    words = ["nsenter", f"--target={host.pid}", "--mount", "sh", "-c", script]
    subprocess.run(words, check=True, env={"PATH": os.environ["PATH"]})
