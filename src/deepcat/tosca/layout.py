"""Where the boxes of a drawn topology go: layers from left to right, few crossings. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from deepcat.tosca.topology import Topology

ROW: Final = 78.0
GAP: Final = 96.0
MARGIN: Final = 16.0
HEIGHT: Final = 50.0
_SWEEPS: Final = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A node's box; `x` and `y` are its upper left corner."""

    node: str
    x: float
    y: float
    width: float
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Line:
    """A requirement's line: from the requiring node's box through `points` to the other's."""

    index: int
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole layout."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Grid:
    """Nodes, and the bends of lines that pass a layer, layer by layer."""

    layers: list[list[str]]
    before: dict[str, list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)

    def join(self, left: str, right: str) -> None:
        self.after.setdefault(left, []).append(right)
        self.before.setdefault(right, []).append(left)


def arrange(topology: Topology, widths: dict[str, float]) -> Picture:
    """Place all nodes: what requires stands left of what it requires.

    Args:
        topology: what to draw.
        widths: node -> its box's width.
    """
    depth = _depths(topology)
    grid, chains = _grid(topology, depth)
    _untangle(grid)
    columns = [max((widths.get(name, 0.0) for name in layer), default=0.0) for layer in grid.layers]
    tallest = max((len(layer) for layer in grid.layers), default=1)
    height = 2 * MARGIN + max(0.0, tallest * ROW - (ROW - HEIGHT))
    places: dict[str, tuple[float, float, float]] = {}
    x = MARGIN
    for layer, column in zip(grid.layers, columns, strict=True):
        top = (height - (len(layer) * ROW - (ROW - HEIGHT))) / 2
        for row, name in enumerate(layer):
            places[name] = (x, top + row * ROW, column)
        x += column + GAP
    boxes = tuple(Box(name, *places[name][:2], places[name][2]) for name in topology.nodes)
    lines = tuple(Line(index, _points(chain, places)) for index, chain in enumerate(chains))
    return Picture(max(x - GAP + MARGIN, 2 * MARGIN), height, boxes, lines)


def _depths(topology: Topology) -> dict[str, int]:
    """How many requirements lead to a node at the most. Nodes come in dependency order."""
    depth = dict.fromkeys(topology.nodes, 0)
    outgoing: dict[str, list[str]] = {}
    for edge in topology.edges:
        outgoing.setdefault(edge.source, []).append(edge.target)
    for name in reversed(list(topology.nodes)):
        for target in outgoing.get(name, ()):
            depth[target] = max(depth[target], depth[name] + 1)
    return depth


def _grid(topology: Topology, depth: dict[str, int]) -> tuple[_Grid, list[list[str]]]:
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for name in topology.nodes:
        layers[depth[name]].append(name)
    grid = _Grid(layers)
    chains = []
    for index, edge in enumerate(topology.edges):
        chain = [edge.source]
        for layer in range(depth[edge.source] + 1, depth[edge.target]):
            bend = f"\0{index}\0{layer}"
            layers[layer].append(bend)
            chain.append(bend)
        chain.append(edge.target)
        for left, right in pairwise(chain):
            grid.join(left, right)
        chains.append(chain)
    return grid, chains


def _untangle(grid: _Grid) -> None:
    """Order each layer by the middle of its neighbours, back and forth."""
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        near = grid.before if forth else grid.after
        order = range(1, len(grid.layers)) if forth else range(len(grid.layers) - 2, -1, -1)
        for index in order:
            fixed = grid.layers[index - 1 if forth else index + 1]
            rank = {name: place for place, name in enumerate(fixed)}
            layer = grid.layers[index]
            middle = {
                name: _middle([rank[other] for other in near.get(name, ())], place)
                for place, name in enumerate(layer)
            }
            layer.sort(key=middle.__getitem__)


def _middle(ranks: list[int], otherwise: int) -> float:
    return sum(ranks) / len(ranks) if ranks else float(otherwise)


def _points(
    chain: list[str], places: dict[str, tuple[float, float, float]]
) -> tuple[tuple[float, float], ...]:
    points = []
    for index, name in enumerate(chain):
        x, y, width = places[name]
        if index == 0:
            points.append((x + width, y + HEIGHT / 2))
        elif index == len(chain) - 1:
            points.append((x, y + HEIGHT / 2))
        else:
            points.extend(((x, y + HEIGHT / 2), (x + width, y + HEIGHT / 2)))
    return tuple(points)
