"""What two versions of a module differ in: metadata, metrics, topology, answers, README. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from deepcat.catalog.values import Module
from deepcat_site.html import formats
from deepcat_site.views.asked import dump
from deepcat_site.views.measures import measures
from deepcat_site.views.read import line, mapping
from deepcat_site.views.texts import Change, changes
from deepcat_site.views.topology import TopologyView

# Facts by name: what they are of stands before the first `KIND`.
Facts = Mapping[str, str]
KINDS = ("about", "metrics", "samples", "topology", "readme")

# What stands elsewhere, or differs between any two versions.
_ELSEWHERE = {"apiVersion", "name", "version", "samples", "metrics", "changes"}
_DEEP = 6
_MOST = 600
_VALUE = 300


class Row(NamedTuple):
    """One fact that differs.

    Attributes:
        kind: one of `KINDS`.
        name: of the fact.
        before: its value; empty where there was none.
        after: the same of the other version.
    """

    kind: str
    name: str
    before: str
    after: str


def facts(module: Module, readme: str, topology: TopologyView | None) -> Facts:
    """All that can differ between two versions, as text by kind and name: ``about title``.

    Args:
        module: as it was.
        readme: what is said of its README, which changes when the README does; empty for none.
        topology: its drawing, or None.
    """
    found = list(_facts(module, topology))[:_MOST]
    return dict([*found, ("readme README.md", readme)] if readme else found)


def differences(before: Facts, after: Facts) -> tuple[Row, ...]:
    """The facts that differ, in order of kinds; the browser's `differences` gives the same."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    rows = [
        Row(*name.partition(" ")[::2], before.get(name, ""), after.get(name, "")) for name in names
    ]
    return tuple(sorted(rows, key=lambda row: KINDS.index(row.kind)))


class Step(NamedTuple):
    """One version, and what it changed.

    Attributes:
        version: SemVer.
        date: ISO date of the last commit that changed it; empty for what is in no commit yet.
        before: the version that it followed; empty for the first.
        told: what the module itself says that it changed, as kind and text.
        rows: what differs.
        readme: how its README differs, where both can be shown; then no row says that it does.
    """

    version: str
    date: str
    before: str
    told: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    readme: tuple[Change, ...] = ()


Told = Sequence[tuple[str, str, tuple[tuple[str, str], ...]]]


def steps(
    known: Mapping[str, Facts],
    dates: Mapping[str, str],
    told: Told,
    texts: Mapping[str, Sequence[str]],
) -> tuple[Step, ...]:
    """Each version with what it changed, the newest first.

    Args:
        known: version -> its facts, the newest first.
        dates: version -> ISO instant.
        told: the module's own list of changes.
        texts: version -> its README's blocks; those that are too long are left out.
    """
    words = {version: rows for version, _, rows in told}
    found = []
    for version, earlier in zip(known, [*list(known)[1:], ""], strict=True):
        rows = differences(known[earlier], known[version]) if earlier else ()
        readme: tuple[Change, ...] = ()
        if version in texts and earlier in texts:
            rows = tuple(row for row in rows if row.kind != "readme")
            readme = changes(texts[earlier], texts[version])
        date = dates.get(version, "")[:10]
        found.append(Step(version, date, earlier, words.get(version, ()), rows, readme))
    return tuple(found)


def _facts(module: Module, topology: TopologyView | None) -> Iterator[tuple[str, str]]:
    about = {key: value for key, value in module.data.items() if key not in _ELSEWHERE}
    for name, value in _flat("", about):
        yield f"about {name}", value
    for each in measures(module.data):
        on = " · ".join(filter(None, (each.label, each.dataset, each.split)))
        yield f"metrics {line(on, 160)}", each.words
    for sample in module.samples:
        name = line(sample.name, 60)
        yield f"samples {name} › request", line(dump(sample.request), _VALUE)
        yield f"samples {name} › response", line(dump(sample.response), _VALUE)
    if topology is None:
        return
    for node in topology.nodes:
        yield f"topology {node.name}", node.type
        for key, value in node.properties:
            yield f"topology {node.name} › {key}", value
        for key, target in node.needs:
            yield f"topology {node.name} → {target}", key
    for key, value in (*topology.inputs, *topology.outputs):
        yield f"topology {key}", value


def _flat(name: str, value: Any, deep: int = 0) -> Iterator[tuple[str, str]]:
    """A value's parts by their way from the root, each as one line."""
    if isinstance(value, Mapping) and deep < _DEEP:
        for key, inner in value.items():
            yield from _flat(
                f"{name} › {line(str(key), 60)}" if name else line(str(key), 60), inner, deep + 1
            )
    elif (
        isinstance(value, list)
        and any(isinstance(each, Mapping) for each in value)
        and deep < _DEEP
    ):
        for at, inner in enumerate(value, 1):
            yield from _flat(f"{name} › {at}", inner, deep + 1)
    elif isinstance(value, list):
        yield name, line(", ".join(map(_word, value)), _VALUE)
    else:
        yield name, _word(value)


def _word(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return line(dump(value) if not isinstance(value, Mapping) else str(mapping(value)), _VALUE)
    return line(value, _VALUE) if isinstance(value, str) else formats.number(value)
