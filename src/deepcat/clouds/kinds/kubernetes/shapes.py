"""A shape's name, which says all that a pod needs to come to such a node. Pure.

``cpu`` asks for no accelerator; ``nvidia.NVIDIA-A100-SXM4-40GB.2`` for two of what nodes label so;
``mig-1g_5gb.NVIDIA-A100-SXM4-40GB.1`` for a part of one; ``amd.1`` for one that bears no label;
``claim-gpu_nvidia_com.NVIDIA-A100-SXM4-40GB.1`` for one that is claimed from that driver.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deepcat.clouds.manifests.values import Card

PLAIN = "cpu"
_MIG = "mig-"
CLAIMED = "claim-"
# Attributes of a device that say its product; the first that it has counts.
PRODUCTS = ("productName", "model")
_PLAIN = re.compile(r"[A-Za-z0-9 ._-]{1,100}\Z")
_DRIVER = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")
_RESOURCES = {
    "nvidia": "nvidia.com/gpu",
    "amd": "amd.com/gpu",
    "intel": "gpu.intel.com/i915",
    "intel-xe": "gpu.intel.com/xe",
}
_PRODUCT = {
    "nvidia": "nvidia.com/gpu.product",
    "amd": "amd.com/gpu.product-name",
}


@dataclass(frozen=True, slots=True)
class Cards:
    """Accelerators of one make, as nodes advertise them.

    Attributes:
        short: of the resource, such as ``nvidia`` or ``mig-1g_5gb``.
        product: as the node's label spells it; empty where it bears none.
    """

    short: str
    product: str = ""

    @property
    def resource(self) -> str:
        """As nodes advertise it."""
        if self.mig:
            return f"nvidia.com/{_MIG}{self.mig}"
        return _RESOURCES.get(self.vendor if self.driver else self.short, "")

    @property
    def driver(self) -> str:
        """From which it is claimed, which its class of devices is named like; empty for others."""
        if not self.short.startswith(CLAIMED):
            return ""
        return self.short.removeprefix(CLAIMED).replace("_", ".")

    @property
    def expression(self) -> str:
        """Of CEL, that is true of such devices; empty where any of the class will do."""
        if not self.driver or not self.product:
            return ""
        of, found = f'device.attributes["{self.driver}"]', "false"
        for name in reversed(PRODUCTS):
            is_it = f'{of}.{name}.replace(" ", "-") == "{self.product}"'
            found = f"has({of}.{name}) ? {is_it} : ({found})"
        return found

    @property
    def mig(self) -> str:
        """The profile of a part of a card; empty for whole ones."""
        return self.short.removeprefix(_MIG).replace("_", ".") if self._is_part else ""

    @property
    def _is_part(self) -> bool:
        return self.short.startswith(_MIG)

    @property
    def label(self) -> str:
        """That says the product; empty where nothing does."""
        return _PRODUCT["nvidia"] if self._is_part else _PRODUCT.get(self.short, "")

    @property
    def vendor(self) -> str:
        """Whose."""
        if self.driver:
            return next((each for each in _RESOURCES if f".{each}." in f".{self.driver}."), "")
        return "nvidia" if self._is_part else self.short.partition("-")[0]

    def named(self, count: int) -> str:
        """The shape of a pod with so many."""
        return ".".join(part for part in (self.short, self.product, str(count)) if part)


def plain(product: str) -> str:
    """A product as shapes have it; empty where its name is none that this could ask for."""
    return product.replace(" ", "-") if _PLAIN.match(product) else ""


def short_of(resource: str) -> str:
    """Of a resource that is an accelerator; empty for all others."""
    if resource.startswith(f"nvidia.com/{_MIG}"):
        profile = resource.removeprefix(f"nvidia.com/{_MIG}")
        return _MIG + profile.replace(".", "_")
    return next((short for short, name in _RESOURCES.items() if name == resource), "")


def product(short: str, labels: Mapping[str, str]) -> str:
    """Of a node, as its labels spell it."""
    return str(labels.get(Cards(short).label) or "")


def card(shape: str) -> Card | None:
    """What a pod of a shape asks for; None for nothing.

    Raises:
        ValueError: no cluster has such a shape.
    """
    if shape in ("", PLAIN):
        return None
    short, _, rest = shape.partition(".")
    name, _, count = rest.rpartition(".")
    known = short in _RESOURCES or short.startswith((_MIG, CLAIMED))
    cards = Cards(short, name)
    if not known or not count.isdigit() or plain(name) != name:
        raise ValueError(f"`{shape}` is no shape of a cluster")
    if short.startswith(CLAIMED):
        if not _DRIVER.match(cards.driver):
            raise ValueError(f"`{shape}` is no shape of a cluster")
        return Card(cards.resource, int(count), {}, cards.driver, cards.expression)
    labels = {cards.label: name} if name and cards.label else {}
    return Card(cards.resource, int(count), labels)
