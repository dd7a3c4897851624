"""EDGE of the host: environments, one for each lock, made by pip and shared.

All is held against its checksum. pip installs wheels alone, of which nothing runs meanwhile; what
has none is made to one in a box. What is in an environment runs in a box alone.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from deepcat.host.environments import sources
from deepcat.host.failure import StepError
from deepcat.host.place import Place, locked, open_up, places
from deepcat.host.python import words

# Beside the deployments, whose names begin with no dot.
FOLDER = ".environments"
_PATIENCE_S = 900
_TAIL = 1500
_LACKS = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)==")
_MOST_SOURCES = 8
# By which whoever runs deepcat says where packages are had from, and whom to trust.
_HANDED_ON = ("PIP_", "SSL_CERT_", "REQUESTS_CA_")
_NAMES = ("PATH", "HOME", "LANG", "TMPDIR", "http_proxy", "https_proxy", "no_proxy", "all_proxy")
_NEVER = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIREMENT", "PIP_NO_BINARY")


def key_of(pins: Sequence[str]) -> str:
    """The environment's name: what it holds, and for which Python and machine."""
    version = ".".join(map(str, sys.version_info[:2]))
    lock = "".join(f"{pin}\n" for pin in pins)
    text = f"{version} {sys.implementation.name} {platform.machine()}\n{lock}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def made(local: Path, pins: Sequence[str], index: str = "") -> str:
    """The name of the environment that pins name, which is there then.

    Args:
        local: the folder that holds a catalog's deployments on this host.
        pins: of a lock; see `pins.pins_of`.
        index: the package index; empty for the one that is set up here.

    Raises:
        StepError: it cannot be made (``run/environment``).
    """
    key = key_of(pins)
    with locked(local / FOLDER / ".lock"):
        target = local / FOLDER / key
        if not target.is_dir():
            draft = target.with_name(f".{key}.new")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            try:
                fill(draft, pins, index=index)
                open_up(draft)
                draft.replace(target)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
                draft.with_suffix(".lock").unlink(missing_ok=True)
    return key


def path_of(local: Path, key: str) -> Path:
    """Where an environment lies; one that was brought says so itself."""
    return local / FOLDER / key  # a whole path stays as it is


def sweep(local: Path, but: Place | None = None) -> None:
    """Delete the environments that no deployment names.

    Args:
        local: as `made` takes it.
        but: a deployment that goes, whatever it names.
    """
    folder = local / FOLDER
    if not folder.is_dir():
        return
    with locked(folder / ".lock"):
        named = {name for place in places(local) if place != but for name in _named(place)}
        left = [path for path in folder.iterdir() if path.is_dir() and path.name not in named]
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
        if not named:  # with the lock, which whoever holds it may delete
            shutil.rmtree(folder, ignore_errors=True)


def _named(place: Place) -> Iterator[str]:
    """The environments that a deployment's state names, or is about to have made."""
    for kind in ("plugins", "jobs", "notebooks"):
        for mine in (place.state.get(kind) or {}).values():
            both = [mine.get(which) or {} for which in ("live", "candidate")]
            known = [each.get(name) for each in both for name in ("environment", "kernel")]
            makes = mine.get("makes") or ()
            known += [makes] if isinstance(makes, str) else makes
            yield from (str(name) for name in known if name)


def fill(target: Path, named: Sequence[str], *, version: str = "", index: str = "") -> None:
    """Fill a folder with what a lock names: wheels, and then what has none.

    Args:
        target: the folder, which is there.
        named: the lock's pins.
        version: of the Python that it is for, as ``3.12``; empty for this one. Nothing can be built
            for another.
        index: as `made` takes it.

    Raises:
        StepError: it cannot be filled (``run/environment``).
    """
    pins, without = list(named), list[str]()
    lock = target.with_suffix(".lock")
    aim = ("--python-version", version) if version else ()
    while told := _wheels(target, lock, pins, aim, index):
        lacking = _LACKS.search(told)
        lost = [pin for pin in pins if lacking and pin.startswith(f"{lacking[1]}==")]
        if not lost or version or len(without) >= _MOST_SOURCES:
            raise _failed(told)
        pins.remove(lost[0])
        without += lost
    open_up(target)
    for pin in without:
        with tempfile.TemporaryDirectory(prefix=".wheel-", dir=target.parent) as made:
            Path(made).chmod(0o755)
            found = sources.wheel(pin, target, Path(made), index)
            if told := _pip(["--no-deps", "--no-index", "--target", str(target), str(found)]):
                raise _failed(told)


def _wheels(target: Path, lock: Path, pins: Iterable[str], aim: Sequence[str], index: str) -> str:
    """Install wheels; gives what pip says where it cannot."""
    lock.write_text("".join(f"{pin}\n" for pin in pins), "utf-8")
    only = ["--no-deps", "--only-binary=:all:", "--require-hashes", *aim]
    return _pip([*only, "--target", str(target), "--requirement", str(lock)], index)


def _pip(options: list[str], index: str = "") -> str:
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-script-location")
    argv = [*words(), "-I", "-m", "pip", "install", *quiet, *options]
    try:
        done = subprocess.run(
            argv,
            env={**_environment(), **({"PIP_INDEX_URL": index} if index else {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        message = f"the environment was not made within {_PATIENCE_S} s"
        raise StepError("cloud", "run/environment", message, "see the way to the index") from None
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
    if said.endswith("No module named pip"):
        hint = "python -m ensurepip, for the Python that runs deepcat there"
        message = "there is no `pip` to make the environment with"
        raise StepError("cloud", "run/environment", message, hint)
    return (said or f"status {done.returncode}") if done.returncode else ""


def _failed(told: str) -> StepError:
    lines = told.splitlines()
    last = ([line for line in lines if line.startswith("ERROR: ")] or lines)[-1]
    last = last.removeprefix("ERROR: ")
    message = f"the environment cannot be made: {last}"
    hint = "see that the index has what the lock names, for this Python and machine"
    error = StepError("module", "run/environment", message, hint)
    error.log = told[-_TAIL:]
    return error


def _environment() -> dict[str, str]:
    """What pip is given: where packages are, and no secret that is not in an address of these."""
    return {
        name: value
        for name, value in os.environ.items()
        if (name in _NAMES or name.lower() in _NAMES or name.startswith(_HANDED_ON))
        and name not in _NEVER
    }
