"""What tells one machine from another."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

# Where a machine has the device files of its graphics cards.
CARDS = tuple(f"/dev/{mask}" for mask in ("nvidia*", "nvidia-caps/*", "dri/*", "kfd", "dxg"))


def devices() -> tuple[str, ...]:
    """The device files of the machine's graphics cards, by name."""
    return there(CARDS)


def there(masks: Iterable[str]) -> tuple[str, ...]:
    """What a machine has of device files that are named by patterns."""
    found = (path for mask in masks for path in glob.glob(mask))  # noqa: PTH207 - absolute ones
    return tuple(sorted(path for path in found if not os.path.isdir(path)))  # noqa: PTH112


def machine() -> str:
    """What tells this machine from another.

    Machines that were made from one image have one machine id, and names of their own.
    """
    name = os.uname().nodename
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            text = Path(path).read_text().strip()
        except OSError:
            continue
        if text:
            return hashlib.sha256(f"deepcat {text} {name}".encode()).hexdigest()[:16]
    return hashlib.sha256(name.encode()).hexdigest()[:16]
