"""What tells one machine from another."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def machine() -> str:
    """What tells this machine from another."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            text = Path(path).read_text().strip()
        except OSError:
            continue
        if text:
            return hashlib.sha256(f"deepcat {text}".encode()).hexdigest()[:16]
    return hashlib.sha256(os.uname().nodename.encode()).hexdigest()[:16]
