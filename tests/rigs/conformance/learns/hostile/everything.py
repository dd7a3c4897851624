"""What a stranger's script may try: it goes on as an honest one, and notes what it gets."""

import json
import os
import pathlib
import socket
import subprocess
import threading
from contextlib import suppress

NAME = "deepcat-was-here"
# What whoever began the training has in the environment, and nobody else.
SECRET = b"c4n4ry-of-the-controller"
_TASKS, _LINES, _LINE = 6000, 1 << 7, b"x" * ((1 << 20) - 1) + b"\n"


def attack(output: pathlib.Path) -> None:
    """Try all of it."""
    _write_outside(output)
    for address in (("1.1.1.1", 53), ("127.0.0.1", 22)):
        with suppress(OSError):
            socket.create_connection(address, 2)
            _got_away(output, f"called {address}")
    for _ in range(50):
        with suppress(OSError):
            subprocess.Popen(["sleep", "900"])
            subprocess.Popen(["sleep", "900"], start_new_session=True)
    _look_for_secrets(output)
    _take_all_tasks(output)
    _forge_figures()
    _leave_odd_things(output)
    print("\033]0;title\007\033[2J", flush=True)
    for _ in range(_LINES):  # far more than is kept of it
        os.write(1, _LINE)


def _got_away(output: pathlib.Path, what: str) -> None:
    """Keep it as a file that nobody expects: of the log only the end is kept."""
    with (output / "ESCAPED.txt").open("a") as told:
        told.write(f"{what}\n")


def _look_for_secrets(output: pathlib.Path) -> None:
    for path in pathlib.Path("/proc").glob("*/environ"):
        with suppress(OSError):
            if SECRET in path.read_bytes():
                _got_away(output, f"read {path}")


def _take_all_tasks(output: pathlib.Path) -> None:
    """As a program that forks without end; each is a task for the kernel, as a process is."""
    is_over = threading.Event()
    threading.stack_size(64 << 10)
    started = []
    with suppress(RuntimeError, MemoryError):
        for _ in range(_TASKS):
            started.append(threading.Thread(target=is_over.wait))
            started[-1].start()
        _got_away(output, f"began {_TASKS} tasks")
    is_over.set()
    for each in started:
        with suppress(RuntimeError):
            each.join()


def _write_outside(output: pathlib.Path) -> None:
    work = pathlib.Path.cwd()
    roots = [pathlib.Path("/", name) for name in ("etc", "usr", "root", "var/tmp", "srv")]
    above = output
    for _ in range(8):
        above = above / ".."
        roots.append(above)
    for place in (*roots, work.parent, *list(work.parents)[2:3], output.parent):
        with suppress(OSError):
            (place / NAME).write_text("x")


def _forge_figures() -> None:
    with pathlib.Path(os.environ["DEEPCAT_METRICS"]).open("a") as forged:
        forged.write('{"__proto__": 1, "<script>": 2, "loss": NaN}\n[1]\n{"loss": NaN}\n')
        forged.write('{"message": "late", "x": "' + "y" * 1_000_000 + '"}\n')
        forged.write(json.dumps({"message": f"\x1b[31mred{chr(0x202E)}\a"}) + "\n")


def _leave_odd_things(output: pathlib.Path) -> None:
    turned = f"{chr(0x202E)}gnp.exe"
    (output / "own").write_text("x")
    for leave in (
        lambda: os.mkfifo(output / "pipe"),
        lambda: (output / "link").symlink_to("/etc/passwd"),
        lambda: (output / "above").symlink_to("../../.."),
        lambda: os.link(output / "own", output / "hard"),
        lambda: (output / "odd\nname").write_text("x"),
        lambda: (output / turned).write_text("x"),
        lambda: (output / "/".join(["deep"] * 20)).mkdir(parents=True),
    ):
        with suppress(OSError):  # some boxes let it make none
            leave()
    (output / "own").unlink()
    with suppress(OSError):
        os.link(output / "hard", output / "again")
    for kind in (0o060600, 0o020600):
        with suppress(OSError):
            os.mknod(output / f"device{kind}", kind, os.makedev(1, 3))
