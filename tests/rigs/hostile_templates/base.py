"""What hostile templates are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

MAIN = "modules/m/tosca.yaml"
CSAR = "modules/m/tosca.csar"
FIFO = object()
JINJA = "{{ lookup('pipe', 'touch canary') }}"
HEAD = "tosca_definitions_version: tosca_simple_yaml_1_3\nimports: [deepcat]\n"


@dataclass(frozen=True)
class Link:
    """A symbolic link to `target`."""

    target: str


Files = dict[str, Any]


def good() -> dict[str, Any]:
    """A template with a little of everything, and nothing wrong."""
    return {
        "tosca_definitions_version": "tosca_simple_yaml_1_3",
        "description": "A model, served.",
        "imports": ["deepcat"],
        "topology_template": {
            "inputs": {
                "port": {"type": "integer", "default": 8501, "description": "The REST port."},
                "label": {"type": "string", "default": "one"},
            },
            "node_templates": {
                "host": {
                    "type": "tosca.nodes.Compute",
                    "capabilities": {
                        "host": {"properties": {"num_cpus": 1, "mem_size": "1 GB"}},
                        "os": {"properties": {"distribution": "debian"}},
                    },
                },
                "model": {
                    "type": "deepcat.nodes.Model",
                    "properties": {"name": "m", "archive": "model.tar.gz"},
                },
                "server": {
                    "type": "deepcat.nodes.ModelServer",
                    "description": "Serves.",
                    "properties": {
                        "rest_port": {"get_input": "port"},
                        "environment": {"LABEL": {"get_input": "label"}, "MODE": "quiet"},
                    },
                    "requirements": [{"host": "host"}, {"model": "model"}],
                },
            },
            "outputs": {
                "url": {
                    "description": "Where it answers.",
                    "value": {
                        "concat": ["http://", {"get_attribute": ["server", "address"]}, "/v1"]
                    },
                },
            },
            "policies": [
                {"grow": {"type": "deepcat.policies.Scaling", "targets": ["server"]}},
            ],
        },
    }


def dump(data: Any) -> str:
    """YAML of a template."""
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1000)


def main(text: str, head: str = HEAD, **files: Any) -> Files:
    """A template of a head and its topology's text."""
    return {MAIN: head + text, **{name.replace("__", "/"): data for name, data in files.items()}}


def nodes(text: str, types: str = "") -> Files:
    """A template of node templates, each line indented by the caller from column 0."""
    body = "".join(f"    {line}\n" for line in text.strip("\n").split("\n"))
    return main(f"{types}topology_template:\n  node_templates:\n{body}")


Case = Iterator[tuple[str, Files]]
