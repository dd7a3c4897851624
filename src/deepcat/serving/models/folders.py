"""The model folders on disk: their versions, and whether one has changed."""

from __future__ import annotations

from pathlib import Path

from deepcat.serving.contract.policy import version_numbers

Fingerprint = tuple[tuple[str, int, int], ...]
_GRAPHS = ("saved_model.pb", "saved_model.pbtxt")


def version_folders(base: Path) -> dict[int, Path]:
    """Version -> its folder; a folder that is itself a SavedModel is version 1.

    A folder that cannot be read has no versions.
    """
    if any((base / graph).is_file() for graph in _GRAPHS):
        return {1: base}
    try:
        names = [entry.name for entry in base.iterdir() if entry.is_dir()]
    except OSError:
        return {}
    return {number: base / name for number, name in version_numbers(names).items()}


def fingerprint(folder: Path, limit: int = 1000) -> Fingerprint:
    """Names, sizes and times of a SavedModel's files, to see whether it was mended."""
    found: list[tuple[str, int, int]] = []
    for pattern in ("*", "variables/*", "assets/*", "assets.extra/*"):
        for path in sorted(folder.glob(pattern))[:limit]:
            try:
                state = path.stat()
            except OSError:
                continue
            found.append((str(path.relative_to(folder)), state.st_size, state.st_mtime_ns))
    return tuple(found)
