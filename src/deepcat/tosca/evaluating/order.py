"""The order in which nodes are brought up: what is required before what requires it. Pure.

Nodes may connect to each other in a ring. It is broken at a connection, never at what is a host or
a plain dependency: a ring of these alone has no order, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from deepcat.tosca.evaluating.drafts import Draft

_FIRM: Final = frozenset({"tosca.relationships.HostedOn", "tosca.relationships.DependsOn"})
_Graph = Mapping[str, set[str]]


@dataclass(frozen=True, slots=True)
class Order:
    """Nodes in order.

    Attributes:
        nodes: all nodes that have a place.
        stuck: nodes that host, or depend on, each other in a ring, and what rests on them.
        broken: who stands before what it requires, and that.
    """

    nodes: tuple[str, ...]
    stuck: tuple[str, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()


def in_order(drafts: Mapping[str, Draft]) -> Order:
    """Nodes so that what is required stands before what requires it, as far as that goes."""
    needs = {name: {link.target for link in draft.links} for name, draft in drafts.items()}
    ordered = _freed(needs)
    known = set(ordered)
    left = [name for name in drafts if name not in known]
    if not left:
        return Order(tuple(ordered))
    firm = {name: set(_firm(drafts[name])) for name in drafts}
    placed = set(_freed(firm))
    if len(placed) < len(drafts):
        return Order(tuple(ordered), tuple(name for name in left if name not in placed))
    rest, broken = _unwound(left, needs, firm)
    return Order((*ordered, *rest), (), tuple(broken))


def _firm(draft: Draft) -> Iterator[str]:
    for link in draft.links:
        if link.relationship is not None and not _FIRM.isdisjoint(link.relationship.ancestry):
            yield link.target


def _freed(needs: _Graph) -> list[str]:
    """Each as soon as all that it needs have gone before; those in a ring never are."""
    waits = {name: set(targets) for name, targets in needs.items()}
    needed: dict[str, list[str]] = {name: [] for name in needs}
    for name, targets in needs.items():
        for target in targets:
            needed[target].append(name)
    place = {name: index for index, name in enumerate(needs)}
    ready = [name for name in needs if not waits[name]]
    for name in ready:
        free = []
        for other in needed[name]:
            waits[other].discard(name)
            if not waits[other]:
                free.append(other)
        ready.extend(sorted(free, key=place.__getitem__))
    return ready


def _unwound(
    left: Iterable[str], needs: _Graph, firm: _Graph
) -> tuple[list[str], list[tuple[str, str]]]:
    """Nodes in and above rings, depth first, what is firm first; and what was broken."""
    place = {name: index for index, name in enumerate(left)}
    ways = {}
    for name in place:
        first = sorted(firm[name] & place.keys(), key=place.__getitem__)
        then = sorted((needs[name] - firm[name]) & place.keys(), key=place.__getitem__)
        ways[name] = iter((*first, *then))
    done: dict[str, None] = {}
    broken: list[tuple[str, str]] = []
    for root in place:
        path = {} if root in done else {root: None}
        while path:
            name = next(reversed(path))
            target = next(ways[name], None)
            if target is None:
                del path[name]
                done[name] = None
            elif target not in done:
                if path.keys().isdisjoint(_below(target, firm)):
                    path[target] = None
                else:
                    broken.append((name, target))
    return list(done), broken


def _below(name: str, firm: _Graph) -> set[str]:
    """A node, what it rests on, and what that does."""
    found, open_ = {name}, [name]
    while open_:
        new = firm[open_.pop()] - found
        found |= new
        open_ += new
    return found
