"""Programs that run while a test needs them, each with a log."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_PATIENCE_S = 180.0


class Running:
    """Programs of one folder.

    Args:
        folder: in which they start, and which takes their logs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._all: dict[str, tuple[subprocess.Popen[bytes], Sequence[str]]] = {}

    def start(self, name: str, words: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start one; what it says is added to its log."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )
        self._all[name] = process, words
        return process

    def pid(self, name: str) -> int:
        """Its process."""
        return self._all[name][0].pid

    def words(self, name: str) -> Sequence[str]:
        """By which it was started."""
        return self._all[name][1]

    def stop(self, name: str) -> None:
        """End one, first asked, then forced."""
        process, _ = self._all[name]
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def again(self, name: str) -> None:
        """Start one that was stopped as it was started before."""
        self.start(name, self._all[name][1])

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait until it is so; fail with a log if a program ends before."""
        ends = time.monotonic() + _PATIENCE_S
        while not is_so():
            for name, (process, _) in self._all.items():
                assert process.poll() is None, self.log(name)
            assert time.monotonic() < ends, "\n".join(map(self.log, self._all))
            time.sleep(0.1)

    def log(self, name: str) -> str:
        """The end of what it said."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-4000:]

    def end(self) -> None:
        """End all, the last one first."""
        for name in reversed(self._all):
            self.stop(name)
        self._all.clear()
