"""A training's record: one run of a module's training, which outlives its deployment. Pure.

What a host tells of it was written by strangers; here it is bounded again, and every text a line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from deepcat.catalog.reading.own_yaml import dumps
from deepcat.errors import DeepcatError
from deepcat.records.shape import (
    ShapeError,
    is_training,
    lines,
    parsed,
    require_training_shape,
)

TRAINING_FORMAT = "deepcat-training/v1"
WAITING, RUNNING, ENDED, FAILED, LOST, STOPPED = (
    "waiting", "running", "ended", "failed", "lost", "stopped",
)  # fmt: skip
# Why one failed that got more memory than it may have.
STARVED = "job/out-of-memory"
# By whom one was asked for that repeats another.
REPRODUCED = "reproduce"
OVER = frozenset({ENDED, FAILED, LOST, STOPPED})


@dataclass(frozen=True, slots=True)
class Training:
    """One file beside the records of deployments.

    Attributes:
        training: its id, the first twelve hexadecimal digits of what tells its goal from others.
        deployment: that asked for it.
        node: of the deployment's topology.
        module: name of what is trained.
        version: of the module.
        commit: of the catalog that it was begun from.
        state: ``waiting``, ``running``, ``ended``, ``failed``, ``lost``, ``stopped``.
        run: that brought it up last, by id.
        by: ``file`` where a file wishes for it, ``command`` where somebody asked without one,
            ``reproduce`` where it repeats another one, to be compared.
        inputs: that were given.
        data: name -> address or data set.
        lock: sha256 of what pins its environment; empty for the host's own packages.
        seed: that makes it repeatable; None where the module names none.
        begins_from: version of the module whose model it begins from; empty for none.
        metric: by which trainings of the module are compared; empty for none.
        cloud: where it runs, or ran last.
        shape: that it has, or had there.
        attempt: which one this is, from 1.
        attempts: those before and this one, as far as they are known: ``began``, ``ended``,
            ``state``, ``seconds``, ``cloud``, ``shape``, ``run``, ``code``.
        began: ISO 8601 instant; empty while it waits.
        ended: ISO 8601 instant; empty while it runs.
        exit_status: 0 is well; None while it runs, and when it was lost.
        stopped: why it was ended before it ended by itself: ``time``, ``cost``, ``disk``,
            ``diverged``, ``stopped`` for its metric, ``halted`` by somebody, ``pruned`` for
            others of its sweep were better; else empty.
        waits: for what it waits, as its cloud says.
        progress: from 0 to 1, as it says itself; None where it says nothing.
        message: its last word on that.
        expected_end: ISO 8601 instant; empty where nothing tells.
        metrics: name -> the last value.
        checkpoint: ``name`` and ``at`` of the last one, and when the next is ``due``, where its
            module promises that.
        failure: ``code``, ``detail`` and ``hint``, where it failed, and ``last``: lines that its
            script said last.
        hardware: that it ran on.
        output: ``path``, ``bytes`` and ``sha256`` of each file that it made, once it has ended.
        plots: that it drew, as `records.plots` has them; empty for none.
        peak_MB: of its memory.
        seconds: that it ran, in all attempts together.
        price_hour: of the offer, in the catalog's currency.
        cost: of all attempts until now, in the catalog's currency.
        energy: that it took until now, with its carbon dioxide; see `records.energy`.
        limits: that its wish sets it.
        sweep: name of the sweep that it is a trial of; empty for none.
        proposal: what was proposed of it.
        uploaded: where its files were uploaded to: ``address``, ``files``, ``bytes``, ``at``,
            and when that ``ended`` which made them.
        reproduced: what came of training it again.
        created: ISO 8601 instant, UTC.
        updated: ISO 8601 instant, UTC.
    """

    training: str
    deployment: str
    node: str = "training"
    module: str = ""
    version: str = ""
    commit: str = ""
    state: str = WAITING
    run: str = ""
    by: str = "file"
    inputs: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    lock: str = ""
    seed: int | None = None
    begins_from: str = ""
    metric: str = ""
    cloud: str = ""
    shape: str = ""
    attempt: int = 1
    attempts: tuple[Mapping[str, Any], ...] = ()
    began: str = ""
    ended: str = ""
    exit_status: int | None = None
    stopped: str = ""
    waits: str = ""
    progress: float | None = None
    message: str = ""
    expected_end: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    failure: Mapping[str, Any] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    output: tuple[Mapping[str, Any], ...] = ()
    plots: Mapping[str, Any] = field(default_factory=dict)
    peak_MB: float = 0.0
    seconds: float = 0.0
    price_hour: float = 0.0
    cost: float = 0.0
    energy: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    sweep: str = ""
    proposal: Mapping[str, Any] = field(default_factory=dict)
    uploaded: Mapping[str, Any] = field(default_factory=dict)
    reproduced: Mapping[str, Any] = field(default_factory=dict)
    created: str = ""
    updated: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it will not go on by itself."""
        return self.state in OVER

    def came_to(self, metric: str) -> float | None:
        """The metric of one that ended well, or was stopped for it got no better; else None."""
        is_well = self.state == ENDED or self.stopped == "stopped"
        return self.metrics.get(metric) if is_well else None


