"""EDGE: a training's output folder, read as a stranger's.

A few names are taken, the rest is left: ``model.tar.gz``, ``model.tgz``, ``model.zip`` or a folder
``model``; ``metrics.json``; ``metrics.jsonl``; ``plots/confusion_matrix.json`` and
``plots/residuals.json``; ``evaluated.json``, which the host writes. Each must be a plain file that
has no second name (a link can show what the script could not read), and is copied before it is
looked at.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepcat.catalog.reading.savedmodel import signatures
from deepcat.errors import DeepcatError
from deepcat.foreign import read_json
from deepcat.host.archive import model_folder, unpack
from deepcat.host.failure import StepError
from deepcat.host.job.drawn import CONFUSION, RESIDUALS
from deepcat.host.job.evaluating import FILE as EVALUATED
from deepcat.host.job.evaluating import NEW, OLD
from deepcat.loop.trained.curves import curves_of
from deepcat.loop.trained.plots import plots_of
from deepcat.loop.trained.values import Output
from deepcat.review.tried import plain
from deepcat.training import pack

ARCHIVES = ("model.tar.gz", "model.tgz", "model.zip")
_FOLDER, _METRICS, _LINES = "model", "metrics.json", "metrics.jsonl"
_MiB = 1 << 20
# What a proposal takes; a module whose model is larger names its address by hand.
MOST_BYTES, MOST_UNPACKED = 2048 * _MiB, 4096 * _MiB
_MOST_METRICS, _MOST_LINES, _MOST_FILES = 1 * _MiB, 64 * _MiB, 10_000
_MOST_NAMES, _MOST_NAME = 50, 64
_MOST_PLOT = 1 * _MiB
_CHUNK = 1 << 20


def read_output(folder: Path, into: Path) -> Output:
    """What a training made.

    Args:
        folder: that it wrote into.
        into: an empty folder of our own, which takes copies.

    Raises:
        DeepcatError: there is no model (``job/no-output``), no metrics (``job/no-metric``), or
            something of it cannot be taken (``job/bad-output``).
    """
    if folder.is_symlink() or not folder.is_dir():
        raise _none(f"there is no folder `{folder.name}` of what it made")
    archive = _archive(folder, into)
    metrics = _metrics(folder)
    try:
        unpack(archive, into / "unpacked", limit=MOST_UNPACKED)
        found = model_folder(into / "unpacked")
        graph = found / "saved_model.pb"
        signature = signatures(graph.read_bytes()) if graph.is_file() else {}
    except StepError as error:
        raise bad(error.message) from None
    except ValueError as error:
        raise bad(f"`saved_model.pb` cannot be read: {error}") from None
    lines = _bytes(folder, _LINES, _MOST_LINES)
    new, why = _evaluated(folder, NEW)
    old, _ = _evaluated(folder, OLD)
    sha256 = hashlib.sha256()
    with archive.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            sha256.update(chunk)
    size = archive.stat().st_size
    curves = curves_of(lines or b"")
    drawn = {name: _bytes(folder, name, _MOST_PLOT) for name in (CONFUSION, RESIDUALS)}
    plots = plots_of({name: content for name, content in drawn.items() if content is not None})
    return Output(
        archive, sha256.hexdigest(), size, signature, metrics, curves, new, old, why, plots
    )  # fmt: skip


@contextmanager
def opened(folder: Path) -> Iterator[Output]:
    """`read_output`, with copies that are gone at the end."""
    with tempfile.TemporaryDirectory(prefix="deepcat-output-") as name:
        yield read_output(folder, Path(name))


def _archive(folder: Path, into: Path) -> Path:
    """A copy of the model's archive, or one that is packed from its folder."""
    there = [name for name in (*ARCHIVES, _FOLDER) if os.path.lexists(folder / name)]
    if not there:
        names = ", ".join(f"`{name}`" for name in ARCHIVES)
        raise _none(f"it made none of {names}, and no folder `{_FOLDER}`")
    if len(there) > 1:
        raise bad(f"it made more than one model: {', '.join(f'`{each}`' for each in there)}")
    if there[0] != _FOLDER:
        _copy(folder, there[0], into / there[0], MOST_BYTES)
        return into / there[0]
    copied = into / "folder"
    copied.mkdir()
    room = MOST_UNPACKED
    for number, path in enumerate(_files(folder / _FOLDER)):
        if number >= _MOST_FILES:
            raise bad(f"its model is more than {_MOST_FILES:,} files")
        target = copied / path.relative_to(folder / _FOLDER)
        target.parent.mkdir(parents=True, exist_ok=True)
        room -= _copy(folder, path.relative_to(folder).as_posix(), target, room)
    archive = into / ARCHIVES[0]
    archive.write_bytes(pack(copied))
    return archive


