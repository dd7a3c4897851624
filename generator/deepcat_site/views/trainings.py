"""Trainings as people read them: what was asked, how it went, what it came to. Pure.

What a training wrote is a stranger's: names and texts are one plain line each, numbers finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from deepcat.quantities import human_time
from deepcat.records.energy import ESTIMATE, mass, work
from deepcat.records.shape import is_training
from deepcat.records.told_trainings import PRUNED
from deepcat.records.trainings import where as trained_on
from deepcat_site.html import formats
from deepcat_site.text import Text
from deepcat_site.views.curves import Point, curve, is_logarithmic
from deepcat_site.views.read import line, mapping, number, web, written

if TYPE_CHECKING:
    from deepcat.catalog.values import Module
    from deepcat.records.curves import Curves
    from deepcat.records.trainings import Training

# Rows of a page, and of a module's own page.
PER_PAGE, NEWEST = 50, 5
# Columns of the table: more are on a training's own page. One that is told by so few of them, as a
# share of those that tell the most common one, is none.
_COLUMNS, _FEW = 4, 0.25
# Sweeps that are listed, the newest first; of each other one its trainings' pages tell.
SWEEPS = 20
_MOST = 50


class Energy(NamedTuple):
    """The energy of a training.

    Attributes:
        taken: with its unit.
        how: ``measured``, ``partly`` or ``estimated``.
        carbon: carbon dioxide of that, with its unit.
        grams: that the grid was taken to give off for each kWh.
        grid: whose that is: ``stated`` or ``world``.
    """

    taken: str
    how: str
    carbon: str
    grams: str
    grid: str


class Row(NamedTuple):
    """One training.

    Attributes:
        id: of the training.
        module: that was trained.
        version: that its script is of.
        deployment: that asked for it.
        state: ``waiting``, ``running``, ``ended``, ``failed``, ``lost``, ``stopped``, or ``pruned``
            where others of its sweep were better.
        began: ISO 8601 instant; empty before.
        seconds: that it took so far; None where nobody knows.
        lasted: the same as people say it.
        where: cloud and shape.
        attempts: how often it was begun.
        progress: from 0 to 1; None where it does not say.
        message: what it says of itself.
        failure: what went wrong, and what to do; empty where nothing did.
        inputs: name -> value as YAML writes it.
        data: name -> where it lay, and what it is known by; empty for what is mounted.
        metrics: name -> its last value.
        facts: what else is known, with the key of its words.
        output: path and size of what it made.
        proposal: address of the pull request that it became; empty for none.
        reproduced: ``identical``, ``samples``, ``metrics``, ``differs``; empty where nobody tried.
        reproduced_of: the version that was trained again.
        reproduced_at: ISO 8601 instant of that.
        reproduced_cloud: the cloud of that; empty for the machine of who tried.
        reproduced_on: the cloud, shape and processor of that, as far as they are known.
        cost: of it so far, in the catalog's currency.
        energy: that it took so far; None where nobody knows.
        sweep: that it is a trial of; empty for none.
        metric: by which trainings of the module are compared; empty for none.
        plots: that it drew, as its record has them.
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
    data: Mapping[str, tuple[str, str]]
    metrics: Mapping[str, float]
    facts: tuple[tuple[str, str], ...]
    output: tuple[tuple[str, str], ...]
    proposal: str
    reproduced: str
    reproduced_of: str
    reproduced_at: str
    reproduced_cloud: str
    reproduced_on: str
    cost: float
    energy: Energy | None
    sweep: str
    metric: str
    plots: Mapping[str, Any]


def row(training: Training) -> Row:
    """One training by its record, each text of which is a line and each number finite."""
    failure, where = training.failure, (training.cloud, training.shape)
    again = training.reproduced
    return Row(
        training.training,
        training.module,
        training.version,
        training.deployment,
        training.stopped if training.stopped == PRUNED else training.state,
        training.began,
        training.seconds or None,
        human_time(training.seconds) if training.seconds > 0 else "",
        " ".join(filter(None, where)),
        training.attempt,
        number(training.progress),
        line(training.message),
        _why(failure),
        {line(k, 64): written(_rounded(v)) for k, v in list(training.inputs.items())[:_MOST]},
        {line(k, 64): _source(v) for k, v in list(training.data.items())[:_MOST]},
        {line(k, 64): value for k, v in _told(training) if (value := number(v)) is not None},
        _facts(training),
        tuple(
            (line(each.get("path")), formats.file_size(int(number(each.get("bytes")) or 0)))
            for each in training.output[:_MOST]
        ),
        web(training.proposal.get("address")),
        line(again.get("verdict"), 20),
        line(again.get("version"), 60),
        line(again.get("at"), 25),
        line(mapping(again.get("hardware")).get("cloud"), 64),
        line(trained_on(mapping(again.get("hardware"))), 200),
        training.cost,
        _energy(training),
        line(training.sweep, 40),
        line(training.metric, 64),
        training.plots,
    )


