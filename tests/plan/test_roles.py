"""What roles declare: Ansible itself reads it, and what the compiler makes of it fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from deepcat.plan.roles import NODE, declared
from deepcat.resources import playbooks
from deepcat.tosca.reading.library import library
from deepcat.tosca.reading.registry import Types
from deepcat.tosca.reading.report import Report

TYPE_LIBRARY = Types({}, ("deepcat", "indigo"), Report())
ROLES = sorted((playbooks() / "roles").iterdir())
# As ansible-lint's schema of `meta/argument_specs.yml` has them.
ENTRY = {"short_description", "description", "options", "author", "seealso", "notes"}
OPTION = {"type", "required", "description", "options", "choices", "elements", "default"}
TYPES = {"str", "raw", "int", "float", "bool", "dict", "list"}


def specs(role: Path) -> dict[str, Any]:
    data = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text("utf-8"))
    assert set(data) == {"argument_specs"}
    return dict(data["argument_specs"])


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_file_of_tasks_declares_what_it_takes(role: Path) -> None:
    tasks = {path.stem for path in (role / "tasks").glob("*.yml")}
    assert tasks
    assert tasks == set(specs(role))
    assert all(yaml.safe_load(path.read_text()) for path in (role / "tasks").glob("*.yml"))
    assert {(role.name, name) for name in tasks} <= set(declared())


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_declaration_is_typed_and_described(role: Path) -> None:
    for name, entry in specs(role).items():
        assert set(entry) <= ENTRY
        assert entry["short_description"], name
        assert entry["description"], name
        options(entry["options"], name)
        ArgumentSpecValidator(entry["options"])


def options(found: dict[str, Any], where: str) -> None:
    for name, option in found.items():
        assert set(option) <= OPTION, f"{where}.{name}"
        assert option["type"] in TYPES, f"{where}.{name}"
        assert option["description"], f"{where}.{name}"
        assert ("elements" in option) == (option["type"] == "list"), f"{where}.{name}"
        options(option.get("options", {}), f"{where}.{name}")


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_what_is_declared_is_in_the_type_library(role: Path) -> None:
    for operation in specs(role):
        entry = declared()[role.name, operation]
        kinds = [TYPE_LIBRARY.entity("node_types", name) for name in entry.types]
        properties = {name for kind in kinds if kind for name in kind.properties}
        assert set(entry.takes("properties")) <= properties
        needs = {name for kind in kinds if kind for name in kind.requirements}
        assert set(entry.takes("requirements")) <= {*needs, "dependency"}
        for kind in kinds:
            assert kind
            (procedure, *_) = kind.interfaces["Standard"][operation]
            assert procedure.data == f"role:{role.name}"


def test_no_type_calls_an_operation_that_its_role_lacks() -> None:
    ours = {role.name for role in ROLES}
    for data in library("deepcat")["node_types"].values():
        for interface in data.get("interfaces", {}).values():
            for operation, role in interface["operations"].items():
                name = role.removeprefix("role:")
                assert name not in ours or (name, operation) in declared()


@pytest.mark.parametrize(
    ("role", "node", "wrong"),
    [
        (("model", "create"), {"properties": {"name": "m", "archive": "a"}}, ""),
        (("model", "create"), {"properties": {"name": "m"}}, "archive"),
        (("model", "create"), {"properties": {"name": "m", "archive": "a", "odd": 1}}, "odd"),
        (("model_server", "start"), {"properties": {"rest_port": 0}}, ""),
        (("model_server", "start"), {"properties": {"rest_port": "x"}}, "rest_port"),
        (("model_server", "start"), {"properties": {}, "inputs": {"a": 1}}, "inputs.a"),
    ],
)
def test_ansible_holds_a_call_against_the_declaration(
    role: tuple[str, str], node: dict[str, Any], wrong: str
) -> None:
    spec = specs(playbooks() / "roles" / role[0])[role[1]]["options"]
    (kind,) = declared()[role].types
    base = {"name": "n", "type": kind, "requirements": {"model": ["m"]} if "s" in role[1] else {}}
    given = {NODE: base | node}
    said = ArgumentSpecValidator(spec).validate(given, validate_role_argument_spec=True)
    assert wrong in " ".join(said.error_messages)
    assert bool(said.error_messages) == bool(wrong)
