"""Pictures and trees: readable, escaped, harmless."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.tosca.drawing.draw import clean, mermaid, spoken, svg, tree
from deepcat.tosca.drawing.layout import STEP, arrange
from deepcat.tosca.load import load_topology
from deepcat.tosca.topology import Deferred, Edge, Node, Topology
from deepcat.tosca.workloads.derive import workloads

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>alert('x')</script>\"]; n0-->n1 %%{init}%% \u202egnp\x00"


def topology(edges: list[tuple[int, int]], count: int, name: Callable[[int], str]) -> Topology:
    """Nodes in a row; an edge may only lead to an earlier one."""
    nodes = {
        name(i): Node(name(i), "tosca.nodes.Root", ("tosca.nodes.Root",), {}, {}, {}, {}, ())
        for i in range(count)
    }
    links = tuple(
        Edge(name(a), f"need{i}", name(b), "feature", "tosca.relationships.DependsOn")
        for i, (a, b) in enumerate(edges)
    )
    return Topology("t.yaml", "tosca_simple_yaml_1_3", "A test.", {}, nodes, links, {})


GRAPHS = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(
                lambda pair: pair[0] > pair[1]
            ),
            max_size=20,
            unique=True,
        ),
    )
)


@given(GRAPHS)
def test_no_boxes_overlap_and_all_lines_lead_right(
    graph: tuple[int, list[tuple[int, int]]],
) -> None:
    count, edges = graph
    drawn = topology(edges, count, lambda i: f"n{i}")
    picture = arrange(drawn, {name: 100.0 + 7 * len(name) for name in drawn.nodes})
    assert [box.node for box in picture.boxes] == list(drawn.nodes)
    for i, one in enumerate(picture.boxes):
        assert one.x >= 0
        assert one.x + one.width <= picture.width
        assert one.y >= 0
        assert one.y + one.height <= picture.height
        for other in picture.boxes[i + 1 :]:
            apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert apart_x or apart_y
    places = {box.node: box for box in picture.boxes}
    for line in picture.lines:
        edge = drawn.edges[line.index]
        xs = [x for x, _ in line.points]
        assert xs == sorted(xs)
        first, last = places[edge.source], places[edge.target]
        assert line.points[0][0] == first.x + first.width
        assert line.points[-1][0] == last.x
        assert first.y <= line.points[0][1] <= first.y + first.height
        assert last.y <= line.points[-1][1] <= last.y + last.height


def test_a_thicket_gets_no_bends() -> None:
    count = 300
    edges = [(i, i - 1) for i in range(1, count)] + [(i, 0) for i in range(2, count)]
    drawn = topology(edges, count, lambda i: f"n{i}")
    picture = arrange(drawn, dict.fromkeys(drawn.nodes, 90.0))
    assert {len(line.points) for line in picture.lines} == {2}


@given(GRAPHS)
def test_lines_leave_a_box_apart(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = graph
    picture = arrange(
        topology(edges, count, lambda i: f"n{i}"), {f"n{i}": 90.0 for i in range(count)}
    )
    starts: dict[float, list[float]] = {}
    for line in picture.lines:
        starts.setdefault(line.points[0][0], []).append(line.points[0][1])
    for ys in starts.values():
        for lower, upper in zip(sorted(ys), sorted(ys)[1:], strict=False):
            assert upper - lower >= STEP - 0.001


def test_the_picture_is_inert() -> None:
    text = svg(topology([(1, 0)], 2, lambda i: f"{NASTY}{i}"), NASTY)
    root = ElementTree.fromstring(text)
    allowed = {f"{SVG}{tag}" for tag in ("svg", "title", "g", "rect", "text", "path")}
    assert {element.tag for element in root.iter()} <= allowed
    names = {name for element in root.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name or name == "style" for name in names)
    assert "url(" not in text
    assert "\u202e" not in text
    assert "\x00" not in text


def test_the_picture_tells_all(repository: Path) -> None:
    drawn, _ = load_topology(work_tree(repository), "modules/half-plus-two/tosca.yaml", None)
    assert drawn
    root = ElementTree.fromstring(svg(drawn, "Half plus two"))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    links = ["host", "model", "host", "server"]
    nodes = ["host", "Compute", "model", "Model", "server", "ModelServer"]
    assert texts == [*links, *nodes, "written", "DEEPaaSGateway"]
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Half plus two"
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert "server requires host (tosca.relationships.HostedOn)" in titles


def test_colours_are_the_pages(repository: Path) -> None:
    drawn, _ = load_topology(work_tree(repository), "modules/half-plus-two/tosca.yaml", None)
    assert drawn
    root = ElementTree.fromstring(svg(drawn))
    colours = {
        element.get(name)
        for element in root.iter()
        for name in ("fill", "stroke")
        if element.get(name)
    }
    assert colours <= {"currentColor", "none"}


def test_mermaid_cannot_be_left() -> None:
    text = mermaid(topology([(1, 0)], 2, lambda i: f"{NASTY}{i}"))
    head, *lines = text.splitlines()
    assert head == "flowchart LR"
    box = re.compile(r'  n\d\["[\w .#;-]*<br/>[\w .#;-]*"\]\Z')
    arrow = re.compile(r'  n\d -->\|"[\w .#;-]*"\| n\d\Z')
    assert all(box.match(line) or arrow.match(line) for line in lines)
    assert len(lines) == 3


def test_the_tree_shows_each_node_once(repository: Path) -> None:
    text = tree(topology([(1, 0), (2, 0), (2, 1)], 3, lambda i: f"n{i}"))
    assert text == (
        "A test.\n\n"
        "n2  Root\n"
        "├─ need1: n0  Root\n"
        "└─ need2: n1  Root\n"
        "   └─ need0: n0  Root  (above)\n"
    )


def test_a_ring_is_drawn_from_where_it_is_broken() -> None:
    ring = topology([(0, 1), (1, 0), (2, 1), (2, 2)], 3, lambda i: f"n{i}")
    assert tree(ring) == (
        "A test.\n\n"
        "n2  Root\n"
        "├─ need2: n1  Root\n"
        "│  └─ need1: n0  Root\n"
        "│     └─ need0: n1  Root  (above)\n"
        "└─ need3: n2  Root  (above)\n"
    )
    picture = arrange(ring, dict.fromkeys(ring.nodes, 90.0))
    assert [box.x for box in picture.boxes] == [452.0, 234.0, 16.0]
    assert len(picture.lines) == 4


def test_the_tree_of_a_module(repository: Path) -> None:
    drawn, _ = load_topology(work_tree(repository), "modules/half-plus-two/tosca.yaml", None)
    assert drawn
    text = tree(drawn, workloads(drawn))
    assert "└─ model: model  Model" in text
    assert "  endpoint = http://⟨server.address⟩:⟨server.rest_port⟩" in text
    assert "  server: service, model model, 1 CPU, 488 MiB, ports rest 8501, grpc 8500" in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "(none)"),
        (True, "true"),
        ("", '""'),
        ({"a": [1, "b"]}, "{a: [1, b]}"),
        (Deferred("get_attribute", ("a", "b", 0)), "⟨a.b.0⟩"),
        (Deferred("get_input", ("i",)), "⟨input i⟩"),
        (Deferred("concat", ("x", Deferred("get_attribute", ("a", "b")))), "x⟨a.b⟩"),
        (Deferred("token", (Deferred("get_attribute", ("a", "b")), ":", 1)), "⟨token ⟨a.b⟩.:.1⟩"),
    ],
)
def test_values_are_spoken(value: object, expected: str) -> None:
    assert spoken(value) == expected


@given(st.text())
def test_shown_text_stays_on_its_line(text: str) -> None:
    assert clean(text).isprintable()
