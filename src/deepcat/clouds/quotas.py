"""How much of what an owner may have, as files say it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from deepcat.quantities import mebibytes

Quotas: TypeAlias = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]

EVERYONE = "*"
# What all owners may have together, by what a cloud says of our account. No handle has a space.
TOGETHER = "all owners together"
# What an owner may have only so much of -> its unit in words.
RESOURCES = {
    "deployments": "deployments",
    "accelerators": "accelerators",
    "cpus": "cores",
    "memory": "MiB of memory",
    "price_hour": "price an hour",
}


def quotas(value: Any) -> Quotas:
    """Owner -> resource -> limit as a file says it; memory in MiB, `*` for everyone else."""
    if not isinstance(value, Mapping):
        return ()
    return tuple(
        (str(owner).removeprefix("@"), _limits(limits))
        for owner, limits in sorted(value.items())
        if isinstance(limits, Mapping)
    )


def _limits(limits: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple(
        (name, float(mebibytes(limits[name]) if name == "memory" else limits[name]))
        for name in RESOURCES
        if limits.get(name) is not None
    )
