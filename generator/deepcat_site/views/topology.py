"""A module's topology: its picture, and each node explained."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from markupsafe import Markup

from deepcat.catalog.findings import Finding
from deepcat.catalog.reading.parse import read_yaml
from deepcat.catalog.reading.tree import Entry, Tree
from deepcat.catalog.values import Module
from deepcat.plan.matched import PROFILES
from deepcat.tosca.topology import Topology
from deepcat_site import text
from deepcat_site.views.read import line, mapping, mappings

Rows = tuple[tuple[str, str], ...]
_KEPT = 512
# So many inputs of a template are told, and of each so many characters of its bounds.
_MOST, _LONG = 100, 4_000


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node: what it is, what it needs, what is set."""

    name: str
    type: str
    about: str
    needs: Rows
    properties: Rows


@dataclass(frozen=True, slots=True)
class TopologyView:
    """A topology's picture and its nodes, what is required last.

    Attributes:
        inputs: with the values that they have by default.
        declared: inputs as the template itself declares them: their types, texts and bounds.
        profiles: those in which a deployment of it has something to run.
    """

    svg: Markup
    nodes: tuple[NodeView, ...]
    inputs: Rows
    outputs: Rows
    declared: Mapping[str, Any] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()


def topology_view(tree: Tree, module: Module) -> tuple[TopologyView | None, tuple[Finding, ...]]:
    """Read a module's template and draw it; None, with the findings, where it cannot be read.

    Templates that differ in nothing but the module's name and checksum are read once.
    """
    names = _names(module)
    key = _content(tree, module.topology, names)
    if key and (kept := _kept.get(key)) is not None:
        return _renamed(kept, [(hidden, name) for name, hidden in names]), ()
    view, findings, alone = _read(tree, module.topology)
    if view and alone and not findings and key and len(_kept) < _KEPT:
        _kept[key] = _renamed(view, names)
    return view, findings


_kept: dict[bytes, TopologyView] = {}


def _names(module: Module) -> list[tuple[str, str]]:
    """What is a module's own in its template, and what stands for it in what is kept."""
    sha256 = module.model.sha256 if module.model else ""
    own = [(module.name, "\0name\0"), (sha256, "\0sha256\0")]
    return [(name, hidden) for name, hidden in own if name]


def _content(tree: Tree, path: str, names: list[tuple[str, str]]) -> bytes:
    """A template's content with what is the module's own hidden; empty where there is none."""
    try:
        content = tree.read(path)
    except FileNotFoundError:
        return b""
    for name, hidden in names:
        content = content.replace(name.encode(), hidden.encode())
    return content


def _hidden(text: str, names: list[tuple[str, str]]) -> str:
    for name, hidden in names:
        text = text.replace(name, hidden)
    return text


def _renamed(view: TopologyView, names: list[tuple[str, str]]) -> TopologyView:
    def rows(given: Rows) -> Rows:
        return tuple((_hidden(key, names), _hidden(value, names)) for key, value in given)

    return TopologyView(
        Markup(_hidden(str(view.svg), names)),  # noqa: S704 - a name needs no escape, as its rule says
        tuple(
            NodeView(
                _hidden(node.name, names),
                node.type,
                node.about,
                rows(node.needs),
                rows(node.properties),
            )
            for node in view.nodes
        ),
        rows(view.inputs),
        rows(view.outputs),
        json.loads(_hidden(json.dumps(view.declared), _quoted(names))),
        view.profiles,
    )


