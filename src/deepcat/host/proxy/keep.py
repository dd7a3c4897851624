"""EDGE of the host: runs a proxy, and has it take renewed certificates: ``keep.py FOLDER``.

It ends with the proxy, whose keeper then starts both again, and ends it on SIGTERM.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from deepcat.host.failure import StepError
from deepcat.host.proxy.programs import Program, surroundings

FILE = "keep.json"
LOOK_S = 5.0
_SIGNALS = (signal.SIGCHLD, signal.SIGTERM)


def main(folder: Path) -> int:
    """Run the proxy until one of both is to end; gives its exit status."""
    data = json.loads((folder / FILE).read_text("utf-8"))
    program = Program(data["kind"], data["path"])
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    child = subprocess.Popen(
        program.run(),
        cwd=folder,
        env=surroundings(folder),
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS),  # noqa: PLW1509
    )
    before = _stamps(folder)
    while True:
        told = signal.sigtimedwait(_SIGNALS, LOOK_S)
        if told is not None and told.si_signo == signal.SIGTERM:
            child.terminate()
            return child.wait()
        if child.poll() is not None:
            return child.returncode
        now = _stamps(folder)
        if now != before:
            try:
                program.reload(folder)
            except StepError as error:  # it goes on by the old ones
                print(error, file=sys.stderr, flush=True)
            before = now


def _stamps(folder: Path) -> list[object]:
    """What of the files that are watched changes when they are written anew."""
    found: list[object] = []
    for path in json.loads((folder / FILE).read_text("utf-8"))["watched"]:
        try:
            state = Path(path).stat()
        except OSError:
            found.append(None)
        else:
            found.append((state.st_ino, state.st_size, state.st_mtime_ns))
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
