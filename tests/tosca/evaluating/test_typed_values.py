"""Values: every type, every constraint, every relaxation of tosca-parser's strictness."""

# ruff: noqa: E501 - templates in lines
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcat.tosca.evaluating.constraints import CLAUSES, BadClauseError, holds
from deepcat.tosca.reading import scalars
from deepcat.tosca.topology import Topology

NODE = "  node_templates: {a: {type: tosca.nodes.Root}}\n"


def template(definition: str) -> str:
    return f"topology_template:\n  inputs:\n    i: {definition}\n{NODE}"


@pytest.mark.parametrize(
    ("type_name", "written", "expected"),
    [
        ("string", "abc", "abc"),
        ("string", "'12'", "12"),
        ("integer", "-3", -3),
        ("float", "0.5", 0.5),
        ("boolean", "yes", True),
        ("boolean", "off", False),
        ("timestamp", "2024-05-01T12:00:00Z", "2024-05-01T12:00:00Z"),
        ("version", "1.2.0.beta-4", "1.2.0.beta-4"),
        ("range", "[1, 4]", [1, 4]),
        ("range", "[1, UNBOUNDED]", [1, "UNBOUNDED"]),
        ("scalar-unit.size", "4 GiB", "4 GiB"),
        ("scalar-unit.size", "4gib", "4gib"),
        ("scalar-unit.time", "500 ms", "500 ms"),
        ("scalar-unit.frequency", "2.4 GHz", "2.4 GHz"),
        ("scalar-unit.bitrate", "10 Mbps", "10 Mbps"),
        ("list", "[a, 1]", ["a", 1]),
        ("map", "{a: 1}", {"a": 1}),
        ("tosca.datatypes.network.PortDef", "8080", 8080),
        ("tosca.datatypes.Credential", "{token: t}", {"token_type": "password", "token": "t"}),
    ],
)
def test_types(good: Callable[..., Topology], type_name: str, written: str, expected: Any) -> None:
    found = good(template(f"{{type: {type_name}, default: {written}}}"), {}).inputs["i"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("rule", "type_name", "written", "expected"),
    [
        ("int-for-float", "float", "2", 2.0),
        ("scalar-for-string", "string", "1.10", "1.10"),
        ("scalar-for-string", "string", "false", "false"),
        ("scalar-for-string", "string", "no", "no"),
        ("scalar-for-string", "string", "0x1F", "0x1F"),
        ("text-for-scalar", "integer", "'2'", 2),
        ("text-for-scalar", "float", "'2.5'", 2.5),
        ("text-for-scalar", "boolean", "'False'", False),
        ("number-for-version", "version", "16.10", "16.10"),
        ("number-for-version", "version", "16", "16"),
    ],
)
def test_relaxations(
    good: Callable[..., Topology], rule: str, type_name: str, written: str, expected: Any
) -> None:
    from deepcat.tosca.evaluating import primitives

    assert f"`{rule}`" in (primitives.__doc__ or "")
    found = good(template(f"{{type: {type_name}, default: {written}}}"), {}).inputs["i"]
    assert found == expected
    assert type(found) is type(expected)


def test_a_data_type_may_derive_from_a_primitive(
    good: Callable[..., Topology], codes: Callable[..., list[str]]
) -> None:
    types = (
        "data_types:\n  my.Even: {derived_from: integer, constraints: [{valid_values: [2, 4]}]}\n"
    )
    text = types + template("{type: my.Even, default: %s}")
    assert good(text % 4, {}).inputs["i"] == 4
    assert codes(text % 3, {}) == ["constraint"]
    assert codes(text % "x", {}) == ["type"]


def test_an_indigo_type_keeps_a_property_that_we_do_not_know(read: Any) -> None:
    text = "topology_template:\n  node_templates:\n    a: {type: tosca.nodes.indigo.Compute, properties: {zabbix: x}}\n"
    topology, findings = read(text, {})
    assert topology.nodes["a"].properties["zabbix"] == "x"
    assert [(f.code, f.is_error) for f in findings] == [("tosca/open-property", False)]


