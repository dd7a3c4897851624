"""code-server, in its box: ``python -I -S editing.py SETTINGS DATA NODE PACKAGE [ARGUMENT]…``.

What it keeps lies where the box alone writes, and so its settings are put there from inside. Logs
of before are deleted, so that what is kept does not grow by itself. It makes the whole path of a
socket's name, which has to be short however deep the folder lies that this begins in.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

# Of the folder that this begins in; as `values` has it.
SOCKET = "s"


def main() -> None:
    """Run it."""
    settings, data = map(Path, sys.argv[1:3])
    machine = data / "Machine"
    machine.mkdir(parents=True, exist_ok=True)
    for old in ("logs", "coder-logs", "CachedExtensionVSIXs"):
        shutil.rmtree(data / old, ignore_errors=True)
    shutil.copyfile(settings, machine / "settings.json")
    short = Path(tempfile.mkdtemp(prefix="code-"))
    (short / "own").symlink_to(Path.cwd())
    program, package, *rest = sys.argv[3:]
    sockets = [f"--socket={short / 'own' / SOCKET}", f"--session-socket={short / 'session'}"]
    os.execv(program, [program, package, *sockets, *rest])  # noqa: S606 - without a shell


if __name__ == "__main__":
    main()
