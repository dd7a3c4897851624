"""What lies in a deployment's folder for its servers: links, logs, models; and what goes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from deepcat.host.model_server import keys
from deepcat.host.model_server.rollout import Server
from deepcat.host.place import Place, open_up


def link(place: Place, server: Server, *, keep_others: bool = False) -> None:
    """Give the server a folder of versions for each model, made of links."""
    for model in server.models:
        folder = place.folder / server.folder / model.name
        folder.mkdir(parents=True, exist_ok=True)
        open_up(folder.parent)
        way = folder / str(model.version)
        target = os.path.relpath(place.folder / model.path, folder)
        if not way.is_symlink() or str(way.readlink()) != target:
            way.unlink(missing_ok=True)
            way.symlink_to(target, target_is_directory=True)
        for other in () if keep_others else folder.iterdir():
            if other.name != way.name:
                other.unlink()


def clear(
    place: Place,
    kept: Sequence[Server],
    named: Collection[str],
    models: Collection[str],
    is_own: Callable[[str], bool],
) -> None:
    """Delete what none of the servers that are kept needs.

    Args:
        place: the deployment's.
        kept: servers whose files stay.
        named: programs whose logs stay.
        models: folders of models that stay besides those of `kept`.
        is_own: whether a program, by its name, is one of the deployment's servers.
    """
    keys.forget_gone(place.folder, {server.program for server in kept})
    _only(place.folder / "servers", {server.folder.split("/", 1)[1] for server in kept})
    for log in (place.folder / "logs").glob("*.log*"):
        program = log.name.partition(".log")[0]
        if program not in named and is_own(program):
            log.unlink(missing_ok=True)
    models = {*models, *(model.path for server in kept for model in server.models)}
    _only(place.folder / "models", {"/".join(path.split("/")[1:3]) for path in models})
    for server in kept:
        link(place, server)


def _only(folder: Path, kept: set[str]) -> None:
    """Delete every `a/b` below a folder that is not named, and each `a` that is then empty."""
    for entry in folder.glob("*/*"):
        if entry.relative_to(folder).as_posix() not in kept:
            shutil.rmtree(entry, ignore_errors=True)
    for entry in folder.glob("*"):
        with suppress(OSError):
            entry.rmdir()
