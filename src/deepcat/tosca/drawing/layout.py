"""Where the boxes of a drawn topology go: layers from left to right, few crossings. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from deepcat.tosca.topology import Topology

GAP: Final = 128.0
MARGIN: Final = 16.0
BETWEEN: Final = 26.0
HEIGHT: Final = 50.0
# Lines that leave or reach one box stand this far apart, so that their labels can be read.
STEP: Final = 17.0
TALLEST: Final = 500.0
_BEND: Final = 12.0
_SWEEPS: Final = 6
# Above this many layers passed by all lines together, lines go straight: the picture is a thicket
# anyway, and its size would grow with the square of the nodes.
MAX_SPANS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Box:
    """A node's box; `x` and `y` are its upper left corner."""

    node: str
    x: float
    y: float
    width: float
    height: float


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
    boxes = _boxes(grid, widths)
    height = max((box.y + box.height for box in boxes.values()), default=MARGIN) + MARGIN
    width = max((box.x + box.width for box in boxes.values()), default=MARGIN) + MARGIN
    lines = _lines(chains, boxes)
    return Picture(width, height, tuple(boxes[name] for name in topology.nodes), lines)


def _boxes(grid: _Grid, widths: dict[str, float]) -> dict[str, Box]:
    """Every node and bend with its place; each layer is centred."""
    heights = {
        name: _height(name, grid) if name in widths else _BEND
        for layer in grid.layers
        for name in layer
    }
    totals = [
        sum(heights[name] for name in layer) + BETWEEN * (len(layer) - 1) for layer in grid.layers
    ]
    boxes: dict[str, Box] = {}
    x = MARGIN
    for layer, total in zip(grid.layers, totals, strict=True):
        column = max((widths.get(name, 0.0) for name in layer), default=0.0)
        y = MARGIN + (max(totals) - total) / 2
        for name in layer:
            boxes[name] = Box(name, x, y, column, heights[name])
            y += heights[name] + BETWEEN
        x += column + GAP
    return boxes


def _height(name: str, grid: _Grid) -> float:
    busy = max(len(grid.before.get(name, ())), len(grid.after.get(name, ())))
    return max(HEIGHT, min(TALLEST, (busy + 0.6) * STEP))


def _lines(chains: list[list[str]], boxes: dict[str, Box]) -> tuple[Line, ...]:
    """Lines whose ends are spread over the boxes' sides, in the order of where they go."""
    leaving: dict[str, list[tuple[float, int]]] = {}
    coming: dict[str, list[tuple[float, int]]] = {}
    for index, chain in enumerate(chains):
        leaving.setdefault(chain[0], []).append((_middle_of(boxes[chain[1]]), index))
        coming.setdefault(chain[-1], []).append((_middle_of(boxes[chain[-2]]), index))
    starts = {index: y for name, ends in leaving.items() for index, y in _spread(boxes[name], ends)}
    stops = {index: y for name, ends in coming.items() for index, y in _spread(boxes[name], ends)}
    lines = []
    for index, chain in enumerate(chains):
        first, last = boxes[chain[0]], boxes[chain[-1]]
        points = [(first.x + first.width, starts[index])]
        for name in chain[1:-1]:
            bend = boxes[name]
            points += [(bend.x, _middle_of(bend)), (bend.x + bend.width, _middle_of(bend))]
        points.append((last.x, stops[index]))
        lines.append(Line(index, tuple(points)))
    return tuple(lines)


def _spread(box: Box, ends: list[tuple[float, int]]) -> list[tuple[int, float]]:
    step = min(STEP, box.height / len(ends))
    top = _middle_of(box) - step * (len(ends) - 1) / 2
    return [(index, top + step * place) for place, (_, index) in enumerate(sorted(ends))]


def _middle_of(box: Box) -> float:
    return box.y + box.height / 2


def _depths(topology: Topology) -> dict[str, int]:
    """How many requirements lead to a node at the most. Nodes come in dependency order.

    A requirement against that order closes a ring, and moves nothing.
    """
    depth = dict.fromkeys(topology.nodes, 0)
    outgoing: dict[str, list[str]] = {}
    for edge in topology.edges:
        outgoing.setdefault(edge.source, []).append(edge.target)
    place = {name: index for index, name in enumerate(topology.nodes)}
    for name in reversed(list(topology.nodes)):
        for target in outgoing.get(name, ()):
            if place[target] < place[name]:
                depth[target] = max(depth[target], depth[name] + 1)
    return depth


def _grid(topology: Topology, depth: dict[str, int]) -> tuple[_Grid, list[list[str]]]:
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for name in topology.nodes:
        layers[depth[name]].append(name)
    grid = _Grid(layers)
    chains = []
    spans = sum(abs(depth[edge.target] - depth[edge.source]) for edge in topology.edges)
    for index, edge in enumerate(topology.edges):
        chain = [edge.source]
        passed = range(depth[edge.source] + 1, depth[edge.target])
        for layer in passed if spans <= MAX_SPANS else ():
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
                name: _middle([rank[other] for other in near.get(name, ()) if other in rank], place)
                for place, name in enumerate(layer)
            }
            layer.sort(key=middle.__getitem__)


def _middle(ranks: list[int], otherwise: int) -> float:
    return sum(ranks) / len(ranks) if ranks else float(otherwise)