EMPTY: dict[str, Any] = {
    each.name: each.default_factory() if each.default_factory is not MISSING else each.default
    for each in fields(Training)
}
_ALWAYS = ("training", "deployment", "state")


def to_text(training: Training) -> str:
    """The training as one YAML document; what is empty is left out."""
    data = plain_data(asdict(training))
    # What was given is kept as it is; the rest a host may have told.
    data |= {key: lines(value) for key, value in data.items() if key not in ("inputs", "data")}
    kept = {k: v for k, v in data.items() if k in _ALWAYS or v != _as_plain(EMPTY[k])}
    return dumps({"format": TRAINING_FORMAT, **kept})


def as_json(training: Training) -> dict[str, Any]:
    """All of it, for a program."""
    return dict(plain_data(asdict(training)))


def from_text(text: str, where: str) -> Training:
    """The training that `to_text` wrote.

    Args:
        text: one YAML document.
        where: its id, as its file's name has it.

    Raises:
        DeepcatError: it is none, or one of a format that this version does not know
            (``records/damaged``).
    """
    return from_data(parse(text, where), where)


def parse(text: str, where: str) -> dict[str, Any]:
    """The plain data in a training's text; as `from_text`."""
    try:
        return parsed(text, require_training_shape)
    except ShapeError as error:
        raise _damaged(where, str(error)) from None


def from_data(data: Mapping[str, Any], where: str) -> Training:
    """The training in plain data; as `from_text`."""
    if data.get("format") != TRAINING_FORMAT:
        raise _damaged(where, f"its format is {data.get('format')!r}, not {TRAINING_FORMAT!r}")
    if data.get("training") != where or not data.get("deployment"):
        raise _damaged(where, "it does not say that it is of this id, and of which deployment")
    known = {name: data[name] for name in EMPTY if name in data}
    for name in ("attempts", "output"):
        known[name] = tuple(known.get(name, ()))
    return Training(**known)


def proposal_of(training: Training) -> Mapping[str, Any]:
    """What was proposed of what it made last: nothing yet where it was trained once more since."""
    return training.proposal if _is_of_last(training, training.proposal) else {}


def upload_of(training: Training) -> Mapping[str, Any]:
    """Where what it made last was uploaded to; as `proposal_of`."""
    return training.uploaded if _is_of_last(training, training.uploaded) else {}


def where(hardware: Mapping[str, Any]) -> str:
    """The cloud, shape and processor in a record's `hardware`, as far as they are known."""
    place = "/".join(str(hardware[each]) for each in ("cloud", "shape") if hardware.get(each))
    return ", ".join(filter(None, (place, str(hardware.get("cpu") or ""))))


def _is_of_last(training: Training, told: Mapping[str, Any]) -> bool:
    return bool(told.get("ended", training.ended) == training.ended)


def times_lost(training: Training) -> int:
    """How often in a row its place was taken away, until now.

    An attempt of a run that came to no end of its own was: preempted, its host lost, or cut off.
    What goes on by itself in a queue's next job is of the same run.
    """
    runs: dict[str, None] = {}
    for each in training.attempts:
        if each.get("state") in (ENDED, FAILED, STOPPED):
            runs = {}
        else:
            runs[str(each.get("run") or each.get("began") or "")] = None
    return len(runs)


def times_starved(training: Training) -> int:
    """How often in a row it was ended for want of memory with all that looked after it; else 0.

    Then nobody has told a status, as of one whose place was taken away, but its place was not.
    """
    if training.state != FAILED or training.exit_status is not None:
        return 0
    if training.failure.get("code") != STARVED:
        return 0
    times = 0
    for each in reversed(training.attempts):
        if (each.get("state"), each.get("code")) != (FAILED, STARVED):
            break
        times += 1
    return max(1, times)


def best(trainings: Iterable[Training], metric: str, *, higher: bool) -> Training | None:
    """The one that ended well with the best value of a metric; None where none has one.

    What repeats another one is none of them.
    """
    ended = (each for each in trainings if each.state == ENDED and each.by != REPRODUCED)
    known = [each for each in ended if metric in each.metrics]
    if not known:
        return None
    choose = max if higher else min
    return choose(known, key=lambda each: each.metrics[metric])


def _as_plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def plain_data(value: Any) -> Any:
    """Mappings and lists alone, with no number that is none."""
    if isinstance(value, Mapping):
        return {str(key): plain_data(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def require_id(training: str) -> str:
    """The id again.

    Raises:
        DeepcatError: it is none (``records/name``).
    """
    if not is_training(training):
        raise DeepcatError(
            f"{training[:80]!r} cannot be a training's id",
            hint="it is twelve hexadecimal digits, as `deepcat trainings` shows them",
            code="records/name",
        )
    return training


def _damaged(where: str, why: str) -> DeepcatError:
    return DeepcatError(
        f"the record of the training {where} cannot be read: {why}",
        hint="restore the file from an older commit of the ref `records`, or take it off",
        code="records/damaged",
    )
