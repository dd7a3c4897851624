"""`deepcat`, but killed at a given moment: `killed.py MOMENT ARGUMENT…`.

`MOMENT:SIGINT` sends that signal instead; with `MOMENT:FILE` it writes that file and goes on once
somebody has deleted it. Moments are counted: each intent and each outcome before
and after it is written, each task of Ansible as it begins, and each call that writes to the forge
before and after it is made. With `MOMENT:programs` each program that is begun, and each file that
is moved, is one instead.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

AT, _, BY = sys.argv.pop(1).partition(":")
PROGRAMS = "programs"
LEFT = iter(range(int(AT) - 1, -1, -1))


def moment() -> None:
    if next(LEFT, None) == 0:
        if "/" in BY:
            wait(Path(BY))
        else:
            os.kill(os.getpid(), signal.SIGKILL if BY in ("", PROGRAMS) else signal.Signals[BY])


def wait(file: Path) -> None:
    file.touch()
    while file.exists():
        time.sleep(0.02)


def around(owner: Any, name: str, counts: Callable[..., bool] = lambda *_: True) -> None:
    real = getattr(owner, name)

    def call(*arguments: Any, **options: Any) -> Any:
        is_counted = counts(*arguments)
        if is_counted:
            moment()
        result = real(*arguments, **options)
        if is_counted:
            moment()
        return result

    setattr(owner, name, call)


def audited(event: str, _: Any) -> None:
    if event in ("subprocess.Popen", "os.rename", "shutil.move"):
        moment()


def main() -> None:
    from deepcat.cli.main import main as deepcat

    if BY == PROGRAMS:
        sys.addaudithook(audited)
    else:
        count()
    deepcat()


def count() -> None:
    """Let steps of runs be moments."""
    import requests

    from deepcat.records.journal import RecordJournal
    from deepcat.runs.events import Watcher

    around(RecordJournal, "begin")
    around(RecordJournal, "finish")
    around(requests.Session, "request", lambda _, method, *__: method not in ("GET", "HEAD"))
    take = Watcher.take

    def taken(self: Watcher, event: Any) -> None:
        if event.get("event") == "runner_on_start":
            moment()
        take(self, event)

    Watcher.take = taken  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
