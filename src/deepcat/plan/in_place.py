"""Which differences of a node can be applied while it runs; any other replaces it. Pure.

Our own roles set a host up once and take it down, so what their nodes are made of is replaced: the
new one is brought up and proved before the old one goes. A node whose module brings a script for
`configure` says by it that it can be configured again, as TOSCA has it: then what `configure` is
given, and properties that no other operation is given, can change in place.
"""

from __future__ import annotations

from deepcat.tosca.topology import Node


def in_place(node: Node, path: tuple[str, ...]) -> bool:
    """Whether a difference at `path` can be applied to the running node.

    Args:
        node: as wished.
        path: such as ``("properties", "port")`` or ``("operations", "configure", "inputs", "n")``.
    """
    if not _can_configure(node):
        return False
    return path[:1] == ("properties",) or path[:3] == ("operations", "configure", "inputs")


def _can_configure(node: Node) -> bool:
    return any(
        operation.name == "configure" and operation.origin == "module"
        for operation in node.operations
    )
