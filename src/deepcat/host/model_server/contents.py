"""What the files of a fetched model were, so that a change of them by hand is seen.

Each file's size, times and number are compared first; only where these differ is its content read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from deepcat.host.digest import sha256_of
from deepcat.host.place import read_json, write_json

# Beside the folder `models` of a deployment.
_FOLDER = "contents"


def keep(folder: Path) -> None:
    """Remember the files of a model's folder as they are now."""
    files = {name: [*_stat(path), _digest(path)] for name, path in _files(folder)}
    write_json(_kept(folder), files)


def altered(folder: Path) -> tuple[str, ...]:
    """Paths in the folder of files that are there no more, are new, or have another content."""
    known = read_json(_kept(folder))
    if not known:
        return ()
    now = dict(_files(folder))
    odd = {name for name, path in now.items() if not _is_same(path, known.get(name))}
    return tuple(sorted(odd | (known.keys() - now.keys())))


def altered_models(place: Path) -> Iterator[str]:
    """Files of models that somebody changed, relative to the deployment's folder."""
    for folder in sorted((place / "models").glob("*/*")):
        for name in altered(folder) if folder.is_dir() else ():
            yield (folder / name).relative_to(place).as_posix()


def forget_gone(place: Path) -> None:
    """Forget the models of a deployment's folder that are there no more."""
    for kept in (place / _FOLDER).glob("*/*.json"):
        if not (place / "models" / kept.parent.name / kept.stem).is_dir():
            kept.unlink(missing_ok=True)


def _is_same(path: Path, before: object) -> bool:
    if not isinstance(before, list) or len(before) != 5:
        return False
    try:
        return before[:4] == _stat(path) or before[4] == _digest(path)
    except OSError:
        return False


def _stat(path: Path) -> list[int]:
    found = path.lstat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    with path.open("rb") as stream:
        return sha256_of(stream)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for where, folders, names in os.walk(folder):
        for name in (*names, *(each for each in folders if Path(where, each).is_symlink())):
            path = Path(where, name)
            yield path.relative_to(folder).as_posix(), path


def _kept(folder: Path) -> Path:
    """For `models/NODE/MODEL` the file `contents/NODE/MODEL.json`."""
    return folder.parents[2] / _FOLDER / folder.parent.name / f"{folder.name}.json"
