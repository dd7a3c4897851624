"""A deployment to begin with: from answers to its file. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepcat.catalog.beginning.texts import API


def deployment_data(
    module: str,
    *,
    version: str,
    profile: str,
    clouds: Sequence[str],
    max_price: float | None,
    lifetime: str,
    owner: str,
    inputs: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of a deployment's file; what is empty is left out."""
    placement: dict[str, Any] = {}
    if clouds:
        placement["clouds"] = list(clouds)
    if max_price is not None:
        placement["max_price"] = max_price
    rest = {
        "inputs": dict(inputs),
        "placement": placement,
        "lifetime": lifetime,
        "owner": owner,
    }
    head = {"apiVersion": API, "module": module, "version": version, "profile": profile}
    return head | {key: value for key, value in rest.items() if value}
