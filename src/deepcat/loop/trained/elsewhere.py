"""A version trained again on a cloud: what is wished for that, and what nobody waits for any more.

Whoever waits holds a lock in its clone for as long as it lives. So what a killed one left is known
in that clone at once, and everywhere else once it is over for which it would have been waited.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError
from deepcat.loop.trained.waited import held
from deepcat.plan.reproduction import WORD, said
from deepcat.records.history import instant
from deepcat.records.trainings import ENDED

if TYPE_CHECKING:
    from pathlib import Path

    from deepcat.loop.trained.reproduce import Asked
    from deepcat.plan.values import Wish
    from deepcat.records.record import Record
    from deepcat.records.trainings import Training

# So long it may wait for a place, besides the time that it may run.
_WAITS = timedelta(days=1)
# A deployment's name has at most 63 letters.
_LONGEST = 45


def wish(
    given: Asked,
    clouds: Sequence[str],
    wall_s: float,
    now: datetime,
    data: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """What a file would say of it.

    Args:
        given: what is trained again.
        clouds: of which one will do.
        wall_s: how long it may run.
        now: UTC.
        data: name -> what it learnt from instead of what its module names, as a file says it.
    """
    from deepcat.catalog.beginning.deployment import deployment_data

    version = str(given.trained.data.get("version"))
    found = deployment_data(
        given.made.name,
        version=version,
        profile="train",
        clouds=clouds,
        max_price=None,
        lifetime="",
        owner="",
        inputs=given.inputs,
    )
    until = now + timedelta(seconds=wall_s) + _WAITS
    mark = {
        "version": str(given.made.data.get("version")),
        "commit": given.at,
        "token": secrets.token_hex(8),
        "until": until.astimezone(UTC).isoformat(timespec="seconds"),
    }
    begins = {"from": version} if given.begins else {}
    told = {"data": {name: dict(each) for name, each in data.items()}} if data else {}
    return {**found, "limits": {"time": f"{int(wall_s)}s"}, **begins, **told, WORD: mark}


def other_data(given: Asked) -> dict[str, str]:
    """Name -> the data set or address that a version learnt from, where its module names another.

    Args:
        given: what is trained again.
    """
    own = (given.trained.data.get("training") or {}).get("data") or {}
    found: dict[str, str] = {}
    for name, each in given.data_then.items():
        key = "dataset" if each.get("dataset") else "address"
        if each.get(key) and (own.get(name) or {}).get(key) != each[key]:
            found[name] = str(each[key])
    return found


def name_of(data: Mapping[str, Any]) -> str:
    """The name of such a wish: another one for each attempt."""
    start = f"again-{data['module']}"[:_LONGEST].rstrip("-")
    return f"{start}-{hashlib.sha256(said(data)['token'].encode()).hexdigest()[:8]}"


def require_same_data(given: Asked, wished: Wish) -> None:
    """Hold the data that it would read against what the version learnt from.

    Raises:
        DeepcatError: they are others by now (``reproduce/data``).
    """
    now: dict[str, str] = {}
    for node in wished.topology.nodes.values():
        read = node.properties.get("data")
        if isinstance(read, Mapping):
            now |= {name: str(each.get("digest")) for name, each in read.items()}
    for name, each in given.data_then.items():
        if now.get(name) != str(each.get("digest")):
            where = each.get("dataset") or each.get("address")
            raise DeepcatError(
                f"`{name}` ({where}) is not what `{given.made.name}` learnt from, so it cannot be"
                " trained again on a cloud",
                hint="bring the data set back as it was, or train it here where it is a file of"
                " the catalog: without `--on`",
                code="reproduce/data",
            )


def abandoned(
    root: Path, records: Mapping[str, Record], now: datetime, but: Collection[str] = ()
) -> list[Record]:
    """Those for which nobody waits any more, sorted by name.

    Args:
        root: the catalog's folder.
        records: by name.
        now: UTC.
        but: names of those that this clone cannot touch.
    """
    known = (records[name] for name in sorted(records) if name not in but)
    return [each for each in known if _is_left(root, each, now)]


def _is_left(root: Path, record: Record, now: datetime) -> bool:
    # Killed early, it left an intent alone, which says nothing of what was asked for.
    if (is_held := held(root, record.name)) is not None:
        return not is_held
    mark = said(record.state.asked)
    until = instant(str(mark.get("until") or ""))
    return bool(mark) and (until is None or until <= now)


def require_time(record: Record | None, now: datetime) -> None:
    """Hold that a training that is not over yet is waited for no longer than its wish says.

    Args:
        record: of its deployment; None where there is none.
        now: UTC.

    Raises:
        DeepcatError: it was waited for as long as that (``training/over``).
    """
    mark = said(record.state.asked) if record else {}
    until = instant(str(mark.get("until") or ""))
    if record is not None and until is not None and until <= now:
        raise DeepcatError(
            f"`{record.name}` was waited for until {mark['until']}, and has not ended",
            hint="see whether its cloud answers and has room, then train it again",
            code="training/over",
        )


def require_well(training: Training) -> Training:
    """The training again.

    Raises:
        DeepcatError: it did not end well (``job/time``, ``job/exit``).
    """
    if training.state == ENDED and training.exit_status in (0, None):
        return training
    where = f"`{training.cloud}/{training.shape}`"
    head = f"the training of `{training.module}` on {where}"
    if training.stopped == "time":
        raise DeepcatError(
            f"{head} did not end within its time",
            hint="give it more by `--timeout`",
            code="job/time",
        )
    last = [str(each) for each in training.failure.get("last") or () if str(each).strip()]
    detail = str(training.failure.get("detail") or "")
    why = "; ".join(filter(None, (detail, f"it said last: {last[-1]}" if last else "")))
    status = "" if training.exit_status is None else f" with status {training.exit_status}"
    raise DeepcatError(
        f"{head} is {training.state}{status}{f': {why}' if why else ''}",
        hint=str(training.failure.get("hint") or "") or "see `deepcat trainings`",
        code=str(training.failure.get("code") or "job/exit"),
    )
