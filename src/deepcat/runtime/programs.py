"""The programs that building asks: pip, Python itself, a compressor. The edge to processes."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from deepcat.errors import DeepcatError

_TAIL = 1_500
# Bytecode is the same for the same source only where nothing is told apart by chance.
_FIXED = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0", "PYTHONDONTWRITEBYTECODE": "1"}
LEVELS = {"zst": 9, "gz": 6}


def said_by(
    argv: Sequence[str | Path],
    what: str,
    environ: Mapping[str, str] | None = None,
    given: bytes = b"",
) -> str:
    """What a program prints that is given some bytes; `what` is what it does, in words.

    Raises:
        DeepcatError: it fails (``runtime/build``).
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [str(word) for word in argv],
        input=given,
        capture_output=True,
        env={**kept, **_FIXED, **(environ or {})},
        check=False,
    )
    if done.returncode:
        told = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-_TAIL:]
        raise DeepcatError(
            f"{what} failed: {told or f'status {done.returncode}'}",
            hint="see what the program says, and build again",
            code="runtime/build",
        )
    return done.stdout.decode("utf-8", "replace")


def installer() -> tuple[str, ...]:
    """The command that installs wheels into a folder; empty where there is none."""
    if importlib.util.find_spec("pip") is not None:
        quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-compile")
        return (sys.executable, "-m", "pip", "install", *quiet)
    uv = shutil.which("uv")
    return (uv, "pip", "install", "--quiet") if uv else ()


def can(how: str) -> bool:
    """Whether this machine can compress so; `gz` it always can."""
    return how == "gz" or shutil.which("zstd") is not None or _module("zstd") is not None


@contextmanager
def compressing(how: str, target: Path) -> Iterator[IO[bytes]]:
    """A stream whose bytes are written compressed.

    Args:
        how: ``zst`` or ``gz``.
        target: the new file.
    """
    level = LEVELS[how]
    program = shutil.which("zstd") if how == "zst" else None
    with target.open("wb") as out:
        if program is None:
            with _opened(how, out, level) as stream:
                yield stream
            return
        # One thread: with more the bytes depend on how many there are.
        argv = [program, "-q", f"-{level}", "-T1", "-c"]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=out) as process:
            if process.stdin is None:
                raise AssertionError
            with process.stdin as stream:
                yield stream
    if process.returncode:
        message = f"`zstd` ended with status {process.returncode}"
        raise DeepcatError(message, hint="see whether its disk is full", code="runtime/build")


def _opened(how: str, out: IO[bytes], level: int) -> IO[bytes]:
    if how == "gz":
        import gzip

        return cast(IO[bytes], gzip.GzipFile("", "wb", level, out, mtime=0))
    return cast(IO[bytes], _module("zstd").open(out, "wb", level=level))


def _module(name: str) -> Any:
    """Python's own module for a compression, from 3.14 on; None before."""
    try:
        return importlib.import_module(f"compression.{name}")
    except ImportError:
        return None


@contextmanager
def decompressed(path: Path) -> Iterator[IO[bytes]]:
    """What a compressed file holds, by the end of its name.

    Raises:
        DeepcatError: it is broken (``runtime/build``).
    """
    if path.suffix == ".gz":
        import gzip

        with gzip.open(path, "rb") as opened:
            yield cast(IO[bytes], opened)
        return
    module, program = _module("zstd"), shutil.which("zstd")
    if program is None:
        if module is None:
            message = "this machine reads no zstd"
            raise DeepcatError(message, hint="install the program `zstd`", code="runtime/build")
        with module.open(path, "rb") as plain:
            yield plain
        return
    with subprocess.Popen([program, "-dcq", path], stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise AssertionError
        yield process.stdout
    if process.returncode:
        message = f"`{path.name}` is broken"
        raise DeepcatError(message, hint="remove it, and build it again", code="runtime/build")
