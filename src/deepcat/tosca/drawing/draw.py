"""A topology as a picture or as text: SVG, Mermaid, a tree. Pure.

The SVG holds no script, no style sheet and no link, names no other file and needs none: a page with
a strict Content Security Policy may carry it inline. Its colours are the page's (`currentColor`); a
theme may reach every part by the classes `topology-…`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

from deepcat.tosca.drawing.layout import Box, Line, arrange
from deepcat.tosca.reading.report import shown
from deepcat.tosca.topology import Deferred, Edge, Node, Topology
from deepcat.tosca.workload import Workload

_CHARACTER: Final = 7.6
_LEAST: Final = 110.0
_LONGEST: Final = 30
_FONT: Final = "ui-sans-serif, system-ui, sans-serif"


def svg(topology: Topology, title: str = "") -> str:
    """An SVG picture, from left (what requires) to right (what is required)."""
    widths = {node.name: _width(node) for node in topology.nodes.values()}
    picture = arrange(topology, widths)
    named = escape(clean(title or topology.description or "Topology")[:200])
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" class="topology" role="img" '
        f'aria-label="{named}" viewBox="0 0 {picture.width:.0f} {picture.height:.0f}" '
        f'width="{picture.width:.0f}" height="{picture.height:.0f}" '
        f'font-family="{_FONT}" font-size="13" fill="currentColor" stroke="none">'
        f"<title>{named}</title>"
    ]
    for line in picture.lines:
        parts.extend(_line(line, topology.edges[line.index]))
    for box in picture.boxes:
        parts.extend(_box(box, topology.nodes[box.node]))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _width(node: Node) -> float:
    return max(_LEAST, *(_measure(text) * _CHARACTER + 28 for text in _labels(node)))


def _measure(text: str) -> float:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _labels(node: Node) -> tuple[str, str]:
    return _short(clean(node.name)), _short(clean(short_type(node.type)))


def short_type(name: str) -> str:
    """A type's name without the part that all types of its library share."""
    for prefix in ("tosca.nodes.indigo.", "tosca.nodes.", "deepcat.nodes."):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def clean(text: str) -> str:
    """Text on one line, without what a page could not show or what turns its direction."""
    return "".join(c if c.isprintable() else " " for c in text)


def _box(box: Box, node: Node) -> Iterator[str]:
    name, kind = (escape(label) for label in _labels(node))
    x, y, middle = box.x, box.y, box.x + box.width / 2
    line = y + box.height / 2
    about = escape(clean(f"{node.name} ({node.type})")[:300])
    yield f'<g class="topology-node"><title>{about}</title>'
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="8" '
        'fill="currentColor" fill-opacity="0.07" stroke="currentColor" stroke-opacity="0.55"/>'
    )
    yield (
        f'<text class="topology-name" x="{middle:.1f}" y="{line - 4:.1f}" text-anchor="middle" '
        f'font-weight="600">{name}</text>'
    )
    yield (
        f'<text class="topology-type" x="{middle:.1f}" y="{line + 13:.1f}" text-anchor="middle" '
        f'font-size="11" fill-opacity="0.75">{kind}</text></g>'
    )


