"""The topology of a place to develop a module in, made of what its `module.yaml` says. Pure.

A deployment with `profile: develop` runs it: one machine, and one notebook beside the module's
files, in the environment of its training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deepcat.catalog.values import lock_of

_INPUTS = {
    "port": {
        "type": "integer",
        "default": 0,
        "description": "Where it listens; 0 takes a free port.",
        "constraints": [{"in_range": [0, 65535]}],
    },
}


def template(data: Mapping[str, Any]) -> str:
    """A template as text.

    Args:
        data: of the module.
    """
    properties: dict[str, Any] = {name: {"get_input": name} for name in _INPUTS}
    if lock := lock_of(data):
        properties["requirements"] = lock
    where = {"requirements": [{"host": "host"}]}
    notebook = {"type": "deepcat.nodes.Notebook", "properties": properties, **where}
    address = {
        "description": "Where it is reached, with a token that its host alone knows.",
        "value": {"get_attribute": ["notebook", "url"]},
    }
    document = {
        "tosca_definitions_version": "tosca_simple_yaml_1_3",
        "description": f"A place to develop {data.get('name', 'a module')} in.",
        "imports": ["deepcat"],
        "topology_template": {
            "inputs": _INPUTS,
            "node_templates": {"host": {"type": "tosca.nodes.Compute"}, "notebook": notebook},
            "outputs": {"url": address},
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1)