def _source(held: Any) -> tuple[str, str]:
    known = mapping(held) or {"address": held}
    return line(known.get("address"), 200), line(known.get("digest"))[:12]


def _told(training: Training) -> list[tuple[str, Any]]:
    return list(training.metrics.items())[:_MOST]


def _why(failure: Mapping[str, Any]) -> str:
    """What went wrong: what it said last; what to do."""
    detail = ": ".join(filter(None, map(line, (failure.get("detail"), *_last(failure)))))
    separator = " " if detail.endswith((".", "!", "?")) else "; "
    return separator.join(filter(None, (detail, line(failure.get("hint")))))


def _last(failure: Mapping[str, Any]) -> tuple[object, ...]:
    """The last line that one that failed said, where there is one."""
    said = failure.get("last")
    return (said[-1],) if isinstance(said, list) and said else ()


def _facts(training: Training) -> tuple[tuple[str, str], ...]:
    hardware = training.hardware
    cards = hardware.get("cards")
    memory = number(hardware.get("memory_MB"))
    rows = (
        ("commit", training.commit[:12]),
        ("lock", training.lock[:12]),
        ("seed", "" if training.seed is None else str(training.seed)),
        ("begins_from", line(training.begins_from, 60)),
        ("cpu", line(hardware.get("cpu"), 80)),
        ("cards", line(", ".join(map(str, cards)) if isinstance(cards, list) else "", 120)),
        ("memory", formats.size(memory) if memory else ""),
        ("peak", formats.size(training.peak_MB) if training.peak_MB else ""),
    )
    return tuple((key, words) for key, words in rows if words)


def _energy(training: Training) -> Energy | None:
    told = training.energy
    kilowatt_hours, carbon = number(told.get("kWh")), number(told.get("carbon_kg"))
    if not kilowatt_hours or carbon is None:
        return None
    by = told.get("from")
    guessed = not isinstance(by, list | tuple) or ESTIMATE in by
    is_partly = guessed and bool(number(told.get("measured_kWh")))
    return Energy(
        work(kilowatt_hours),
        "partly" if is_partly else "estimated" if guessed else "measured",
        mass(carbon),
        formats.number(number(told.get("carbon_g_per_kWh")) or 0),
        "stated" if told.get("grid") == "stated" else "world",
    )


def by_module(trainings: Mapping[str, Training]) -> dict[str, list[Row]]:
    """Module's name -> its trainings, those that began last first."""
    found: dict[str, list[Row]] = {}
    for each in trainings.values():
        found.setdefault(each.module, []).append(row(each))
    for rows in found.values():
        rows.sort(key=lambda each: (each.began, each.id), reverse=True)
    return dict(sorted(found.items()))


class Origin(NamedTuple):
    """Where a module's newest version came from, as far as it is known.

    Attributes:
        training: that made it; empty where it was made by hand.
        is_known: whether that training has a page.
        base: the version that it began from.
        verdict: of training it again; empty where nobody tried.
        at: ISO 8601 instant of that.
        cloud: the cloud of that; empty for the machine of who tried.
        on: the cloud, shape and processor of that, as far as they are known.
    """

    training: str
    is_known: bool
    base: str
    verdict: str
    at: str
    cloud: str
    on: str


def origin(module: Module, rows: Iterable[Row]) -> Origin | None:
    """Which training made a module's newest version, and whether it could be made again."""
    run = mapping(mapping(module.data.get("training")).get("run"))
    made = line(run.get("id"), 12)
    made = made if is_training(made) else ""
    mine = [each for each in rows if each.module == module.name]
    again = max(
        (each for each in mine if each.reproduced and each.reproduced_of == module.version),
        key=lambda each: each.reproduced_at,
        default=None,
    )
    if not made and again is None:
        return None
    told = ("", "", "", "")
    if again is not None:
        where = (again.reproduced_cloud, again.reproduced_on)
        told = (again.reproduced, again.reproduced_at, *where)
    is_known = any(each.id == made for each in mine)
    return Origin(made, is_known, line(run.get("from"), 60) if made else "", *told)


