"""What was read, as hashes and as plain data that can be compared later. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from deepcat.catalog.values import Deployment
from deepcat.tosca.topology import Deferred, Node, Topology


def canonical_json(value: Any) -> str:
    """One text for one value: keys sorted, no blanks, `Deferred` and dataclasses spelt out."""
    return json.dumps(
        value, default=plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def plain(value: Any) -> Any:
    """What JSON has no word for, as plain data; `Deferred` as ``{function: [arguments]}``."""
    if isinstance(value, Deferred):
        return {value.function: [plain(argument) for argument in value.arguments]}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def sha256(*texts: str) -> str:
    """Of texts, each bounded by its length, so that no two lists of texts share a hash."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def wish_digest(deployment: Deployment) -> str:
    """Of what a deployment's file says; its name and its comments do not count."""
    return sha256(canonical_json(deployment.data))


def applied_nodes(topology: Topology) -> dict[str, dict[str, Any]]:
    """What a record keeps of each node, so that the next plan can say what differs.

    Returns:
        node name -> {"type", "properties", "capabilities", "artifacts", "operations",
        "requirements"}, each plain data.
    """
    requirements: dict[str, dict[str, list[str]]] = {}
    for edge in topology.edges:
        requirements.setdefault(edge.source, {}).setdefault(edge.name, []).append(edge.target)
    return {
        name: _applied(node, requirements.get(name, {})) for name, node in topology.nodes.items()
    }


def _applied(node: Node, requirements: Mapping[str, list[str]]) -> dict[str, Any]:
    operations = {
        operation.name: {"implementation": operation.implementation, "inputs": operation.inputs}
        for operation in node.operations
    }
    parts: dict[str, Any] = {
        "properties": node.properties,
        "capabilities": {name: held for name, held in node.capabilities.items() if held},
        "artifacts": node.artifacts,
        "operations": operations,
        "requirements": requirements,
    }
    return {"type": node.type} | {name: plain(part) for name, part in parts.items() if part}


def digest_of(commit: str, parts: Iterable[Sequence[str]]) -> str:
    """Of everything that a plan was made from: one hash over kinds, names and hashes."""
    return sha256(commit, *(text for part in parts for text in part))