@pytest.mark.parametrize(
    ("clause", "argument", "good_value", "bad_value", "type_name"),
    [
        ("equal", 2, 2, 3, "integer"),
        ("equal", "1 GB", "1000 MB", "1 GiB", "scalar-unit.size"),
        ("equal", True, True, False, "boolean"),
        ("greater_than", 2, 3, 2, "integer"),
        ("greater_or_equal", "1.2", "1.10", "1.1.9", "version"),
        ("less_than", "1 m", "59 s", "60 s", "scalar-unit.time"),
        ("less_or_equal", 0.5, 0.5, 0.6, "float"),
        ("less_than", "2024-01-02", "2024-01-01", "2024-01-02", "timestamp"),
        ("in_range", [1, 3], 3, 4, "integer"),
        ("in_range", ["UNBOUNDED", 3], -9, 4, "integer"),
        ("in_range", [1, "UNBOUNDED"], 9, 0, "integer"),
        ("in_range", [1, 9], [2, 4], [2, 10], "range"),
        ("valid_values", ["a", "b"], "a", "c", "string"),
        ("valid_values", ["2 GB"], "2000 MB", "2 GiB", "scalar-unit.size"),
        ("valid_values", [16.04, "7"], "16.04", "8", "version"),
        ("length", 2, "ab", "a", "string"),
        ("min_length", 1, [0], [], "list"),
        ("max_length", 1, {"a": 1}, {"a": 1, "b": 2}, "map"),
        ("pattern", "[a-z]+", "abc", "abc1", "string"),
        ("pattern", "(a|b)+", "abba", "abc", "string"),
        ("pattern", "a.c", "abc", "xabcx", "string"),
    ],
)
def test_clauses(
    clause: str, argument: Any, good_value: Any, bad_value: Any, type_name: str
) -> None:
    assert holds(clause, argument, good_value, type_name)
    assert not holds(clause, argument, bad_value, type_name)


def test_every_clause_is_tested() -> None:
    mark = next(mark for mark in test_clauses.pytestmark if mark.name == "parametrize")
    assert {case[0] for case in mark.args[1]} | {"schema"} == set(CLAUSES)


@pytest.mark.parametrize(
    ("clause", "argument", "value", "type_name"),
    [
        ("at_least", 1, 1, "integer"),
        ("in_range", 3, 1, "integer"),
        ("in_range", [1], 1, "integer"),
        ("greater_than", "many", 1, "integer"),
        ("greater_than", True, 1, "integer"),
        ("greater_than", None, 1, "integer"),
        ("valid_values", "abc", "a", "string"),
        ("length", "2", "ab", "string"),
        ("length", 2, 12, "integer"),
        ("pattern", "[", "a", "string"),
        ("pattern", "(?=a)a", "a", "string"),
        ("pattern", r"(a)\1", "aa", "string"),
        ("pattern", "a" * 201, "a", "string"),
    ],
)
def test_clauses_that_cannot_be_used(
    clause: str, argument: Any, value: Any, type_name: str
) -> None:
    with pytest.raises(BadClauseError):
        holds(clause, argument, value, type_name)


def test_patterns_take_linear_time() -> None:
    for pattern in ("(a+)+b", "(a|aa)+b", "a*a*a*a*a*a*a*b", "(.*)*x"):
        assert not holds("pattern", pattern, "a" * 4_000, "string")


def test_a_finding_names_the_nearest_valid_value(read: Any) -> None:
    text = template(
        "{type: string, default: ubunto, constraints: [{valid_values: [ubuntu, debian]}]}"
    )
    _, (finding,) = read(text, {})
    assert finding.hint == "did you mean `ubuntu`?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1 kB", 1000), ("1 KiB", 1024), ("1.5 MB", 1_500_000), ("2 TiB", 2 * 2**40), ("7 B", 7)],
)
def test_sizes(text: str, expected: int) -> None:
    assert scalars.quantity(text, "scalar-unit.size") == expected


@given(st.integers(1, 10**6), st.sampled_from(["MB", "MiB", "GB", "GiB"]))
def test_sizes_do_not_care_for_blanks_and_capitals(number: int, unit: str) -> None:
    plain = scalars.quantity(f"{number} {unit}", "scalar-unit.size")
    assert plain == scalars.quantity(f" {number}{unit.lower()} ", "scalar-unit.size")
    assert plain is not None


