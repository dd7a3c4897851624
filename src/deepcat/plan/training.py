"""Which nodes are trainings, and what of them changes nothing of what they compute. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcat.tosca.topology import Node

TYPE = "deepcat.nodes.TrainingJob"
USES = frozenset({"limits", "time_limit", "retries"})


def trains(node: Node) -> bool:
    """Whether a node stands for a training."""
    return TYPE in (node.type, *node.ancestry)


def is_use(cause: str) -> bool:
    """Whether only what a training may use differs, by the name of a property in a diff."""
    _, found, name = cause.partition(".properties.")
    return bool(found) and name.partition(".")[0] in USES


def direction(data: Mapping[str, Any], metric: str) -> bool | None:
    """Whether a higher value of a module's metric is better; None where its file says nothing.

    Args:
        data: of the module, as parsed.
        metric: its name.
    """
    for each in data.get("metrics") or ():
        if isinstance(each, Mapping) and each.get("name") == metric:
            return bool(each.get("higher_is_better", True))
    return None
