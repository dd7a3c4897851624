"""EDGE of `deepcat new`: where the running deepcat came from, pinned for a workflow."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from deepcat import git
from deepcat.catalog.beginning.forges.source import FORMS, Source, pinned
from deepcat.errors import UsageError
from deepcat.secrets.addresses import without_user

_NAME = "deepcat"
_WHEEL = re.compile(r"deepcat-[\w.+-]+\.whl", re.ASCII)
_HINT = f"say it with `--deepcat`: {FORMS}"


def source(word: str, directory: Path) -> Source:
    """What a person names, or else the very deepcat that runs.

    Args:
        word: what was named; empty for nothing.
        directory: where the path of a wheel begins.

    Raises:
        UsageError: it is not pinned, or nobody can tell where it came from.
    """
    if not word:
        return _running()
    path = directory / word
    if word.endswith(".whl") and "://" not in word:
        if not path.is_file():
            raise UsageError(f"there is no wheel `{word}`", hint=_HINT)
        return _kept(path)
    return pinned(word)


def _running() -> Source:
    try:
        found = distribution(_NAME)
    except PackageNotFoundError:
        raise _unknown("it was not installed by pip") from None
    told = found.read_text("direct_url.json")
    if told is None:
        return _of_index(found)
    try:
        return _direct(json.loads(told), found)
    except (KeyError, TypeError, ValueError):
        raise _unknown("pip's note of where it came from cannot be read") from None


def _direct(told: Mapping[str, Any], found: Distribution) -> Source:
    """From pip's note, PEP 610, of an installation that was not by name."""
    address = str(told["url"])
    local = Path(address.removeprefix("file://")) if address.startswith("file://") else None
    if "vcs_info" in told:
        return pinned(f"git+{address}@{told['vcs_info']['commit_id']}")
    if "dir_info" in told and local is not None:
        return _checkout(local)
    sha256 = str(told["archive_info"].get("hashes", {}).get("sha256", ""))
    if local is None:
        return pinned(f"{address}#sha256={sha256}")
    if not local.is_file() or not _is_what_runs(local, sha256, found):
        raise _unknown(f"its wheel `{local.name}` is no longer where it was")
    return _kept(local)


def _is_what_runs(wheel: Path, sha256: str, found: Distribution) -> bool:
    """Whether a wheel is still the one that was installed; pip before 23.1 noted no hash."""
    if sha256:
        return hashlib.sha256(wheel.read_bytes()).hexdigest() == sha256
    try:
        return _record(wheel) <= _installed(found)
    except (BadZipFile, StopIteration):
        return False


def _checkout(root: Path) -> Source:
    """The commit of a checkout, where another machine finds the same."""
    commit = git.says(root, "rev-parse", "HEAD").decode().strip()
    origin = without_user(git.says(root, "remote", "get-url", "origin").decode().strip())
    if not commit or not origin.startswith("https://"):
        raise _unknown("it is a checkout without an origin that others reach by https")
    if git.says(root, "status", "--porcelain", "--untracked-files=no").strip():
        raise _unknown("its checkout holds changes that are in no commit")
    if not git.says(root, "branch", "--remotes", "--contains", commit).strip():
        raise _unknown(f"its commit {commit[:12]} was not pushed to its origin")
    return pinned(f"git+{origin}@{commit}")


def _kept(path: Path) -> Source:
    """A wheel that the catalog's repository is to keep."""
    content = path.read_bytes()
    try:
        if not _WHEEL.fullmatch(path.name):
            raise KeyError(path.name)
        _record(path)
    except (BadZipFile, StopIteration, KeyError):
        raise UsageError(f"`{path.name}` is no wheel of deepcat", hint=_HINT) from None
    digest = hashlib.sha256(content).hexdigest()
    return Source(path.name, digest, wheel=(path.name, content))


def _of_index(found: Distribution) -> Source:
    """The release of this name and version that the index has, if it is the one that runs."""
    pin = f"{_NAME}=={found.version}"
    words = ["pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", pin]
    with tempfile.TemporaryDirectory(prefix="deepcat-wheel-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", *words, "--dest", folder], capture_output=True, check=False
        )
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise _unknown(f"the package index does not give `{pin}`")
        if not _record(wheels[0]) <= _installed(found):
            raise _unknown(f"`{pin}` of the package index is another program")
        digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    return Source(pin, digest)


def _installed(found: Distribution) -> set[tuple[str, str]]:
    """(path, hash) of the files that were installed."""
    return _rows((found.read_text("RECORD") or "").splitlines())


def _record(wheel: Path) -> set[tuple[str, str]]:
    """(path, hash) of the files in a wheel of deepcat."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(
            each
            for each in archive.namelist()
            if each.startswith(f"{_NAME}-") and each.endswith(".dist-info/RECORD")
        )
        return _rows(archive.read(name).decode().splitlines())


def _rows(lines: Iterable[str]) -> set[tuple[str, str]]:
    return {(row[0], row[1]) for row in csv.reader(lines) if len(row) > 1 and row[1]}


def _unknown(why: str) -> UsageError:
    return UsageError(f"nobody can tell where this deepcat came from: {why}", hint=_HINT)
