"""What a training has besides what each job has: an environment, inputs, and folders that are kept.

Its contract with a script asks for no library. Variables name a file of inputs, a folder for what
it makes, one for checkpoints that outlives a lost attempt, and a file for metrics; the script runs
in a copy of its module's folder.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.host.box.needs import VARIABLES, of_python
from deepcat.host.data.wanted import Datum, data_of, variable
from deepcat.host.environments.locks import pins_in
from deepcat.host.environments.markers import MarkerError, satisfies
from deepcat.host.failure import StepError
from deepcat.host.job import memory, models, reading
from deepcat.host.place import write_json
from deepcat.host.python import words
from deepcat.host.taking_away import away

TYPE = "deepcat.nodes.TrainingJob"
# Of a job's folder.
OUTPUT = "output"
# Of a deployment's place: node -> goal -> what its attempts keep for one another.
CHECKPOINTS = "checkpoints"
_BIN, _INPUTS, _OURS, _FROM = "bin", "inputs.json", "ours", "from"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}\Z")
_LOCK = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,8}\Z")
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) *(d|h|m|s)\Z")
_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}


@dataclass(frozen=True)
class Training:
    """What a training asks for.

    Attributes:
        lock: the file of the module's that pins its environment; empty for the host's own Python
            with the packages that are there.
        inputs: JSON of each, sorted by name.
        data: sorted by name.
        evaluate: the command that measures a model; empty for none.
        begins_from: what tells the model that it begins from, the module's; empty for none.
        repeats: what tells it from the one that it repeats to be compared; empty for none.
        python: a range of versions of Python that it is for; empty for any.
    """

    lock: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    data: tuple[Datum, ...] = ()
    evaluate: str = ""
    begins_from: str = ""
    python: str = ""
    repeats: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data; equal for trainings that are one and the same, wherever their data lies."""
        found: dict[str, Any] = {"lock": self.lock, "inputs": self.inputs}
        if self.data:
            found["data"] = [[each.name, each.digest] for each in self.data]
        if self.evaluate:
            found["evaluate"] = self.evaluate
        if self.begins_from:
            found["begins_from"] = self.begins_from
        if self.python:
            found["python"] = self.python
        if self.repeats:
            found["repeats"] = self.repeats
        return found


