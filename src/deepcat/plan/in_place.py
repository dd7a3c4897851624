"""Which properties of a node can change while it runs; any other change replaces it. Pure.

A property stands here when the node's role can apply it again by `configure` without taking down
what answers requests. The list is by type; a type derived from another has its list too.
"""

from __future__ import annotations

from collections.abc import Iterable

IN_PLACE: dict[str, frozenset[str]] = {
    "tosca.nodes.Root": frozenset({"description", "labels"}),
    "deepcat.nodes.DataMount": frozenset({"description"}),
}
IN_PLACE_CAPABILITIES = frozenset({"scalable"})


def in_place(ancestry: Iterable[str], path: tuple[str, ...]) -> bool:
    """Whether a difference at `path` can be applied to the running node.

    Args:
        ancestry: the node's type and its ancestors.
        path: such as ``("properties", "rest_port")`` or ``("capabilities", "scalable", "…")``.
    """
    if len(path) < 2:
        return False
    part, name, *_ = path
    if part == "capabilities":
        return name in IN_PLACE_CAPABILITIES
    if part == "properties":
        return any(name in IN_PLACE.get(kind, ()) for kind in ancestry)
    return False