def _files(folder: Path) -> Iterator[Path]:
    """All below a folder that is none itself; a link is given too, and refused by who copies."""
    if folder.is_symlink() or not folder.is_dir():
        raise bad(f"`{folder.name}` is neither a folder nor an archive")
    for each in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if each.is_dir(follow_symlinks=False):
            yield from _files(Path(each.path))
        else:
            yield Path(each.path)


def _metrics(folder: Path) -> Mapping[str, float]:
    content = _bytes(folder, _METRICS, _MOST_METRICS)
    if content is None:
        raise DeepcatError(
            f"the training left no `{_METRICS}`",
            hint="let it write an object of JSON, from each metric's name to its value",
            code="job/no-metric",
        )
    try:
        data: Any = read_json(content)
    except ValueError as error:
        raise bad(f"`{_METRICS}` cannot be read: {plain(str(error))}") from None
    if not isinstance(data, dict):
        raise bad(f"`{_METRICS}` is no object of JSON")
    found = _numbers(data)
    if len(found) > _MOST_NAMES:
        raise bad(f"`{_METRICS}` has more than {_MOST_NAMES} metrics")
    return found


def _numbers(data: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in data.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
        if name.isprintable() and len(name) <= _MOST_NAME
    }


def _evaluated(folder: Path, which: str) -> tuple[Mapping[str, float], str]:
    """What the host measured of a model, and why it did not."""
    content = _bytes(folder, EVALUATED, _MOST_METRICS)
    if content is None:
        return {}, ""
    try:
        data: Any = read_json(content)
        told = data[which]
        return _numbers(told.get("metrics") or {}), plain(str(told.get("failed") or ""))[:300]
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}, f"`{EVALUATED}` cannot be read"


def _bytes(folder: Path, name: str, most: int) -> bytes | None:
    """A small file's content; None where there is none."""
    if not os.path.lexists(folder / name):
        return None
    with tempfile.NamedTemporaryFile(prefix="deepcat-") as file:
        _copy(folder, name, Path(file.name), most)
        return Path(file.name).read_bytes()


def _copy(folder: Path, name: str, target: Path, most: int) -> int:
    """Copy a plain file; gives its bytes. Every folder on its way is one, and no link."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        *above, last = name.split("/")
        for part in above:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = inner
        # A pipe would wait for who writes into it.
        file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=handle)
    except OSError:
        raise bad(f"`{plain(name)}` is no plain file") from None
    finally:
        os.close(handle)
    with os.fdopen(file, "rb") as source, target.open("wb") as out:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:
            raise bad(f"`{plain(name)}` is no plain file of its own")
        size = 0
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise bad(f"`{plain(name)}` is larger than {most:,} bytes")
            out.write(chunk)
    return size


def bad(why: str) -> DeepcatError:
    """What the training made cannot be taken."""
    return DeepcatError(
        f"what the training made cannot be taken: {why}",
        hint="mend the script, then train again",
        code="job/bad-output",
    )


def _none(why: str) -> DeepcatError:
    return DeepcatError(
        f"the training made no model: {why}",
        hint="let it write `model.tar.gz` into the folder that `DEEPCAT_OUTPUT` names",
        code="job/no-output",
    )
