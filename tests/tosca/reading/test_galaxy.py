"""Artifacts that name a role of Ansible Galaxy are no files."""

# ruff: noqa: E501 - rows in lines
from __future__ import annotations

from typing import Any

import pytest

from deepcat.tosca.reading.galaxy import Named, kind_of, parse

GIT = "git+https://example.org/some/role"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("grycap.mesos", ("grycap.mesos", "", "grycap.mesos")),
        ("indigo-dc.kubernetes,master", ("indigo-dc.kubernetes", "master", "indigo-dc.kubernetes")),
        ("elastic.elasticsearch,7.4.1", ("elastic.elasticsearch", "7.4.1", "elastic.elasticsearch")),
        ("OphidiaBigData.ophidia-cluster", ("OphidiaBigData.ophidia-cluster", "", "OphidiaBigData.ophidia-cluster")),
        (GIT, (GIT, "", "role")),
        (f"{GIT}.git,v1.0", (f"{GIT}.git", "v1.0", "role")),
        (f"{GIT}|mine", (GIT, "", "mine")),
        (f"{GIT},feature/x|mine", (GIT, "feature/x", "mine")),
        ("roles/mine", None),
        ("mine.yml/x", None),
        ("", None),
        (7, None),
        ("grycap.mesos --force", None),
        ("grycap.mesos,-x", None),
        ("git+ssh://example.org/role", None),
        ("git+file:///etc", None),
        ("git+http://example.org/role", None),
        ("git+https://user:key@example.org/role", None),
        ("git+https://example.org/a/../role", None),
        (f"{GIT}|..", None),
        ("git+https://example.org/--bare", None),
        ("git+https://example.org/a/.", None),
        ("git+https://example.org/.git", None),
        ("-x.-y", None),
        ("grycap.mesos\n", None),
    ],
)  # fmt: skip
def test_what_an_artifact_names(text: Any, named: tuple[str, ...] | None) -> None:
    assert parse("role", text) == (named and Named("role", *named))


@pytest.mark.parametrize(
    ("ancestry", "kind"),
    [
        (("my.Role", "tosca.artifacts.AnsibleGalaxy.role", "tosca.artifacts.Root"), "role"),
        (("tosca.artifacts.AnsibleGalaxy.collection",), "collection"),
        (("tosca.artifacts.File", "tosca.artifacts.Root"), ""),
    ],
)
def test_which_types_name_something(ancestry: tuple[str, ...], kind: str) -> None:
    assert kind_of(ancestry) == kind


TEXT = """tosca_definitions_version: tosca_simple_yaml_1_3
imports: [indigo]
artifact_types:
  my.Role: {derived_from: tosca.artifacts.AnsibleGalaxy.role}
topology_template:
  inputs: {file: {type: string, default: grycap.docker}}
  node_templates:
    a: {type: tosca.nodes.Root, artifacts: {r: {file: FILE, type: my.Role}}}
"""


@pytest.mark.parametrize("file", ["grycap.docker", "{get_input: file}", f"'{GIT},v1.0'"])
def test_a_role_needs_no_file(read: Any, file: str) -> None:
    topology, findings = read(TEXT.replace("FILE", file), {})
    assert findings == ()
    assert topology.nodes["a"].artifacts["r"]["galaxy"] == "role"


@pytest.mark.parametrize("file", ["roles/mine", "../../etc", "'a b'"])
def test_what_names_no_role_is_a_file(codes: Any, file: str) -> None:
    assert codes(TEXT.replace("FILE", file), {}) == ["artifact"]
