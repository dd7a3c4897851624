"""The topology of a module's training, made of what its `module.yaml` says. Pure.

A deployment with `profile: train` runs it: one machine, and one job with the inputs that the module
declares, which are the template's inputs.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

# The file that stands for a template then.
FILE: Final = "module.yaml"
# JSON Schema's types, as `module.yaml` has them -> TOSCA's.
_TYPES: Final = {"integer": "integer", "number": "float", "string": "string", "boolean": "boolean"}

_RULES: Final = {
    "minimum": "greater_or_equal",
    "maximum": "less_or_equal",
    "exclusiveMinimum": "greater_than",
    "exclusiveMaximum": "less_than",
}


def template(data: Mapping[str, Any]) -> str:
    """A template as text.

    Args:
        data: of the module; its `training` has a `command`.
    """
    training = data["training"]
    given = training.get("inputs")
    declared = {
        name: each
        for name, each in (given.items() if isinstance(given, Mapping) else ())
        if isinstance(each, Mapping) and each.get("type") in _TYPES
    }
    properties: dict[str, Any] = {
        "command": line_of(training["command"]),
        "inputs": {name: {"get_input": name} for name in declared},
    }
    if python := training.get("python"):
        properties["python"] = str(python)
    if lock := training.get("environment"):
        properties["requirements"] = str(lock)
    if evaluate := training.get("evaluate"):
        properties["evaluate"] = line_of(evaluate)
    where = {"requirements": [{"host": "host"}]}
    job = {"type": "deepcat.nodes.TrainingJob", "properties": properties, **where}
    directory = {
        "description": "The folder of what the training makes.",
        "value": {"get_attribute": ["training", "directory"]},
    }
    document = {
        "tosca_definitions_version": "tosca_simple_yaml_1_3",
        "description": f"The training of {data.get('name', 'a module')}.",
        "imports": ["deepcat"],
        "topology_template": {
            "inputs": {name: _input(each) for name, each in declared.items()},
            "node_templates": {"host": {"type": "tosca.nodes.Compute"}, "training": job},
            "outputs": {"directory": directory},
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def line_of(command: str | Sequence[str]) -> str:
    """A command as a line, which is split into words again as it is run."""
    return command if isinstance(command, str) else shlex.join(map(str, command))


def _input(each: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": _TYPES[each["type"]]}
    found |= {key: each[key] for key in ("description", "default") if key in each}
    constraints: list[dict[str, Any]] = []
    for key, rule in _RULES.items():
        if key in each:
            constraints.append({rule: each[key]})
    if "enum" in each:
        constraints.append({"valid_values": each["enum"]})
    return {**found, "constraints": constraints} if constraints else found
