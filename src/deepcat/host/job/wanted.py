"""What a job's node asks for, whatever vocabulary it is written in. Pure."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from deepcat.host.data.web import Allowed
from deepcat.host.failure import StepError
from deepcat.host.job import training
from deepcat.host.job.end import HALTS
from deepcat.host.keeper import Once

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_CLOCK = re.compile(r"(?:(\d{1,3})-)?(\d{1,3}):(\d{2})(?::(\d{2}))?\Z")
_MINUTES = re.compile(r"\d{1,6}\Z")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,200}\Z")
# What a training may use, which may change on its way.
_USES = frozenset(
    {"retries", "time_s", "queue", "memory_bytes", "cards", "profile", "folders", "limits"}
) | {"again", "halt", "afresh"}
# Of `docker://IMAGE` and the like; a path or a name of a registry's is written as it is.
_IMAGE = re.compile(r"[A-Za-z0-9./][A-Za-z0-9_./:@+-]{0,400}\Z")


@dataclass(frozen=True)
class Wanted:
    """A job.

    Attributes:
        node: its node's name, fit for a folder's.
        line: the command, as a shell reads it.
        image: of the container that it runs in; empty for the host itself.
        environment: variables, sorted by name.
        retries: how often it may be tried again when it fails.
        time_s: how long all tries together may take; 0 for any time.
        queue: of the batch system; empty for the usual one.
        outputs: stream -> the file of its folder that it goes to besides the log.
        volumes: folders inside the container that are folders of the job's own.
        memory_bytes: that it may use; 0 for no bound.
        cards: how many of the host's graphics cards it has.
        profile: of the parts of cards that it has; empty for whole cards.
        connects: whether it may call out.
        folders: of the host, which it may change besides its own.
        unboxed: whether it may run without a box where the host gives none.
        training: what it asks for besides where it is one.
        allowed: from where its data may be had.
        limits: of a training besides its time: ``cost_s``, ``disk_bytes``, ``nan``, ``stop``,
            and of its checkpoints how often they come and how many are kept.
        again: of a training; it is begun anew where this is more than when it was begun last.
        halt: why what runs of a training is to end, keeping its checkpoints: ``halted`` by
            somebody, ``pruned`` for others are better; empty where it is not.
        afresh: whether a training that is begun anew finds no checkpoint.
        brought: where a training's environment lies, if it was brought along.
        schedule: when it is run again and again, where that is said; empty for once.
        index: the package index that it is made by, if it was not; empty for the usual one.
        stores: name -> what lets us in where that data is mounted.
        old: the archive, among the module's files, of the model before; empty for none there.
    """

    node: str
    line: str
    image: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    retries: int = 0
    time_s: float = 0.0
    queue: str = ""
    outputs: tuple[tuple[str, str], ...] = ()
    volumes: tuple[str, ...] = ()
    memory_bytes: int = 0
    cards: int = 0
    profile: str = ""
    connects: bool = False
    folders: tuple[str, ...] = ()
    unboxed: bool = field(default=False, compare=False)
    training: training.Training | None = None
    allowed: Allowed = field(default=Allowed(), compare=False)
    limits: Mapping[str, Any] = field(default_factory=dict)
    again: int = 0
    halt: str = ""
    afresh: bool = False
    brought: str = field(default="", compare=False)
    old: str = field(default="", compare=False)
    stores: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    index: str = field(default="", compare=False)
    schedule: str = ""

    @property
    def once(self) -> Once:
        """What its keeper is asked."""
        return Once(self.time_s, self.queue, self.training is not None)

    @property
    def argv(self) -> list[str]:
        """The words of its command: a training's are its own, no shell reads them."""
        return shlex.split(self.line) if self.training else ["/bin/sh", "-c", self.line]

    @property
    def aim(self) -> dict[str, Any]:
        """What tells it from another job: of a training what it computes, not what it may use."""
        data = self.as_dict()
        return {k: v for k, v in data.items() if k not in _USES} if self.training else data

    def as_dict(self) -> dict[str, Any]:
        """Plain data; equal for jobs that are one and the same."""
        data = asdict(self)
        for name in ("unboxed", "allowed", "brought", "index", "old", "stores", "training"):
            data.pop(name)
        if not self.schedule:
            data.pop("schedule")
        if self.training is not None:
            data["training"] = self.training.as_dict()
        else:  # without one it is as it was written down before there were any
            for name in ("limits", "again", "halt", "afresh"):
                data.pop(name)
        return dict(json.loads(json.dumps(data)))