@dataclass(frozen=True)
class Laid:
    """What a training's box is given.

    Attributes:
        reads: as of `Grant`.
        writes: as of `Grant`.
        variables: as of `Grant`.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    variables: Mapping[str, str]


def training_of(held: Mapping[str, Any]) -> Training | None:
    """The training that a node stands for; None for any other job.

    Args:
        held: the node as its role takes it.

    Raises:
        StepError: a value cannot be used (``run/values``).
    """
    if held.get("type") != TYPE:
        return None
    own = held.get("properties") or {}
    lock, inputs = str(own.get("requirements") or ""), own.get("inputs") or {}
    if lock and not _LOCK.match(lock):
        raise _unfit(f"{lock[:80]!r} is no file of the module's folder", "name its lock file")
    for name in inputs:
        if not _NAME.match(str(name)):
            raise _unfit(f"{str(name)[:80]!r} is no name of an input", "use letters and digits")
    given = tuple(sorted((str(k), json.dumps(v)) for k, v in inputs.items()))
    evaluate = str(own.get("evaluate") or "")
    if evaluate:
        require_words(evaluate)
    begins, python = str(own.get("begins_from") or ""), str(own.get("python") or "")
    repeats = str(own.get("repeats") or "")
    return Training(lock, given, data_of(own.get("data") or {}), evaluate, begins, python, repeats)


def require_python(training: Training, version: str = "") -> None:
    """See that a training is for a Python.

    Args:
        training: that asks for a range of versions.
        version: of the Python; empty for this host's.

    Raises:
        StepError: it is not (``job/python``), or what it asks for is no range (``run/values``).
    """
    if not training.python:
        return
    version = version or platform.python_version()
    try:
        fits = satisfies(re.sub(r"[^0-9.].*", "", version), training.python)
    except MarkerError as error:
        raise _unfit(str(error), "write it as `>=3.11,<3.13`") from None
    if not fits:
        message = f"this host has Python {version}, and the training is for {training.python}"
        hint = "train on a host with such a Python, or widen `training.python` of its module"
        raise StepError("cloud", "job/python", message, hint)


def require_words(line: str) -> None:
    """See that a command can be split into words.

    Raises:
        StepError: it cannot (``run/values``).
    """
    try:
        shlex.split(line)
    except ValueError:
        raise _unfit(f"{line[:80]!r} is no command", "close its quotes") from None


def seconds(value: Any) -> float:
    """A time as TOSCA writes it, such as ``2 h``; 0 for none.

    Raises:
        StepError: it is none (``run/values``).
    """
    text = str(value or "").strip()
    if not text:
        return 0.0
    found = _TIME.match(text)
    if not found:
        raise _unfit(f"{text[:40]!r} is no time", "write it as `90 m` or `2 h`")
    return float(found[1]) * _SECONDS[found[2]]


def limits(held: Any, said: Mapping[str, Any]) -> dict[str, Any]:
    """What a training may take besides time, as its watch holds it.

    Args:
        held: of its node: ``cost``, ``disk_bytes``, ``nan``, ``stop``, ``checkpoint``.
        said: what the run says of trainings; its ``price_hour`` makes of a cost a time.

    Raises:
        StepError: a value cannot be used (``run/values``).
    """
    own = held if isinstance(held, Mapping) else {}
    found: dict[str, Any] = {}
    try:
        price = float(said.get("price_hour") or 0)
        if own.get("cost") and price > 0:
            found["cost_s"] = float(own["cost"]) / price * 3600
        if own.get("disk_bytes"):
            found["disk_bytes"] = int(own["disk_bytes"])
        if "nan" in own:
            found["nan"] = bool(own["nan"])
        if stop := own.get("stop"):
            found["stop"] = {
                "metric": str(stop["metric"]),
                "patience": int(stop["patience"]),
                "higher_is_better": bool(stop["higher_is_better"]),
            }
        if kept := own.get("checkpoint"):
            numbers = {"every_s": int(kept.get("every_s") or 0), "keep": int(kept.get("keep") or 0)}
            found["checkpoint"] = {name: each for name, each in numbers.items() if each > 0}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _unfit("a limit of the training is none", "see `limits` and `stop`") from None
    return found


def pins(training: Training, files: Path) -> tuple[str, ...]:
    """What its environment is made of; none where it names no lock.

    Args:
        training: that names it.
        files: the module's.

    Raises:
        StepError: the lock is not there, or a line is no pin (``run/environment``).
    """
    return pins_in(files, training.lock) if training.lock else ()


def lay(
    training: Training,
    folder: Path,
    files: Path,
    environment: str,
    kept: Path,
    data: Mapping[str, Path],
    model: str = "",
) -> Laid:
    """Write down what a training finds, and say what its box is given.

    Args:
        training: that is to run.
        folder: of the job.
        files: the module's, which it works in a copy of.
        environment: the folder with its packages; empty for the host's own.
        kept: where its attempts keep checkpoints.
        data: name -> the folder that has it.
        model: the archive, among the module's files, of the model that it begins from.

    Raises:
        StepError: there is no such model (``job/no-output``), or it is for another Python.
    """
    require_python(training)
    shutil.copytree(files, folder / "work", symlinks=True, dirs_exist_ok=True)
    output, bin_ = folder / OUTPUT, folder / _BIN
    for path in (output, bin_, kept):
        path.mkdir(parents=True, exist_ok=True)
    values = {name: json.loads(text) for name, text in training.inputs}
    write_json(folder / _INPUTS, values)
    (folder / _INPUTS).chmod(0o644)
    own = [*words(), *(["-S", "-s"] if environment else [])]
    program = bin_ / "python"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(own)} "$@"\n')
    program.chmod(0o755)
    (bin_ / "python3").symlink_to("python")
    bin_.chmod(0o755)
    ours = _brought(folder / _OURS)
    variables = {
        "PATH": f"{bin_}:{VARIABLES['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, (environment, ours))),
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
        "DEEPCAT_INPUTS": str(folder / _INPUTS),
        **{f"DEEPCAT_INPUT_{name.upper()}": _text(value) for name, value in values.items()},
        "DEEPCAT_OUTPUT": str(output),
        "DEEPCAT_CHECKPOINTS": str(kept),
        "DEEPCAT_METRICS": str(output / reading.METRICS),
        "MLFLOW_TRACKING_URI": f"sqlite:///{output / reading.MLFLOW}",
        **{variable(name): str(path) for name, path in data.items()},
    }
    if training.begins_from:
        models.bring(files, model, folder / _FROM)
        variables["DEEPCAT_FROM"] = str(folder / _FROM)
    reads = (*of_python(), str(bin_), str(folder / _INPUTS), *filter(None, (environment, ours)))
    reads += tuple(str(path) for path in data.values())
    reads += (str(folder / _FROM),) if training.begins_from else ()
    return Laid(reads, (str(output), str(kept)), {k: v for k, v in variables.items() if v})


def _brought(into: Path) -> str:
    """Bring `deepcat.training` and nothing else of ours, for a Python that has no deepcat.

    Returns:
        The folder to import it from; empty where this host was not given it.
    """
    package = Path(__file__).resolve().parents[2]
    if not (package / "training").is_dir():
        return ""
    target = into / package.name
    skips = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package / "training", target / "training", dirs_exist_ok=True, ignore=skips)
    shutil.copy(package / "__init__.py", target)
    for path in (into, *into.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return str(into)


def sweep(place: Path, kept: Sequence[tuple[str, str]]) -> None:
    """Delete the checkpoints, and what is remembered, of all but these nodes and goals.

    Args:
        place: of the deployment.
        kept: node and goal of what may still run.
    """
    named = {at(place, node, goal) for node, goal in kept for at in (kept_at, memory.kept_at)}
    for folder in (CHECKPOINTS, memory.FOLDER):
        for path in (place / folder).glob("*/*"):
            if path not in named:
                away(path)


def kept_at(place: Path, node: str, goal: str) -> Path:
    """Where attempts at one goal keep checkpoints for one another."""
    return place / CHECKPOINTS / node / goal[:16]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _unfit(message: str, hint: str) -> StepError:
    return StepError("module", "run/values", message, hint)
