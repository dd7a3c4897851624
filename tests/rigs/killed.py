"""`deepcat`, but killed at a given moment: `killed.py MOMENT ARGUMENT…`.

Moments are counted: each intent and each outcome before and after it is written, each task of
Ansible as it begins, and each call that writes to the forge before and after it is made.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

LEFT = iter(range(int(sys.argv.pop(1)) - 1, -1, -1))


def moment() -> None:
    if next(LEFT, None) == 0:
        os.kill(os.getpid(), signal.SIGKILL)


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


def main() -> None:
    import requests

    from deepcat.cli.main import main as deepcat
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
    deepcat()


if __name__ == "__main__":
    main()
