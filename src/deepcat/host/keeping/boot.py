"""EDGE of the host: has the user's crontab, where there is one, begin programs with the machine.

Where there is none, what a restart of the machine ended is begun by whoever looks at it next.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import join, quote

from deepcat.host.python import words

_PATIENCE_S = 20.0
_NONE = "no crontab for"
# Our own code lies beside that of newer and older versions, and goes when nothing needs it.
_SCRIPT = """\
#!/bin/sh
# Begins again what is kept in this folder, with the machine: see the user's crontab.
for each in {own} {all}/*; do
  [ -f "$each/deepcat/host/keeping/again.py" ] || continue
  if [ -f "$each/python" ]; then eval "set -- $(cat "$each/python")"; else set -- {python}; fi
  exec "$@" -I -S "$each/deepcat/host/keeping/again.py" {folder}
done
"""


def remember(folder: Path) -> None:
    """Have what is kept in a folder begin with the machine from now on, where that can be had."""
    if Path.home().is_dir():
        with _held():
            _remember(folder)


def _remember(folder: Path) -> None:
    lines = _lines()
    if lines is None:
        return
    own = Path(__file__).resolve().parents[3]
    script = _script(folder)
    said = _SCRIPT.format(
        own=quote(str(own)),
        all=quote(str(own.parent)),
        python=join(words()),
        folder=quote(str(folder)),
    )
    if not script.is_file() or script.read_text("utf-8") != said:
        script.write_text(said, "utf-8")
    if _line(folder) not in lines:
        _write([*lines, _line(folder)])


def forget(folder: Path) -> None:
    """Take what `remember` wrote away; the user's own lines stay."""
    if not _script(folder).is_file():
        return
    with _held():
        lines = _lines()
        if lines and _line(folder) in lines:
            _write([each for each in lines if each != _line(folder)])


@contextmanager
def _held() -> Iterator[None]:
    """One at a time: who writes a crontab writes all of it."""
    handle = os.open(Path.home(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _script(folder: Path) -> Path:
    return folder / "again.sh"


def _line(folder: Path) -> str:
    command = f"/bin/sh {quote(str(_script(folder)))} >/dev/null 2>&1"
    return f"@reboot {command}".replace("%", "\\%")


def _lines() -> list[str] | None:
    """The user's crontab; None where that cannot be had, and so must not be written either."""
    if shutil.which("crontab") is None:
        return None
    done = _crontab("-l")
    if done.returncode and _NONE not in done.stderr:
        return None
    # Lines as cron reads them: some signs of Unicode and a bare return end none.
    return done.stdout.removesuffix("\n").split("\n") if done.returncode == 0 else []


def _write(lines: list[str]) -> None:
    if lines:
        _crontab("-", "".join(f"{line}\n" for line in lines))
    else:
        _crontab("-r")


def _crontab(word: str, given: str = "") -> subprocess.CompletedProcess[str]:
    words = ["crontab", word]
    try:
        done = subprocess.run(
            words,
            input=os.fsencode(given),
            capture_output=True,
            check=False,
            timeout=_PATIENCE_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(words, 1, "", str(error))
    said = os.fsdecode(done.stdout), os.fsdecode(done.stderr)
    return subprocess.CompletedProcess(words, done.returncode, *said)
