"""The order of nodes in and around rings, on graphs of any shape."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from hypothesis import given
from hypothesis import strategies as st

from deepcat.catalog.reading.document import Document
from deepcat.tosca.evaluating.drafts import Draft, Link
from deepcat.tosca.evaluating.order import in_order
from deepcat.tosca.reading.definitions import EntityType
from deepcat.tosca.reading.report import Spot

NODE = EntityType("tosca.nodes.Root", ("tosca.nodes.Root",))
KINDS = {
    is_firm: EntityType(name, (name, "tosca.relationships.Root"))
    for is_firm, name in (
        (True, "tosca.relationships.HostedOn"),
        (False, "tosca.relationships.ConnectsTo"),
    )
}
EDGES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()), max_size=20, unique=True
)


def _reaches(edges: list[tuple[int, int, bool]], start: int, end: int) -> bool:
    found, new = {start}, {start}
    while new:
        new = {target for source, target, _ in edges if source in new} - found
        found |= new
    return end in found


@given(EDGES)
def test_only_connections_of_a_ring_are_broken(edges: list[tuple[int, int, bool]]) -> None:
    spot = Spot(Document("t.yaml", {}, ""))
    drafts = {str(i): Draft(str(i), {}, spot, NODE) for i in range(8)}
    for source, target, is_firm in edges:
        link = Link("need", str(target), "feature", KINDS[is_firm], {}, spot)
        drafts[str(source)].links.append(link)
    order = in_order(drafts)
    firm: dict[int, set[int]] = {i: set() for i in range(8)}
    for source, target, is_firm in edges:
        if is_firm:
            firm[source].add(target)
    try:
        TopologicalSorter(firm).prepare()
    except CycleError:
        assert order.stuck
        return
    assert order.stuck == ()
    assert sorted(order.nodes) == sorted(drafts)
    place = {int(name): index for index, name in enumerate(order.nodes)}
    against = {(s, t) for s, t, _ in edges if place[s] <= place[t]}
    assert against == {(int(source), int(target)) for source, target in order.broken}
    for source, target, is_firm in edges:
        if (source, target) in against:
            assert not is_firm
            assert _reaches(edges, target, source)
