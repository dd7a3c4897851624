"""EDGE of the host: the model that a training made and the one before, measured on the same data.

Each is asked in a box as the training's, which reads the model and writes nothing but its figures;
in a pod the container is that box, and nothing of the training runs in it any more.
What they came to is written into the output from outside of the box, in place of any file of that
name which the training's script wrote.
"""

from __future__ import annotations

import json
import math
import shlex
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepcat.host.box.argv import write
from deepcat.host.box.grant import Grant
from deepcat.host.box.layers import Layers
from deepcat.host.failure import StepError
from deepcat.host.job import models, outputs, reading
from deepcat.host.job.end import End
from deepcat.host.within import open_within

# Of an output folder: figures of both, or why there are none.
FILE = "evaluated.json"
NEW, OLD = "new", "old"
_FIGURES, _MODEL = "metrics.json", "model"
_PACKED = ("model.tar.gz", "model.tgz", "model.zip")
_MOST, _MOST_NAMES, _MOST_NAME = 1 << 20, 50, 64
_NONE = frozenset({"DEEPCAT_CHECKPOINTS"})


def lay(command: str, folder: Path, grant: Grant, layers: Layers | None) -> None:
    """Write down the boxes that both models are asked in.

    Args:
        command: that measures a model.
        folder: of the job.
        grant: of the training.
        layers: as `write` takes them.
    """
    for which in (NEW, OLD):
        own = replace(
            grant,
            reads=(*grant.reads, str(_model(folder, which))),
            writes=(grant.folder, str(_out(folder, which))),
            variables=laid(folder, which, grant.variables),
        )
        write(grant_of(folder, which), own, layers, shlex.split(command))


def laid(folder: Path, which: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Make the folders that a model is measured by, and give the variables that name them.

    Args:
        folder: of the job.
        which: of both models.
        variables: of the training.
    """
    out, model = _out(folder, which), _model(folder, which)
    for path in (out, model):
        path.mkdir(parents=True)
    return {
        **{name: text for name, text in variables.items() if name not in _NONE},
        "DEEPCAT_MODEL": str(model),
        "DEEPCAT_OUTPUT": str(out),
        "DEEPCAT_METRICS": str(out / reading.METRICS),
        "MLFLOW_TRACKING_URI": f"sqlite:///{out / reading.MLFLOW}",
    }


def measured(
    job: Mapping[str, Any], folder: Path, files: Path, attempt: Callable[[str], End]
) -> None:
    """Measure both models, where that was asked for, and write down what they came to.

    Args:
        job: ``output``, ``evaluate`` and ``old``, as its file has them.
        folder: of the job.
        files: of the module.
        attempt: measures one of both models, `NEW` or `OLD`.
    """
    output = folder / str(job["output"])
    _forget(output / FILE)
    if not job.get("evaluate"):
        return
    told: dict[str, Any] = {}
    for which in (NEW, OLD):
        try:
            _bring(job, folder, files, which)
        except (OSError, StepError) as error:
            told[which] = {"failed": str(getattr(error, "message", error))[:300]}
            continue
        told[which] = _told(_out(folder, which), attempt(which))
    _forget(output / FILE)
    with suppress(OSError):
        (output / FILE).write_text(json.dumps(told), "utf-8")


def _forget(path: Path) -> None:
    """Take away what a script wrote under the name that is ours."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def grant_of(folder: Path, which: str) -> Path:
    """The file of the box that one of both models is measured in."""
    return folder / f"evaluate-{which}.json"


def _out(folder: Path, which: str) -> Path:
    return folder / "evaluated" / which


def _model(folder: Path, which: str) -> Path:
    return folder / "models" / which


def _bring(job: Mapping[str, Any], folder: Path, files: Path, which: str) -> None:
    """Lay a model where its box reads it.

    Raises:
        OSError: it cannot be written.
        StepError: there is none.
    """
    if which == OLD:
        models.bring(files, str(job.get("old") or ""), _model(folder, which))
        return
    draft = folder / "models" / f".{which}"
    try:
        _made(folder / str(job["output"]), draft)
        models.lay(draft, _model(folder, which))
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _made(output: Path, draft: Path) -> None:
    name = next((each for each in _PACKED if (output / each).is_file()), "")
    if name:
        models.unpack(output, name, draft)
        return
    rows = [row for row in outputs.listed(output)[0] if row["path"].startswith(f"{_MODEL}/")]
    draft.mkdir()
    outputs.copied(output, rows, draft)


def _told(out: Path, end: End) -> dict[str, Any]:
    """What a model came to, as far as a stranger's file can be read."""
    if end.exit_status:
        return {"failed": f"it ended with status {end.exit_status} {end.why}".strip()}
    stream = open_within(out, Path(_FIGURES))
    if stream is None:
        return {"failed": f"it wrote no `{_FIGURES}`"}
    with stream:
        content = stream.read(_MOST + 1)
    try:
        data = json.loads(content) if len(content) <= _MOST else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        return {"failed": f"its `{_FIGURES}` is no object of JSON"}
    found = {name: value for name, value in data.items() if _is_figure(name, value)}
    return {"metrics": dict(list(found.items())[:_MOST_NAMES])}


def _is_figure(name: str, value: object) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_named = name.isprintable() and len(name) <= _MOST_NAME
    try:
        return is_named and is_number and math.isfinite(float(value))  # type: ignore[arg-type]
    except OverflowError:
        return False
