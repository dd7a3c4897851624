"""EDGE: a module's training, run once more in a box of this machine."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.host.box import run
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import available, lacking
from deepcat.host.environments import shared
from deepcat.host.failure import StepError
from deepcat.host.job import training as job
from deepcat.loop.trained.candidate import Folder
from deepcat.review.tried import plain
from deepcat.tosca.reading.training import line_of

_MiB = 1 << 20
_MOST_SAID, _LINES = 16 * _MiB, 40
_TASKS, _OPEN_FILES, _SHARED = 4096, 65_536, 1 << 30


@dataclass(frozen=True, slots=True)
class Done:
    """How it went.

    Attributes:
        output: the folder of what it made.
        seconds: that it took, without the making of its environment.
    """

    output: Path
    seconds: float


def train_again(
    folder: Folder,
    data: Mapping[str, Mapping[str, bytes]],
    inputs: Mapping[str, Any],
    into: Path,
    kept: Path,
    wall_s: float,
    *,
    begins: bool = False,
) -> Done:
    """Run a module's training.

    Args:
        folder: the module's.
        data: name -> the files of the data set that it learns from, by their names.
        inputs: by name; those that it does not name have their defaults.
        into: an empty folder.
        kept: where environments are kept, one for each lock.
        wall_s: how long it may take.
        begins: whether it begins from the folder's model.

    Raises:
        DeepcatError: it cannot be run here (``job/no-box``, ``reproduce/…``), or did not end well
            (``job/exit``, ``job/time``).
    """
    told = folder.data.get("training") or {}
    command = told.get("command")
    if not isinstance(command, str | list):
        raise _unfit(
            f"`{folder.name}` does not say by which command it is trained", "reproduce/command"
        )
    if not available().suffices:
        raise DeepcatError(
            f"this machine gives no box to a script: {'; '.join(lacking(available()))}",
            hint="`deepcat doctor` says how to get what is lacking",
            code="job/no-box",
        )
    module, place = into / "module", into / "job"
    for path, content in folder.files.items():
        file = module / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    place.mkdir()
    for name, files in data.items():
        (into / "data" / name).mkdir(parents=True)
        for own, content in files.items():
            (into / "data" / name / own).write_bytes(content)
    where = {name: into / "data" / name for name in data}
    model = folder.data.get("model") or {}
    asked = job.Training(
        str(told.get("environment") or ""),
        _given(told.get("inputs") or {}, inputs),
        begins_from=str(model.get("sha256") or "") if begins else "",
        python=str(told.get("python") or ""),
    )
    words = line_of(command)
    try:
        job.require_words(words)
        environment = _environment(asked, module, kept)
        laid = job.lay(
            asked,
            place,
            module,
            environment,
            into / "checkpoints",
            where,
            str(model.get("path") or ""),
        )
    except StepError as error:
        raise DeepcatError(error.message, hint=error.hint, code=error.code) from None
    _open_up(into)
    begun = time.monotonic()
    finished = run.run(
        shlex.split(words), _grant(into, place, laid, wall_s), most_output=_MOST_SAID
    )
    seconds = time.monotonic() - begun
    if finished.ended == "time":
        raise DeepcatError(
            f"the training of `{folder.name}` did not end within {wall_s:.0f} s",
            hint="give it more by `--timeout`",
            code="job/time",
        )
    if finished.ended or finished.rc:
        said = (finished.err or finished.out).decode("utf-8", "replace").splitlines()[-_LINES:]
        last = plain(next((each for each in reversed(said) if each.strip()), "nothing"))
        how = f"status {finished.rc}" if not finished.ended else finished.ended
        raise DeepcatError(
            f"the training of `{folder.name}` ended with {how}; it said last: {last}",
            hint="run its command by hand to see all of it",
            code="job/exit",
        )
    return Done(place / job.OUTPUT, seconds)


def _given(declared: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    usual = {
        name: each["default"]
        for name, each in declared.items()
        if isinstance(each, Mapping) and "default" in each
    }
    return tuple(sorted((name, json.dumps(value)) for name, value in {**usual, **inputs}.items()))


def _environment(asked: job.Training, module: Path, kept: Path) -> str:
    """The folder with the packages of its lock; empty for those of this machine."""
    pins = job.pins(asked, module)
    if not pins:
        return ""
    kept.mkdir(parents=True, exist_ok=True)
    return str(shared.path_of(kept, shared.made(kept, pins)))


def _grant(into: Path, place: Path, laid: job.Laid, wall_s: float) -> Grant:
    work, module = str(place / "work"), str(into / "module")
    return Grant(
        f"reproduce {into}",
        reads=(module, *laid.reads),
        writes=(work, *laid.writes),
        folder=work,
        processes=_TASKS,
        disk_bytes=_SHARED,
        open_files=_OPEN_FILES,
        wall_s=wall_s,
        variables={**laid.variables, "DEEPCAT_MODULE": module, "DEEPCAT_WORK": work},
    )


def _open_up(folder: Path) -> None:
    """Let the box's user, who is nobody's, come to what it is given."""
    for above, _, files in os.walk(folder):
        Path(above).chmod(0o755)
        for name in files:
            path = Path(above, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _unfit(why: str, code: str) -> DeepcatError:
    hint = "`training` of its `module.yaml` says how a module is trained"
    return DeepcatError(f"{why}, so it cannot be trained again", hint=hint, code=code)