def _line(line: Line, edge: Edge) -> Iterator[str]:
    points = line.points
    (x, y), *rest = points
    path = [f"M{x:.1f} {y:.1f}"]
    for to_x, to_y in rest:
        bend = (x + to_x) / 2
        path.append(f"C{bend:.1f} {y:.1f} {bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
    about = escape(clean(f"{edge.source} requires {edge.target} ({edge.relationship})")[:300])
    yield f'<g class="topology-edge"><title>{about}</title>'
    yield (
        f'<path d="{" ".join(path)}" fill="none" stroke="currentColor" stroke-opacity="0.55" '
        'stroke-width="1.4"/>'
    )
    yield (f'<path d="M{x:.1f} {y:.1f}l-9 -4.5v9z" fill="currentColor" fill-opacity="0.7"/>')
    label = escape(_short(clean(edge.name)))
    from_x, from_y = points[0]
    yield (
        f'<text class="topology-label" x="{from_x + 8:.1f}" y="{from_y - 4:.1f}" font-size="11" '
        f'fill-opacity="0.85">{label}</text></g>'
    )


def mermaid(topology: Topology) -> str:
    """A Mermaid flow chart; every name is spelt so that it cannot leave its label."""
    ids = {name: f"n{index}" for index, name in enumerate(topology.nodes)}
    lines = ["flowchart LR"]
    for name, node in topology.nodes.items():
        label, kind = _labels(node)
        lines.append(f'  {ids[name]}["{_entities(label)}<br/>{_entities(kind)}"]')
    for edge in topology.edges:
        label = _entities(_short(clean(edge.name)))
        lines.append(f'  {ids[edge.source]} -->|"{label}"| {ids[edge.target]}')
    return "\n".join(lines) + "\n"


def _entities(text: str) -> str:
    return "".join(
        c if c.isascii() and (c.isalnum() or c in " ._-") else f"#{ord(c)};" for c in text
    )


def tree(topology: Topology, workloads: Iterable[Workload] = ()) -> str:
    """A tree for the terminal: what nothing requires first, below it what it requires."""
    lines = [line for line in (clean(topology.description),) if line]
    place = {name: index for index, name in enumerate(topology.nodes)}
    wanted = {edge.target for edge in topology.edges if place[edge.target] < place[edge.source]}
    seen: set[str] = set()
    for name in reversed(list(topology.nodes)):
        if name not in wanted:
            lines += ["", *_branch(topology, name, "", seen)]
    for title, values in (("inputs", topology.inputs), ("outputs", topology.outputs)):
        if values:
            lines += ["", title]
            lines += [f"  {clean(key)} = {spoken(value)}" for key, value in values.items()]
    if topology.policies:
        lines += ["", "policies"]
        for policy in topology.policies:
            aims = ", ".join(map(clean, policy.targets))
            lines.append(f"  {clean(policy.name)}  {clean(policy.type)} on {aims}")
    runs = [f"  {_workload(workload)}" for workload in workloads]
    if runs:
        lines += ["", "runs", *runs]
    return "\n".join(lines).strip("\n") + "\n"


def _branch(topology: Topology, name: str, indent: str, seen: set[str]) -> Iterator[str]:
    node = topology.nodes[name]
    again = name in seen
    yield f"{clean(name)}  {clean(short_type(node.type))}" + ("  (above)" if again else "")
    if again:
        return
    seen.add(name)
    edges = [edge for edge in topology.edges if edge.source == name]
    for note in _notes(node):
        yield f"{indent}{'│' if edges else ' '}    {note}"
    for index, edge in enumerate(edges):
        last = index == len(edges) - 1
        stem, below = ("└─ ", "   ") if last else ("├─ ", "│  ")
        first, *rest = _branch(topology, edge.target, indent + below, seen)
        yield f"{indent}{stem}{clean(edge.name)}: {first}"
        yield from rest


def _notes(node: Node) -> Iterator[str]:
    for key, value in node.properties.items():
        if value not in ({}, []):
            yield f"{clean(key)}: {spoken(value)}"
    for capability in ("host", "scalable", "os"):
        values = node.capabilities.get(capability, {})
        told = ", ".join(f"{clean(key)} {spoken(value)}" for key, value in values.items())
        if told:
            yield f"[{capability}] {told}"


def _workload(workload: Workload) -> str:
    words = [f"{clean(workload.name)}: {workload.kind}"]
    if workload.image:
        words.append(f"image {shown(workload.image)}")
    if workload.model:
        words.append(f"model {clean(workload.model)}")
    words.append(f"{workload.cpus:g} CPU")
    if workload.memory_MiB:
        words.append(f"{workload.memory_MiB} MiB")
    if workload.accelerator.count:
        models = " or ".join(map(clean, workload.accelerator.models)) or "any"
        words.append(f"{workload.accelerator.count} × GPU ({models})")
    if (workload.replicas, workload.max_replicas) != (1, 1):
        most = workload.max_replicas
        more = f" up to {most}" if most != workload.replicas else ""
        words.append(f"× {workload.replicas}{more}")
    ports = ", ".join(f"{clean(port.name)} {port.internal}" for port in workload.ports)
    return ", ".join([*words, *([f"ports {ports}"] if ports else [])])


def spoken(value: Any) -> str:
    """A value for a person; what the host will know stands in angle brackets."""
    if isinstance(value, Deferred):
        return _deferred(value)
    if isinstance(value, dict):
        inner = ", ".join(f"{clean(str(key))}: {spoken(item)}" for key, item in value.items())
        return shown("{" + inner + "}")
    if isinstance(value, (list, tuple)):
        return shown("[" + ", ".join(spoken(item) for item in value) + "]")
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return str(value).lower()
    return shown(value) if value != "" else '""'


def _deferred(value: Deferred) -> str:
    if value.function == "concat":
        return "".join(
            spoken(item) if isinstance(item, Deferred) else clean(str(item))
            for item in value.arguments
        )
    path = ".".join(
        spoken(item) if isinstance(item, Deferred) else clean(str(item)) for item in value.arguments
    )
    if value.function == "get_attribute":
        return f"⟨{path}⟩"
    if value.function == "get_input":
        return f"⟨input {path}⟩"
    return f"⟨{value.function} {path}⟩"
