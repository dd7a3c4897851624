"""Roles of Ansible Galaxy that a topology names, and which of them are fetched. Pure.

They are programs of strangers. So they are fetched only where the catalog's owners pin them in
`deepcat.yaml`, at that version, and given to the scripts of the module that names them, which run
in their box as ever; nothing else runs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deepcat.plan.refusal import Refusal
from deepcat.tosca.reading.galaxy import Pinned, named
from deepcat.tosca.topology import Topology


def pinned(topology: Topology, allowed: Mapping[str, str]) -> tuple[Pinned, ...]:
    """The roles that a topology names and the catalog's owners allow, each once."""
    found = {
        Pinned(each.called, each.source, allowed[each.source])
        for node in topology.nodes.values()
        for each in named(node.artifacts).values()
        if each.kind == "role" and each.source in allowed
    }
    return tuple(sorted(found))


def refusals(topology: Topology, allowed: Mapping[str, str] | None) -> Iterator[Refusal]:
    """Why roles and collections that a topology names are not fetched.

    Args:
        topology: with its inputs given.
        allowed: role -> version, as the catalog's owners pin it; None where that is not looked at.
    """
    has_scripts = _brings_scripts(topology)
    for node in topology.nodes.values():
        for name, each in named(node.artifacts).items():
            if each.kind == "role" and has_scripts and allowed and each.source in allowed:
                continue
            what = f"`{node.name}` names the Ansible {each.kind} `{each.source}`"
            if each.kind != "role":
                why, hint = (
                    "only roles are fetched",
                    "name the roles that it brings, or take it away",
                )
            elif not has_scripts:
                why = "no script of the module is there to use it"
                hint = "take it away, or let a script of the module carry its operations out"
            else:
                why = "roles are fetched only where deepcat.yaml pins them"
                says = f"allowed_roles: {{{each.source}: VERSION}}"
                hint = f"let the catalog's owners say `{says}` there"
            where = ("node_templates", node.name, "artifacts", name)
            yield Refusal("plan/galaxy", f"{what}, and {why}", hint, where)


def _brings_scripts(topology: Topology) -> bool:
    held = [node.operations for node in topology.nodes.values()]
    held += [edge.operations for edge in topology.edges]
    return any(operation.origin == "module" for own in held for operation in own)
