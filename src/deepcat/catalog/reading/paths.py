"""Paths and names that people write: what may be one. Pure."""

from __future__ import annotations

import posixpath
import re
import unicodedata

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")

# Names that mean a device on Windows, with any ending.
RESERVED = frozenset(
    [
        *("con", "prn", "aux", "nul", "conin$", "conout$"),
        *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"),
    ]
)
_FORBIDDEN = frozenset('<>:"|?*\\')
_LONGEST = 150
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{0,100}[A-Za-z0-9_-]\Z")


def inside(path: str) -> bool:
    """Whether a path written by a person stays inside the folder that it is relative to."""
    if not path or path.startswith("/") or "\\" in path or "\0" in path:
        return False
    return posixpath.normpath(path) == path and path != ".." and not path.startswith("../")


def is_reserved(name: str) -> bool:
    """Whether some operating system takes a name for a device."""
    return name.partition(".")[0].rstrip(" ").casefold() in RESERVED


def name_fault(name: str) -> str:
    """Why a file cannot have a name on every system; empty when it can."""
    if _PLAIN.match(name) and not is_reserved(name):
        return ""
    faults = {
        "it holds characters that do not print": not name.isprintable(),
        "Windows keeps this name for a device": is_reserved(name),
        'it holds one of < > : " | ? * \\': not _FORBIDDEN.isdisjoint(name),
        "it begins or ends with a space": name != name.strip(" "),
        "it ends with a dot": name.endswith("."),
        "its letters are not in Unicode's normal form C": not unicodedata.is_normalized(
            "NFC", name
        ),
        f"it is longer than {_LONGEST} bytes": len(name.encode(errors="surrogateescape"))
        > _LONGEST,
    }
    return next((fault for fault, holds in faults.items() if holds), "")
