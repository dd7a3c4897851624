"""How nodes advertise accelerators: the resource and the labels, by vendor. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from deepcat.clouds import accelerators
from deepcat.clouds.manifests.values import Card

NVIDIA = "nvidia.com/gpu"
PRODUCT = "nvidia.com/gpu.product"
_RESOURCES: Mapping[str, str] = {
    "nvidia": NVIDIA,
    "amd": "amd.com/gpu",
    "intel": "gpu.intel.com/i915",
}


def card(count: int, vendor: str = "", model: str = "", mig: str = "", product: str = "") -> Card:
    """The accelerators of a pod.

    Args:
        count: how many, one or more.
        vendor: of them; NVIDIA's where nobody says.
        model: canonical name; only told where no `product` is.
        mig: profile of a part of a card; empty for whole cards.
        product: as a node's label spells it; empty for any.

    Raises:
        ValueError: no cluster has such a resource.
    """
    vendor = vendor or (accelerators.vendor(model) if model else "") or "nvidia"
    resource = _RESOURCES.get(vendor)
    if resource is None:
        raise ValueError(f"clusters advertise no accelerators of `{vendor}`")
    if mig:
        return Card(f"nvidia.com/mig-{mig}", count)
    return Card(resource, count, {PRODUCT: product} if product and vendor == "nvidia" else {})
