"""The shape of a template that was written from the normal form: all but its plain values. Pure.

Two templates of one shape have the same types, nodes, requirements, functions, and the same names
of properties with values of the same kinds; each value was held against its type before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from deepcat.tosca.reading.function_names import NAMES

# What stands below these in a node, an edge or a policy names something, and is no value.
_NAMING: Final = frozenset(("type", "requirements", "targets", "members", "node_type"))


def shape_of(template: Mapping[str, Any]) -> str:
    """A short text that is the same for templates of one shape."""
    bare = {
        key: _bare(value) if key == "topology_template" else value
        for key, value in template.items()
    }
    text = json.dumps(bare, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        if len(value) == 1 and next(iter(value)) in NAMES:
            return value
        return {key: item if key in _NAMING else _bare(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_bare(item) for item in value]
    return type(value).__name__