@given(
    st.lists(st.integers(0, 99), min_size=1, max_size=3),
    st.lists(st.integers(0, 99), min_size=1, max_size=3),
)
def test_versions_compare_by_their_numbers(one: list[int], other: list[int]) -> None:
    def spelt(numbers: list[int]) -> str:
        return ".".join(map(str, numbers))

    padded = [[*numbers, 0, 0][:3] for numbers in (one, other)]
    first, second = scalars.version(spelt(one)), scalars.version(spelt(other))
    assert first is not None
    assert second is not None
    assert (first < second) == (padded[0] < padded[1])


@pytest.mark.parametrize(
    ("given_inputs", "codes_found", "value"),
    [
        ({}, [], 1),
        ({"n": 4}, [], 4),
        ({"n": "4"}, [], 4),
        ({"n": 9}, ["constraint"], None),
        ({"n": "many"}, ["type"], None),
        ({"m": 1}, ["unknown-input"], None),
        ({"n": None}, [], 1),
    ],
)
def test_given_inputs(
    read: Any, given_inputs: dict[str, Any], codes_found: list[str], value: Any
) -> None:
    text = f"topology_template:\n  inputs:\n    n: {{type: integer, default: 1, constraints: [{{less_than: 5}}]}}\n{NODE}"
    topology, findings = read(text, given_inputs)
    assert [f.code for f in findings] == [f"tosca/{code}" for code in codes_found]
    assert (topology.inputs["n"] if topology else None) == value


def test_an_input_that_is_needed(codes: Callable[..., list[str]]) -> None:
    text = f"topology_template:\n  inputs: {{n: {{type: integer}}}}\n{NODE}"
    assert codes(text, {}) == ["missing-input"]
    assert codes(text, {"n": 1}) == []
    assert codes(text, None) == []


def test_what_an_optional_input_does_not_give_is_not_there(good: Callable[..., Topology]) -> None:
    text = """
node_types:
  my.T:
    derived_from: tosca.nodes.Root
    properties:
      table: {type: map, entry_schema: {type: string}}
      row: {type: list, entry_schema: {type: string}}
topology_template:
  inputs: {late: {type: string, required: false}}
  node_templates:
    a: {type: my.T, properties: {table: {x: {get_input: late}, y: z}, row: [{get_input: late}, z]}}
"""
    assert good(text, {}).nodes["a"].properties == {"table": {"y": "z"}, "row": ["z"]}


def test_a_copied_number_stays_as_it_was_written(good: Callable[..., Topology]) -> None:
    nodes = good("""
node_types:
  my.P: {derived_from: tosca.nodes.Root, properties: {v: {type: version, required: false}, s: {type: string, required: false}}}
topology_template:
  node_templates:
    a: {type: my.P, properties: {v: 1.10, s: 2.50}}
    b: {copy: a, properties: {s: 3.70}}
    c: {copy: b}
""").nodes  # fmt: skip
    assert nodes["b"].properties == {"v": "1.10", "s": "3.70"}
    assert nodes["c"].properties == {"v": "1.10", "s": "3.70"}


def test_a_default_put_in_the_place_of_a_node_stays_as_it_was_written(
    good: Callable[..., Topology],
) -> None:
    top = "tosca_definitions_version: tosca_simple_yaml_1_3\n"
    outer = f"""{top}imports: [inner.yaml]
node_types:
  my.P: {{derived_from: tosca.nodes.Root, properties: {{v: version, f: float}}}}
  my.S: {{derived_from: tosca.nodes.Root}}
topology_template:
  node_templates:
    s: {{type: my.S}}
"""
    inner = f"""{top}topology_template:
  inputs: {{w: {{type: version, default: 1.30}}, x: {{type: float, default: 1.50}}}}
  substitution_mappings: {{node_type: my.S}}
  node_templates:
    p: {{type: my.P, properties: {{v: {{get_input: w}}, f: {{get_input: x}}}}}}
"""
    nodes = good(outer, {}, {"modules/m/inner.yaml": inner}).nodes
    assert nodes["s_p"].properties == {"v": "1.30", "f": 1.5}
