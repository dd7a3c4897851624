"""The rooms above the room `catalog` lent to it, for it may not import them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat import __version__, resources
from deepcat.catalog.check import PolicyJudge
from deepcat.catalog.findings import Finding
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.topologies import Topologies


def topologies() -> Topologies:
    """How `deepcat check` reads templates; the room itself is imported when one is read."""
    return Topologies(_read, _fingerprint())


def own_policies(tree: Tree) -> PolicyJudge | None:
    """Says what a tree's policies say of its units; None where it has none."""
    if not tree.entries("policies"):
        return None
    from deepcat.policies.check import check_policies

    return check_policies


def _read(tree: Tree, path: str, inputs: Mapping[str, Any] | None) -> tuple[Finding, ...]:
    from deepcat.plan.hints import hints
    from deepcat.tosca.check import check_template

    return check_template(tree, path, inputs, lambda topology: hints(tree, topology))


def _fingerprint() -> str:
    """Changes with every file of the rooms, of the type library and of what roles declare."""
    types, roles = resources.types(), resources.playbooks() / "roles"
    rooms = [*types.parent.rglob("*.py"), *(types.parents[1] / "plan").glob("*.py")]
    files = sorted(
        [*rooms, *types.rglob("*"), *roles.glob("*/meta/argument_specs.yml")], key=Path.as_posix
    )
    facts = [f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    return f"{__version__} {hash_of(facts)}"


def hash_of(lines: list[str]) -> str:
    """A short hash of lines of text."""
    import hashlib

    return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()