def _quoted(names: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names as JSON writes them inside of a text."""
    return [(json.dumps(a)[1:-1], json.dumps(b)[1:-1]) for a, b in names]


class _Watched:
    """A tree that knows which of its files were read."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.paths: set[str] = set()

    @property
    def commit(self) -> str:
        """As the tree's."""
        return self._tree.commit

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """As the tree's."""
        return self._tree.entries(under)

    def read(self, path: str) -> bytes:
        """As the tree's."""
        self.paths.add(path)
        return self._tree.read(path)

    def size(self, path: str) -> int | None:
        """As the tree's."""
        self.paths.add(path)
        return self._tree.size(path)


def _read(tree: Tree, path: str) -> tuple[TopologyView | None, tuple[Finding, ...], bool]:
    """The view, the findings, and whether the template stood alone."""
    from deepcat.tosca.load import load_topology

    watched = _Watched(tree)
    topology, findings = load_topology(watched, path, None)
    view = _view(topology) if topology else None
    if view:
        view = replace(view, declared=_declared(tree, path))
    return view, findings, watched.paths <= {path}


def trained_inputs(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a module's training.

    Args:
        data: of the module, which says by which command it is trained.
    """
    from deepcat.tosca.reading.training import template

    return dict(_inputs(json.loads(template(data))))


def _declared(tree: Tree, path: str) -> Mapping[str, Any]:
    """A template's own inputs: of each its type, text, default, bounds and whether it is needed."""
    document = read_yaml(tree.read(path).decode(errors="replace"), path)[0]
    return _inputs(mapping(document.data) if document else {})


def _inputs(data: Mapping[str, Any]) -> Mapping[str, Any]:
    template = mapping(data.get("topology_template") or data.get("service_template"))
    found = list(mapping(template.get("inputs")).items())[:_MOST]
    return {line(name, 60): _input(mapping(spec)) for name, spec in found}


def _input(spec: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": line(spec.get("type") or "string", 60),
        "description": line(spec.get("description"), 300),
        "required": spec.get("required") is not False,
        "constraints": list(mappings(spec.get("constraints"))),
    }
    try:
        json.dumps(told, allow_nan=False)
        told |= {"default": spec["default"]} if "default" in spec else {}
        if len(json.dumps(told, allow_nan=False)) <= _LONG:
            return told
    except (TypeError, ValueError):
        pass
    return {**told, "constraints": [], "default": line(spec.get("default"), 200)}


def _profiles(topology: Topology) -> tuple[str, ...]:
    kinds = {kind for node in topology.nodes.values() for kind in node.ancestry}
    return ("serve", *(name for name, (_, kind) in PROFILES.items() if kind in kinds))


def _view(topology: Topology) -> TopologyView:
    from deepcat.tosca.drawing.draw import short_type, spoken, svg

    needs: dict[str, list[tuple[str, str]]] = {}
    for edge in topology.edges:
        needs.setdefault(edge.source, []).append((line(edge.name, 60), line(edge.target, 80)))
    nodes = [
        NodeView(
            line(node.name, 80),
            line(short_type(node.type), 80),
            next((about for kind in node.ancestry if (about := _explained(kind))), ""),
            tuple(needs.get(node.name, ())),
            _rows(node.properties, spoken) + _rows(mapping(node.capabilities.get("host")), spoken),
        )
        for node in reversed(list(topology.nodes.values()))
    ]
    picture = Markup(svg(topology))  # noqa: S704 - escaped by its maker
    return TopologyView(
        picture,
        tuple(nodes),
        _rows(topology.inputs, spoken),
        _rows(topology.outputs, spoken),
        profiles=_profiles(topology),
    )


def _rows(values: Mapping[str, Any], spoken: Callable[[Any], str]) -> Rows:
    # Text is whole here, as a checksum must be; what `spoken` gives is cut to a terminal's line.
    texts = {key: value if isinstance(value, str) else "" for key, value in values.items()}
    rows = [
        (line(key, 60), line(texts[key] or spoken(value), 200)) for key, value in values.items()
    ]
    return tuple((key, text) for key, text in rows if text not in ("{}", "[]", "(none)", '""'))


def _explained(kind: str) -> str:
    """What a type is: as its library says, else in the interface's words."""
    own = _about().get(kind)
    return own or str(text.load()["node"].get(kind.rpartition(".")[2], ""))


@cache
def _about() -> dict[str, str]:
    """Type's name -> what the library says of it, one line."""
    from deepcat.tosca.reading.library import BY_NAME, library

    return {
        kind: line(definition.get("description"))
        for name in dict.fromkeys(BY_NAME.values())
        for kind, definition in library(name)["node_types"].items()
        if isinstance(definition, Mapping) and definition.get("description")
    }
