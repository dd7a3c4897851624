"""Writes `site/pages/guides/types.md`, the table of deepcat's type library, from the library.

python tests/tosca/types_page.py >site/pages/guides/types.md
"""

# ruff: noqa: E501 - lines of a page

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat import resources
from deepcat.catalog.reading.own_yaml import loads
from deepcat.plan.galaxy_roles import refusals as galaxy_refusals
from deepcat.plan.roles import declared
from deepcat.plan.takes import refusals
from deepcat.tosca.reading import galaxy, library
from deepcat.tosca.reading.definitions import EntityType
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import Report
from deepcat.tosca.topology import Node, Operation, Policy, Topology
from deepcat.tosca.workloads.derive import workloads

# Library -> whose it is, and what an import names.
SOURCES = {
    "deepcat": ("deepcat's own", "`deepcat`"),
    "normative": ("TOSCA's Simple Profile", "nothing: every template has them"),
    "profile_1_3": ("TOSCA's Simple Profile 1.3, beside those", "nothing: every template has them"),
    "indigo": (
        "INDIGO's and DEEP's",
        "`indigo`, or the address of `custom_types.yaml` of `indigo-dc/tosca-types` at `master` or a"
        " release 5",
    ),
    "indigo_older": (
        "INDIGO's of before",
        "the address of that file at any other branch or release: INDIGO's types, and these instead or"
        " besides",
    ),
    "indigo_hybrid": (
        "INDIGO's, for hybrid clusters",
        "the address of that file at a branch with `hybrid` in its name: the types above, and",
    ),
    "indigo_dodas": (
        "INDIGO's, for DODAS",
        "the address of that file at a branch with `dodas` or `k8s` in its name: INDIGO's types of before,"
        " and these instead or besides",
    ),
    "dodas": (
        "DODAS's",
        "the address of `dodas_types/dodas_types.yml` of that repository, or of one of its"
        " `dodas_custom_apps`: INDIGO's types, and",
    ),
    "dodas_legacy": (
        "DODAS's of before",
        "the address of `dodas_types/dodas_legacy_types.yml`: the types above, and these instead or"
        " besides",
    ),
    "grycap": (
        "GRyCAP's, which the Infrastructure Manager and AI4OS use",
        "`grycap`, or the address of `custom_types.yaml` of `grycap/tosca` at `main`",
    ),
    "grycap_older": (
        "GRyCAP's of before",
        "the address of that file at any other branch or commit, or of `tosca/custom_types.yaml` of"
        " `grycap/ec3`: the types above, and these instead or besides",
    ),
}
HEAD = """\
# Types of topologies

All types that deepcat knows, where they are from, and what becomes of a node, a link, a policy or an artifact of each.
A template may define types of its own, also under these names: then its own hold (but for `deepcat.…`). Nothing is
fetched from an address that stands here for a library: the facts travel with deepcat, as they were on the last
day that somebody looked.

"Refused" means that no role of deepcat's, no script of the module and no match carries it out: the plan says so by name,
and `deepcat check` before it. A node is not refused where the module brings a script for one of its operations.
"""
CHECKED = {
    "capability_types": "its properties are checked",
    "data_types": "values are checked by it",
    "interface_types": "its operations are those that a script may carry out",
    "group_types": "stands for its members",
}
KINDS = ("node_types", "relationship_types", "policy_types", "artifact_types", *CHECKED)


def page() -> str:
    """The whole page."""
    return "\n".join((HEAD, *(line for name in SOURCES for line in _section(name))))


def _section(name: str) -> Iterator[str]:
    whose, imported = SOURCES[name]
    own = loads((resources.types() / f"{name}.yaml").read_text(encoding="utf-8"))
    yield f"## {whose[0].upper()}{whose[1:]}\n"
    yield f"Imported by {imported}.\n"
    yield "| type | derived from | what deepcat does with it |"
    yield "|---|---|---|"
    for kind in KINDS:
        for one, data in sorted((own.get(kind) or {}).items()):
            parent = f"`{data['derived_from']}`" if data.get("derived_from") else ""
            yield f"| `{one}` | {parent} | {_does(name, kind, one)} |"
    yield ""


def _does(name: str, kind: str, one: str) -> str:
    types = Types({}, (name,), Report())
    entity = types.entity(kind, one)
    assert entity is not None
    if kind == "node_types":
        return f"{_node(types, entity)}{_left(library.library(name)[kind][one])}"
    if kind == "relationship_types":
        return f"links two nodes{_left(library.library(name)[kind][one])}"
    if kind == "policy_types":
        policy = Policy("p", one, (), {"asks": 1})
        found = refusals(_topology(policies=(policy,)), declared())
        return "refused" if found else "bounds what is matched"
    if kind == "artifact_types":
        return _artifact(entity)
    return CHECKED[kind]


def _left(data: Mapping[str, Any]) -> str:
    """The operations that a library's type defines, and that its own tools alone carry out."""
    found = [
        operation
        for operations in data.get("interfaces", {}).values()
        if isinstance(operations, list)
        for operation in operations
    ]
    return f"; its {_and(found)} lies at an address" if found else ""


def _and(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _node(types: Types, entity: EntityType) -> str:
    roles = sorted(
        {
            str(procedures[0].data).removeprefix("role:")
            for operations in entity.interfaces.values()
            for procedures in operations.values()
            if procedures and str(procedures[0].data).startswith("role:")
        }
    )
    operations = tuple(
        Operation(operation, interface, str(procedures[0].data), {}, "library")
        for interface, found in entity.interfaces.items()
        for operation, procedures in found.items()
        if procedures and str(procedures[0].data).startswith("role:")
    )
    node = Node("n", entity.name, entity.ancestry, {}, {}, {}, {}, operations)
    refused = [each for each in refusals(_topology(node), declared()) if each.code == "plan/node"]
    kinds = [each.kind for each in workloads(_topology(node))]
    if entity.name == "deepcat.nodes.DataMount":
        return "a data set of the catalog is staged for a training; refused otherwise"
    if not refused and roles:
        return f"runs, by the role `{', '.join(roles)}`"
    if not refused:
        return "a host is matched for it"
    read = f"read and drawn as a {kinds[0]}; " if kinds else ""
    return f"{read}refused"


def _artifact(entity: EntityType) -> str:
    kind = galaxy.kind_of(entity.ancestry)
    if not kind:
        named = "tosca.artifacts.Deployment.Image" in entity.ancestry
        return "an image, by name" if named else "a file of the module"
    artifact: dict[str, Any] = {"file": "a.b", "type": entity.name, galaxy.KEY: kind}
    script = Operation("create", "Standard", "s.sh", {}, "module")
    node = Node("n", "x", ("x",), {}, {}, {}, {"a": artifact}, (script,))
    if list(galaxy_refusals(_topology(node), {"a.b": "1.0"})):
        return "refused"
    pins = "`allowed_roles` in `deepcat.yaml` pins it"
    return f"a {kind} by name: fetched for the module's scripts where {pins}"


def _topology(*nodes: Node, policies: tuple[Policy, ...] = ()) -> Topology:
    return Topology("t", "1.3", "", {}, {each.name: each for each in nodes}, (), {}, policies)


if __name__ == "__main__":
    print(page(), end="")