class Sweep(NamedTuple):
    """Trainings that were begun together, to compare what their inputs come to.

    Attributes:
        name: of all of them.
        number: of trainings.
        metric: by which they are compared.
        higher: whether more of it is better.
        best: id of the best; empty where none told the metric.
    """

    name: str
    number: int
    metric: str
    higher: bool
    best: str


def sweeps(rows: Iterable[Row], is_higher: Callable[[str], bool]) -> list[Sweep]:
    """Those of a module's trainings, in the order of the trainings."""
    by_name: dict[str, list[Row]] = {}
    for each in rows:
        if each.sweep:
            by_name.setdefault(each.sweep, []).append(each)
    return [_sweep(name, mine, is_higher) for name, mine in by_name.items()]


def _sweep(name: str, rows: Sequence[Row], is_higher: Callable[[str], bool]) -> Sweep:
    metric = next((each.metric for each in rows if each.metric), "")
    higher = is_higher(metric)
    told = [each for each in rows if metric in each.metrics]
    chosen = max if higher else min
    best = chosen(told, key=lambda each: each.metrics[metric]).id if told else ""
    return Sweep(name, len(rows), metric, higher, best)


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
    least = max(counts.values(), default=0) * _FEW
    told = [name for name in counts if counts[name] >= least]
    return sorted(told, key=lambda name: (-counts[name], name))[:_COLUMNS]


def unusual(row: Row, data: Mapping[str, Any]) -> str:
    """The inputs of a training that are not those which its module takes by itself.

    Args:
        row: the training.
        data: of the module, as parsed.
    """
    declared = mapping(mapping(data.get("training")).get("inputs"))
    usual = {line(name, 64): mapping(each).get("default") for name, each in declared.items()}
    other = [
        f"{name} {value}"
        for name, value in row.inputs.items()
        if name not in usual or value != written(_rounded(usual[name]))
    ]
    return line(", ".join(other), 120)


def listed(rows: Iterable[Row], swept: Iterable[Sweep] = ()) -> dict[str, Any]:
    """All of them, a list for each column, for the browser to sort and to put side by side.

    Args:
        rows: the trainings.
        swept: their sweeps, of which it is told by what their trainings are compared.
    """
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
        **({"sweep": [each.sweep for each in every]} if any(e.sweep for e in every) else {}),
        **({"by": by} if (by := {s.name: [s.metric, s.higher] for s in swept}) else {}),
    }


def is_going(row: Row) -> bool:
    """Whether its page asks again how it goes."""
    return row.state in ("running", "waiting")


def is_well(row: Row) -> bool:
    """Whether it ended well, so that there is something to tell of where that came from."""
    return row.state == "ended"


def going(row: Row) -> dict[str, Any]:
    """How one goes, for its page to ask for again and again."""
    return {
        "state": row.state,
        "progress": row.progress,
        "message": row.message,
        "lasted": row.lasted,
        "failure": row.failure,
        "metrics": {name: _short(value) for name, value in row.metrics.items()},
    }


def _rounded(value: Any) -> Any:
    """A number without the digits that binary fractions leave behind."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def points(curves: Curves) -> dict[str, list[Point]]:
    """Metric -> its values by step."""
    found = {
        line(name, 64): sorted(Point(each[0], each[-1]) for each in told if _is_finite(each))
        for name, told in list(curves.items())[:_MOST]
    }
    return {name: mine for name, mine in found.items() if mine}


def _is_finite(point: Sequence[float]) -> bool:
    return all(number(each) is not None for each in point)


def drawn(curves: Mapping[str, list[Point]], text: Text) -> list[tuple[str, Markup]]:
    """Each metric with its picture; one that has a single value is told among the metrics alone."""
    found = []
    for name, mine in curves.items():
        if len(mine) == 1:
            continue
        values = [each.value for each in mine]
        label = text.trainings_page.curve.format(
            name=name, n=len(mine), first=formats.number(values[0]), last=formats.number(values[-1])
        )
        found.append((name, curve(name, mine, label, logarithmic=is_logarithmic(values))))
    return found
