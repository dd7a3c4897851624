"""A template becomes a topology: the steps, in order.

`load_topology` is what the other rooms call. It never raises for what a template holds: everything
that is wrong comes back as findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import DEVELOPED, trains
from deepcat.tosca.evaluating.drafts import Scope
from deepcat.tosca.evaluating.functions import Evaluator
from deepcat.tosca.evaluating.inputs import Inputs
from deepcat.tosca.evaluating.links import Linker
from deepcat.tosca.evaluating.nodes import Builder
from deepcat.tosca.evaluating.order import in_order
from deepcat.tosca.evaluating.policies import read_policies
from deepcat.tosca.evaluating.substitution import Substitution, redirect
from deepcat.tosca.reading import developing, training
from deepcat.tosca.reading.definitions import mapping
from deepcat.tosca.reading.files import Files, Folder, One, module_folder
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import CopySpot, Report, Spot, TooManyError, nearest, shown, words
from deepcat.tosca.reading.shapes import judge_topology
from deepcat.tosca.reading.source import Reader, Source
from deepcat.tosca.topology import Edge, Node, Topology

MAX_NODES = 1_000
ARCHIVES: Final = (".csar", ".zip")
_KEYS: Final = words(
    "description inputs node_templates relationship_templates outputs groups policies "
    "substitution_mappings workflows"
)


def load_topology(
    tree: Tree, path: str, inputs: Mapping[str, Any] | None, *, complete: bool = True
) -> tuple[Topology | None, tuple[Finding, ...]]:
    """Read a template with its inputs given.

    Args:
        tree: the files.
        path: the template's, POSIX, relative to the tree's root.
        inputs: values for the template's inputs; None while they are not known yet, as when a
            module is checked or drawn.
        complete: whether these are all inputs. Where they are not (nor where `inputs` is None),
            needed ones that are missing are ``Deferred("get_input", (name,))``, not findings.

    Returns:
        The topology, or None when there is an error; and the findings, sorted by place.
    """
    reading = read_template(tree, path, inputs, complete=complete)
    return reading.topology, reading.findings


@dataclass(frozen=True, slots=True)
class Reading:
    """A topology with the types that it was read by; both None where there is an error."""

    topology: Topology | None
    types: Types | None
    findings: tuple[Finding, ...]


def read_template(
    tree: Tree, path: str, inputs: Mapping[str, Any] | None, *, complete: bool = True
) -> Reading:
    """Read a template as `load_topology` does, and keep its types."""
    report = Report()
    made: tuple[Topology, Types] | None = None
    try:
        found = _open(tree, path, report)
        if found is not None:
            complete = complete and inputs is not None
            made = _load(*found, inputs or {}, complete, report)
    except TooManyError:
        pass
    except RecursionError:
        finding = Finding(Place(path), "tosca/size", "nested too deeply to be read", "flatten it")
        return Reading(None, None, (finding,))
    if made is None or report.failed:
        return Reading(None, None, report.findings())
    return Reading(*made, report.findings())


def _open(tree: Tree, path: str, report: Report) -> tuple[Files, str] | None:
    """The files that a template may name, and its own path among them."""
    if path.endswith(f"/{DEVELOPED}"):
        return _developed(tree, path, report)
    if path.endswith(f"/{training.FILE}"):
        return _trained(tree, path, report)
    if not path.endswith(ARCHIVES):
        return Folder(tree, module_folder(path)), path
    from deepcat.tosca.reading import csar

    size = tree.size(path)
    if size is None:
        message, hint = f"there is no file `{shown(path)}`", "check the name"
    elif size > csar.MAX_ARCHIVE:
        message, hint = f"{size:,} bytes; at most {csar.MAX_ARCHIVE:,} are read", "pack less"
    else:
        return csar.open_archive(tree.read(path), path, report)
    report.add([Finding(Place(path), "tosca/file", message, hint)])
    return None


def _trained(tree: Tree, path: str, report: Report) -> tuple[Files, str] | None:
    """The template of a module's training alone, under the name of the module's own file."""
    document, findings = read_bytes(tree.read(path), path)
    data = document.data if document else None
    if not isinstance(data, dict) or not trains(data):
        report.add(findings or [Finding(Place(path), "tosca/file", "it says no training")])
        return None
    return One(path, training.template(data).encode()), path


def _developed(tree: Tree, path: str, report: Report) -> tuple[Files, str] | None:
    """The template of a place to develop a module in, made of the module's own file."""
    own = f"{path.removesuffix(DEVELOPED)}{training.FILE}"
    document, findings = read_bytes(tree.read(own), own)
    data = document.data if document else None
    if not isinstance(data, dict):
        report.add(findings or [Finding(Place(own), "tosca/file", "it is no module's")])
        return None
    return One(path, developing.template(data).encode()), path


