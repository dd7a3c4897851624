"""From a flavour and what it asks for besides to a shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deepcat.clouds.accelerators import canonical
from deepcat.clouds.offers import Shape

_ALIAS = "pci_passthrough:alias"
_CUSTOM = re.compile(r"resources\d*:CUSTOM_(?:P?GPU|ACCELERATOR|PCI)?_?(\w+)\Z")
_VGPU = re.compile(r"resources\d*:(?:VGPU|MDEV_\w+)\Z")
_TRAIT = re.compile(r"trait\d*:(?:CUSTOM|HW_GPU)_(\w+)\Z")


def shape(told: Mapping[str, Any], *, is_told: bool = False) -> Shape:
    """A flavour as a shape; how many servers of it fit is told by the account's limits alone.

    Args:
        told: ``name``, ``vcpus``, ``ram`` in MiB, ``disk`` in GB, ``extra_specs``.
        is_told: whether the cloud's file says of the shape which accelerators it has.
    """
    specs = {str(key): str(value) for key, value in (told.get("extra_specs") or {}).items()}
    cards, why = _cards(specs)
    spelling, count = cards
    if is_told:
        why = ""
    return Shape(
        str(told["name"]),
        accelerator=spelling or None,
        accelerators=count,
        cpus=float(told.get("vcpus") or 0),
        memory_MiB=int(told.get("ram") or 0),
        disk_MiB=int(told.get("disk") or 0) << 10,
        down=why,
    )


def _cards(specs: Mapping[str, str]) -> tuple[tuple[str, int], str]:
    """Which accelerator and how many; and why that cannot be offered, in words."""
    found: dict[str, int] = {}
    for each in filter(None, specs.get(_ALIAS, "").split(",")):
        name, _, count = each.partition(":")
        found[name.strip()] = found.get(name.strip(), 0) + _count(count or "1")
    for key, value in specs.items():
        custom = _CUSTOM.match(key)
        if custom and canonical(_spelled(custom[1])):
            found[_spelled(custom[1])] = found.get(_spelled(custom[1]), 0) + _count(value)
    if any(_VGPU.match(key) for key in specs):
        named = ", ".join(_spelled(m[1]) for key in specs if (m := _TRAIT.match(key)))
        of = f" of {named}" if named else ""
        return ("", 0), f"it has a part of a card{of}; say under `shapes` which, to have it used"
    found = {name: count for name, count in found.items() if count}
    if not found:
        return ("", 0), ""
    if len(found) > 1:
        return ("", 0), f"it has several kinds of device: {', '.join(sorted(found))}"
    ((name, number),) = found.items()
    if not canonical(_spelled(name)):
        why = f"nobody knows which accelerator `{name}` is; say so under `shapes`, to have it used"
        return ("", 0), why
    return (_spelled(name), number), ""


def _spelled(name: str) -> str:
    return name.replace("_", "-").lower()


def _count(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text.strip()) else 0
