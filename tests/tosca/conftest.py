"""Trees in memory, and templates in few lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from deepcat.catalog.findings import Finding
from deepcat.catalog.reading.tree import Entry
from deepcat.tosca.load import load_topology
from deepcat.tosca.topology import Topology


class MemoryTree:
    """A `Tree` of a mapping; it remembers what was read."""

    commit = ""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.files = {
            path: content.encode() if isinstance(content, str) else content
            for path, content in files.items()
        }
        self.read_paths: list[str] = []

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        return tuple(
            Entry(path, len(content), False, str(hash(content)))
            for path, content in sorted(self.files.items())
            if not under or path.startswith(f"{under}/")
        )

    def size(self, path: str) -> int | None:
        return len(self.files[path]) if path in self.files else None

    def read(self, path: str) -> bytes:
        self.read_paths.append(path)
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]


@pytest.fixture
def memory_tree() -> type[MemoryTree]:
    """A tree that needs no disk."""
    return MemoryTree


Read = Callable[..., tuple[Topology | None, tuple[Finding, ...]]]

_HEAD = "tosca_definitions_version: tosca_simple_yaml_1_3\nimports: [deepcat, indigo]\n"


@pytest.fixture
def read() -> Read:
    """Read a template (its head may be left out) beside `files`, with inputs or without."""

    def call(
        text: str,
        inputs: Mapping[str, Any] | None = None,
        files: Mapping[str, str | bytes] | None = None,
        path: str = "modules/m/tosca.yaml",
    ) -> tuple[Topology | None, tuple[Finding, ...]]:
        if "tosca_definitions_version" not in text:
            text = _HEAD + text
        tree = MemoryTree({path: text, **(files or {})})
        return load_topology(tree, path, inputs)

    return call


@pytest.fixture
def good(read: Read) -> Callable[..., Topology]:
    """Read a template that has no error."""

    def call(*arguments: Any, **more: Any) -> Topology:
        topology, findings = read(*arguments, **more)
        assert topology is not None, findings
        return topology

    return call


@pytest.fixture
def codes(read: Read) -> Callable[..., list[str]]:
    """The codes of what is found wrong in a template, without the room's name."""

    def call(*arguments: Any, **more: Any) -> list[str]:
        _, findings = read(*arguments, **more)
        return [finding.code.removeprefix("tosca/") for finding in findings]

    return call