def wanted_of(node: str, held: Mapping[str, Any], values: Mapping[str, Any]) -> Wanted:
    """The job that a node and the run's values ask for.

    Args:
        node: its name, fit for a folder's.
        held: the node as its role takes it.
        values: of the run.

    Raises:
        StepError: a value cannot be used (``run/values``).
    """
    own = held.get("properties") or {}
    variables = own.get("environment") or own.get("environment_variables") or {}
    environment = variables_of(variables)
    image = _artifact(held.get("artifacts") or {}) or environment.get("DOCKER_IMAGE", "")
    if image and not _IMAGE.match(image.partition("://")[2] or image):
        raise _unfit(f"{image[:80]!r} is no container's image", "name one of a registry, or a path")
    outputs = {stream: str(own[name]) for name, stream in _STREAMS.items() if own.get(name)}
    memory = int(values.get("memory_MiB") or 0) << 20
    asked = training.training_of(held)
    said: Mapping[str, Any] = values.get("training") or {}
    lies = (values.get("environments") or {}).get(asked.lock if asked else "") or {}
    return Wanted(
        node=node,
        line=_whole(_line(own, environment, image), splits=asked is not None),
        image=image,
        environment=tuple(sorted(environment.items())),
        retries=int(own.get("retries") or 0),
        time_s=float(said.get("more_s") or 0)
        or _seconds(own.get("wall_clock"))
        or training.seconds(own.get("time_limit")),
        queue=str(own.get("queue") or ""),
        outputs=tuple(sorted((stream, _plain(name)) for stream, name in outputs.items())),
        volumes=_volumes(held),
        memory_bytes=memory,
        cards=int((values.get("cards") or {}).get(held["name"], 0)),
        profile=str(values.get("card_part") or ""),
        connects=bool(values.get("connects")),
        folders=tuple(values.get("folders") or ()),
        unboxed=bool(values.get("unboxed")),
        training=asked,
        allowed=_allowed(values.get("allowed_data") or {}),
        limits=training.limits(own.get("limits"), said) if asked else {},
        again=int(said.get("again") or 0),
        halt=_halt(said.get("halt")),
        afresh=bool(said.get("afresh")),
        brought=str(lies.get("path") or ""),
        index=str(lies.get("index") or ""),
        old=str(said.get("model") or ""),
        stores={str(k): str(v) for k, v in (values.get("stores") or {}).items()},
        schedule=str(own.get("schedule") or ""),
    )


def _halt(said: Any) -> str:
    return said if said in HALTS else HALTS[0] if said else ""


def _whole(line: str, *, splits: bool) -> str:
    """A command that can be split into words, where it must be."""
    if splits:
        training.require_words(line)
    return line


def _allowed(given: Mapping[str, Any]) -> Allowed:
    names = ("hosts", "folders", "mounts")
    return Allowed(*(tuple(map(str, given.get(name) or ())) for name in names))


def variables_of(told: Mapping[str, Any]) -> dict[str, str]:
    """Variables as a process has them.

    Raises:
        StepError: one cannot be set (``run/values``).
    """
    found = {str(name): _text(value) for name, value in told.items()}
    for name, value in found.items():
        if not _NAME.match(name) or "\0" in value:
            raise _unfit(f"the variable {name!r} cannot be set", "give it another name")
    return found


_STREAMS = {"stdout": "out", "stderr": "err", "std_outerr": "both"}


def _line(own: Mapping[str, Any], environment: Mapping[str, str], image: str) -> str:
    """DEEP's job script runs an image by udocker; what runs inside it is told by a variable."""
    inner = environment.get("UDOCKER_RUN_COMMAND", "") if image else ""
    arguments = own.get("arguments") or []
    words = shlex.join(map(_text, arguments)) if isinstance(arguments, list) else str(arguments)
    line = inner or str(own.get("command") or "")
    line = line or f"{own.get('executable') or ''} {words}".strip()
    if not line:
        raise _unfit("the job has no command", "say what it runs")
    return line


def _volumes(held: Mapping[str, Any]) -> tuple[str, ...]:
    """Folders of a container that its runtime names without saying what lies there."""
    found: Iterable[Any] = (held.get("host") or {}).get("volumes") or ()
    return tuple(sorted(str(each).partition(":")[0] for each in found))


def _artifact(artifacts: Mapping[str, Any]) -> str:
    image = artifacts.get("image") or {}
    return str(image.get("file") or "") if isinstance(image, Mapping) else str(image)


def _seconds(value: Any) -> float:
    """A time as batch systems write it: ``4:00:00``, ``1-12:30``, or minutes."""
    text = str(value or "").strip()
    if not text:
        return 0.0
    if _MINUTES.match(text):
        return int(text) * 60.0
    found = _CLOCK.match(text)
    if not found:
        raise _unfit(f"{text[:40]!r} is no time", "write it as hours:minutes:seconds")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _plain(name: str) -> str:
    if not _FILE.match(name):
        raise _unfit(f"{name[:80]!r} is no file of the job's folder", "write a plain name")
    return name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _unfit(message: str, hint: str) -> StepError:
    return StepError("module", "run/values", message, hint)
