"""A record: what is known of a deployment now, and how it came to be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from deepcat.catalog.reading.own_yaml import dumps
from deepcat.errors import DeepcatError
from deepcat.plan.values import PartState, State, Status
from deepcat.records.shape import ShapeError, lines, parsed, require_shape

RECORD_FORMAT = "deepcat-record/v1"


@dataclass(frozen=True, slots=True)
class Moment:
    """From when on something held.

    Attributes:
        at: ISO 8601 instant, UTC.
        status: as in `State.status`.
        price_hour: as in `Record.price_hour`.
    """

    at: str
    status: str
    price_hour: float = 0.0


@dataclass(frozen=True, slots=True)
class Record:
    """One file on the records ref.

    Attributes:
        state: what is known now.
        intent: what was begun and not yet finished: {"action", "run", "step", "since", …}; empty
            when nothing is under way. Written before anything is changed.
        samples: the last comparison: {"passed", "failed", "at"}.
        price_hour: of the offer that is used, in the catalog's currency.
        created: ISO 8601 instant, UTC.
        updated: ISO 8601 instant, UTC.
        failures: causes of the last failed apply, one for each cloud, with the commit tried; empty
            after a success.
        silent: how often in a row the watch found its cloud silent, where it counts that.
        log: where a forge shows the log of the last run; empty where it was no workflow's.
        history: the last changes of status and price, oldest first; the store notes them, and two
            records that differ in nothing else are the same.
        spent: what it cost before the history begins.
    """

    state: State
    intent: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[str, Any] = field(default_factory=dict)
    price_hour: float = 0.0
    created: str = ""
    updated: str = ""
    failures: tuple[Mapping[str, Any], ...] = ()
    silent: int = 0
    log: str = ""
    history: tuple[Moment, ...] = field(default=(), compare=False)
    spent: float = field(default=0.0, compare=False)

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.state.name


_STATE = tuple(part.name for part in fields(State))
_OWN = tuple(part.name for part in fields(Record) if part.name != "state")
_EMPTY: dict[str, Any] = {
    "inputs": {},
    "failures": [],
    "history": [],
    "private": [],
    "placements": [],
}
for _part in (*fields(State), *fields(Record)):
    if _part.default_factory is not MISSING:
        _EMPTY[_part.name] = _part.default_factory()
    elif _part.default is not MISSING and _part.name not in _EMPTY:
        _EMPTY[_part.name] = _part.default
_MAPPINGS = ("inputs", "access", "asked", "endpoints", "resources", "intent", "samples")


def to_text(record: Record) -> str:
    """The record as one YAML document; what is empty is left out."""
    data: dict[str, Any] = {"format": RECORD_FORMAT}
    data |= {name: getattr(record.state, name) for name in _STATE}
    data["status"] = record.state.status.value
    data |= {name: getattr(record, name) for name in _OWN}
    # These a host tells, and on it a module's own scripts.
    data |= {name: lines(data[name]) for name in ("endpoints", "private", "resources")}
    data["placements"] = [asdict(part) for part in record.state.placements]
    data["failures"] = [dict(failure) for failure in record.failures]
    data["history"] = [_moment_data(moment) for moment in record.history]
    return dumps({key: value for key, value in data.items() if _worth(key, value)})


def _moment_data(moment: Moment) -> dict[str, Any]:
    price = {"price_hour": moment.price_hour} if moment.price_hour else {}
    return {"at": moment.at, "status": moment.status, **price}


def _worth(key: str, value: Any) -> bool:
    return key in ("format", "name", "status") or value != _EMPTY.get(key, "")


def from_text(text: str, where: str) -> Record:
    """The record that `to_text` wrote.

    Args:
        text: one YAML document.
        where: what to call it in an error.

    Raises:
        DeepcatError: it is no record, or one of a format that this version does not know
            (``records/damaged``).
    """
    return from_data(parse(text, where), where)


def parse(text: str, where: str) -> dict[str, Any]:
    """The plain data in a record's text.

    Raises:
        DeepcatError: as `from_text`.
    """
    try:
        return parsed(text, require_shape)
    except ShapeError as error:
        raise _damaged(where, str(error)) from None


def from_data(data: Mapping[str, Any], where: str) -> Record:
    """The record in plain data.

    Raises:
        DeepcatError: as `from_text`.
    """
    if data.get("format") != RECORD_FORMAT:
        raise _damaged(where, f"its format is {data.get('format')!r}, not {RECORD_FORMAT!r}")
    try:
        return _record(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(where, f"{type(error).__name__}: {error}") from None


def of_name(record: Record, name: str) -> Record:
    """The record again, which lies where that of `name` does.

    Raises:
        DeepcatError: it says that it is of another deployment (``records/name``).
    """
    if record.name != name:
        raise DeepcatError(
            f"the record of `{name}` says that it is of `{record.name}`",
            hint="run `deepcat records rebuild`, or restore the file from an older commit",
            code="records/name",
        )
    return record


def _record(data: Mapping[str, Any]) -> Record:
    if not isinstance(data["name"], str) or not data["name"]:
        raise ValueError("it has no name")
    for name in _MAPPINGS:
        if not isinstance(data.get(name, {}), dict):
            raise ValueError(f"`{name}` is no mapping")
    state: dict[str, Any] = {name: data.get(name, _EMPTY.get(name, "")) for name in _STATE}
    state["status"] = Status(data["status"])
    state["private"] = tuple(map(str, state["private"]))
    state["placements"] = tuple(_part_state(part) for part in state["placements"])
    own = {name: data[name] for name in _OWN if name in data}
    own["failures"] = tuple(own.get("failures", ()))
    for name in ("price_hour", "spent"):
        own[name] = float(own.get(name, 0.0))
    own["history"] = tuple(_moment(item) for item in own.get("history", ()))
    return Record(State(**state), **own)


def _part_state(data: Mapping[str, Any]) -> PartState:
    price = float(data.get("price_hour", 0.0))
    return PartState(str(data["part"]), str(data["shape"]), int(data.get("hosts", 1)), price)


def _moment(data: Mapping[str, Any]) -> Moment:
    return Moment(str(data["at"]), str(data["status"]), float(data.get("price_hour", 0.0)))


def _damaged(where: str, why: str) -> DeepcatError:
    return DeepcatError(
        f"the record {where} cannot be read: {why}",
        hint="see its history with `deepcat records log`, or run `deepcat records rebuild`",
        code="records/damaged",
    )
