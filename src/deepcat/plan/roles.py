"""What each role takes, as its `meta/argument_specs.yml` declares it: our own files, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from deepcat import resources
from deepcat.catalog.reading.parse import read_yaml

NODE = "deepcat_node"

# Name -> Ansible's option: {"type", "description", "choices", "options", …}.
Options = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry point of a role takes: the options of its argument `deepcat_node`.

    Attributes:
        types: the node types that it carries out.
        parts: `properties`, `inputs`, `requirements`, `capabilities` and `artifacts`, those that it
            names -> what it takes of each.
    """

    types: tuple[str, ...]
    parts: Mapping[str, Options]

    def takes(self, part: str) -> Options:
        """What it takes of one part of a node; empty where it names none."""
        return self.parts.get(part, {})


# Role and operation -> what it takes.
Roles = Mapping[tuple[str, str], Entry]


@cache
def declared(folder: Path | None = None) -> Roles:
    """Every entry point of every role that brings tasks for it and declares what it takes.

    Args:
        folder: holds the roles; None for deepcat's own.
    """
    found: dict[tuple[str, str], Entry] = {}
    for path in sorted(
        (folder or resources.playbooks() / "roles").glob("*/meta/argument_specs.yml")
    ):
        document, _ = read_yaml(path.read_text("utf-8"), path.name)
        specs = document.data["argument_specs"] if document else {}
        for operation, spec in specs.items():
            if (path.parents[1] / "tasks" / f"{operation}.yml").is_file():
                found[path.parents[1].name, str(operation)] = entry(spec)
    return found


def entry(spec: Mapping[str, Any]) -> Entry:
    """An entry point's declaration, read."""
    options: Options = spec["options"][NODE]["options"]
    parts = {
        name: option.get("options") or {}
        for name, option in options.items()
        if option["type"] == "dict"
    }
    return Entry(tuple(options["type"]["choices"]), parts)
