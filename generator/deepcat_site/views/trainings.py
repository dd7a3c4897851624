"""Trainings as people read them: what was asked, how it went, what it came to. Pure.

What a training wrote is a stranger's: names and texts are one plain line each, numbers finite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from markupsafe import Markup

from deepcat.quantities import human_time
from deepcat_site.html import formats
from deepcat_site.text import Text
from deepcat_site.views.curves import Point, curve, is_logarithmic
from deepcat_site.views.read import line, mapping, mappings, number, web, written

# Rows of a page, and of a module's own page.
PER_PAGE, NEWEST = 50, 5
# Columns of the table: more are on a training's own page.
_COLUMNS = 4
_MOST = 50
_ID = re.compile(r"[0-9a-f]{12}")


class Row(NamedTuple):
    """One training.

    Attributes:
        id: of the training.
        module: that was trained.
        version: that its script is of.
        deployment: that asked for it.
        state: ``waiting``, ``running``, ``ended``, ``failed``, ``lost`` or ``stopped``.
        began: ISO 8601 instant; empty before.
        seconds: that it took so far; None where nobody knows.
        lasted: the same as people say it.
        where: cloud and shape.
        attempts: how often it was begun.
        progress: from 0 to 1; None where it does not say.
        message: what it says of itself.
        failure: what went wrong, and what to do; empty where nothing did.
        inputs: name -> value as YAML writes it.
        metrics: name -> its last value.
        facts: what else is known, with the key of its words.
        output: path and size of what it made.
        proposal: address of the pull request that it became; empty for none.
        reproduced: ``identical``, ``samples``, ``metrics``, ``differs``; empty where nobody tried.
    """

    id: str
    module: str
    version: str
    deployment: str
    state: str
    began: str
    seconds: float | None
    lasted: str
    where: str
    attempts: int
    progress: float | None
    message: str
    failure: str
    inputs: Mapping[str, str]
    metrics: Mapping[str, float]
    facts: tuple[tuple[str, str], ...]
    output: tuple[tuple[str, str], ...]
    proposal: str
    reproduced: str


def row(id_: str, data: Mapping[str, Any]) -> Row:
    """One training by its record's plain data."""
    told = {
        line(name, 64): value
        for name, each in list(mapping(data.get("metrics")).items())[:_MOST]
        if (value := number(mapping(each).get("last"))) is not None
    }
    seconds = number(data.get("seconds"))
    failure = mapping(data.get("failure"))
    attempts = data.get("attempts")
    return Row(
        id_,
        line(data.get("module"), 63),
        line(data.get("version"), 60),
        line(data.get("deployment"), 63),
        line(data.get("state"), 20),
        line(data.get("began"), 40),
        seconds,
        "" if seconds is None or seconds < 0 else human_time(seconds),
        " ".join(filter(None, (line(data.get("cloud"), 63), line(data.get("shape"), 63)))),
        len(attempts) if isinstance(attempts, list) else int(number(data.get("attempt")) or 0),
        number(data.get("progress")),
        line(data.get("message")),
        " ".join(filter(None, (line(failure.get("detail")), line(failure.get("hint"))))),
        {
            line(name, 64): written(_rounded(value))
            for name, value in list(mapping(data.get("inputs")).items())[:_MOST]
        },
        told,
        _facts(data),
        tuple(
            (line(each.get("path")), formats.file_size(int(number(each.get("bytes")) or 0)))
            for each in mappings(data.get("output"))[:_MOST]
        ),
        web(mapping(data.get("proposal")).get("address")),
        line(mapping(data.get("reproduced")).get("verdict"), 20),
    )


def _facts(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    hardware, cost = mapping(data.get("hardware")), mapping(data.get("cost"))
    cards = hardware.get("cards")
    peak, memory = number(data.get("peak_MB")), number(hardware.get("memory_MB"))
    energy, amount = number(data.get("energy_kWh")), number(cost.get("amount"))
    rows = (
        ("commit", line(data.get("commit"), 40)[:12]),
        ("lock", line(data.get("lock"), 64)[:12]),
        ("seed", line(data.get("seed"), 20)),
        ("cpu", line(hardware.get("cpu"), 80)),
        ("cards", line(", ".join(map(str, cards)) if isinstance(cards, list) else "", 120)),
        ("memory", formats.size(memory) if memory else ""),
        ("peak", formats.size(peak) if peak else ""),
        (
            "cost",
            "" if amount is None else f"{formats.number(amount)} {line(cost.get('currency'), 3)}",
        ),
        ("energy", f"{formats.number(energy)} kWh" if energy else ""),
    )
    return tuple((key, words) for key, words in rows if words)


def by_module(trainings: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Row]]:
    """Module's name -> its trainings, those that began last first."""
    found: dict[str, list[Row]] = {}
    for id_, data in trainings.items():
        if _ID.fullmatch(id_):
            mine = row(id_, data)
            found.setdefault(mine.module, []).append(mine)
    for rows in found.values():
        rows.sort(key=lambda each: (each.began, each.id), reverse=True)
    return dict(sorted(found.items()))


def columns(rows: Iterable[Row]) -> tuple[list[str], list[str]]:
    """The metrics and the inputs that most of them have, the most common first."""
    metrics: dict[str, int] = {}
    inputs: dict[str, int] = {}
    for each in rows:
        for counts, names in ((metrics, each.metrics), (inputs, each.inputs)):
            for name in names:
                counts[name] = counts.get(name, 0) + 1
    return _most(metrics), _most(inputs)


def _most(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))[:_COLUMNS]


def listed(rows: Iterable[Row]) -> dict[str, Any]:
    """All of them, a list for each column, for the browser to sort and to put side by side."""
    every = list(rows)
    metrics = sorted({name for each in every for name in each.metrics})
    inputs = sorted({name for each in every for name in each.inputs})
    return {
        "id": [each.id for each in every],
        "state": [each.state for each in every],
        "began": [each.began for each in every],
        "seconds": [None if each.seconds is None else round(each.seconds) for each in every],
        "metrics": {n: [_short(each.metrics.get(n)) for each in every] for n in metrics},
        "inputs": {n: [each.inputs.get(n) for each in every] for n in inputs},
    }


def _rounded(value: Any) -> Any:
    """A number without the digits that binary fractions leave behind."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def points(data: Mapping[str, Any]) -> dict[str, list[Point]]:
    """Metric -> its values by step, of a record's curves; what is no number is left out."""
    found: dict[str, list[Point]] = {}
    for name, each in list(mapping(data).items())[:_MOST]:
        told = mapping(each).get("points") if isinstance(each, Mapping) else each
        rows_ = [
            Point(step, value)
            for one in (told if isinstance(told, list) else ())[:1000]
            if isinstance(one, list)
            and len(one) > 1
            and (step := number(one[0])) is not None
            and (value := number(one[-1])) is not None
        ]
        if rows_:
            found[line(name, 64)] = sorted(rows_, key=lambda point: point.step)
    return found


def drawn(curves: Mapping[str, list[Point]], text: Text) -> list[tuple[str, Markup]]:
    """Each metric with its picture."""
    found = []
    for name, mine in curves.items():
        values = [each.value for each in mine]
        label = text.trainings_page.curve.format(
            name=name, n=len(mine), first=formats.number(values[0]), last=formats.number(values[-1])
        )
        found.append((name, curve(name, mine, label, logarithmic=is_logarithmic(values))))
    return found