def _load(
    files: Files, path: str, inputs: Mapping[str, Any], complete: bool, report: Report
) -> tuple[Topology, Types] | None:
    source = Reader(files, report).read(path)
    if source is None:
        return None
    types = Types(source.own, tuple(source.libraries), report, source.names)
    body, spot = _body(source, report)
    evaluator = Evaluator(types, report, {})
    declared = Inputs(types, report, evaluator.checker, inputs, complete)
    values = evaluator.inputs = declared.read(body.get("inputs"), spot / "inputs")
    evaluator.input_schemas = declared.schemas
    builder = Builder(evaluator, files)
    if isinstance(source.main.data.get("topology_template"), dict):
        _draft(body.get("node_templates"), spot / "node_templates", builder, report)
    relationships = mapping(body.get("relationship_templates"))
    evaluator.relationships = relationships, spot / "relationship_templates"
    for document in (source.main, *source.nested):
        topology = document.data.get("topology_template")
        judge_topology(topology, Spot(document) / "topology_template", report)
    substitution = Substitution(source.nested, builder, MAX_NODES)
    exported = substitution.own(source.main)
    substitution.run()
    linker = Linker(evaluator)
    linker.exported = exported
    linker.link()
    redirect(evaluator, report)
    linker.count()
    nodes, edges = _build(builder, spot, report)
    outputs = _outputs(body.get("outputs"), spot / "outputs", evaluator, report)
    policies = read_policies(body, spot, evaluator)
    types.check_requirements()
    data = source.main.data
    topology = Topology(
        path,
        str(data["tosca_definitions_version"]),
        str(data.get("description") or body.get("description") or "").strip(),
        values,
        nodes,
        edges,
        outputs,
        policies,
    )
    return topology, types


def _body(source: Source, report: Report) -> tuple[Mapping[str, Any], Spot]:
    spot = Spot(source.main) / "topology_template"
    body = source.main.data.get("topology_template")
    if not isinstance(body, dict):
        hint = "add `topology_template` with `node_templates`"
        report.error(Spot(source.main), "empty", "the file holds no topology", hint)
        return {}, spot
    for key, value in body.items():
        if key not in _KEYS:
            message = f"a topology has no `{shown(key)}`"
            report.error(spot / key, "unknown-key", message, nearest(key, _KEYS))
        elif key == "workflows" and value:
            message = "imperative workflows are not carried out"
            hint = "let requirements give the order, and remove the workflows"
            report.error(spot / key, "workflow", message, hint)
    return body, spot


def _draft(section: Any, spot: Spot, builder: Builder, report: Report) -> None:
    templates = mapping(section)
    if len(templates) > MAX_NODES:
        message = f"{len(templates):,} nodes; at most {MAX_NODES:,} are read"
        report.error(spot, "size", message, "use `count` for what is alike")
        raise TooManyError
    if not templates:
        report.hint(spot, "empty", "the topology has no nodes", "add `node_templates`")
    for name in templates:
        data, where = _copied(name, templates, spot, report)
        plain = report.name(spot / name, "node", name)
        draft = builder.draft(name, data, where) if plain else None
        if draft is not None:
            builder.evaluator.nodes[name] = draft


def _copied(
    name: str, templates: Mapping[str, Any], spot: Spot, report: Report
) -> tuple[Any, Spot]:
    """A node template; where it copies another one, with what that one has and it has not."""
    data, seen = templates[name], {name: None}
    while isinstance(data, dict) and "copy" in data:
        source = data["copy"]
        if not isinstance(source, str) or source not in templates or source in seen:
            message = f"`{shown(source)}` is not a node that can be copied"
            hint = nearest(source, (other for other in templates if other not in seen))
            report.error(spot / name / "copy", "copy", message, hint)
            return None, spot / name
        seen[source] = None
        data = _merged(mapping(templates[source]), {k: v for k, v in data.items() if k != "copy"})
    sources = tuple((spot / other).pointer for other in seen if other != name)
    return data, CopySpot.of(spot / name, sources) if sources else spot / name


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**base, **own}
    for key, value in own.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merged[key] = {**base[key], **value}
    return merged


def _build(
    builder: Builder, spot: Spot, report: Report
) -> tuple[dict[str, Node], tuple[Edge, ...]]:
    everything = builder.evaluator.nodes.items()
    drafts = {name: draft for name, draft in everything if draft.inner is None}
    order = in_order(drafts)
    if order.stuck:
        ring = order.stuck
        message = "these nodes require each other in a ring: " + shown(", ".join(ring))
        where = spot / "node_templates" / ring[0]
        report.error(where, "requirement-cycle", message, "remove one of the requirements")
    for source, target in order.broken:
        other = "itself" if source == target else f"`{shown(target)}`, and is required by it"
        message = f"`{shown(source)}` requires {other}"
        hint = f"the ring is broken here: `{shown(source)}` is brought up first"
        report.hint(drafts[source].spot, "requirement-cycle", message, hint)
    nodes = {name: builder.node(drafts[name]) for name in dict.fromkeys((*order.nodes, *drafts))}
    edges = [builder.edge(draft, link) for draft in drafts.values() for link in draft.links]
    return nodes, tuple(sorted(edges, key=lambda edge: (edge.source, edge.name, edge.target)))


def _outputs(section: Any, spot: Spot, evaluator: Evaluator, report: Report) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for name, data in mapping(section).items():
        report.name(spot / name, "output", name)
        if not isinstance(data, dict) or "value" not in data:
            message = f"the output `{shown(name)}` has no value"
            report.error(spot / name, "output", message, "give it a `value`")
            continue
        outputs[name] = evaluator.value(data["value"], None, spot / name / "value", Scope())
    return outputs
