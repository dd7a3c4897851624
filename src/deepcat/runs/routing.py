"""Where Ansible says its own plugins have gone, kept for the next call; only its process asks.

Ansible parses these 376 kB of YAML at each start, a quarter of what a call without tasks costs. Its
own words on the reader are that others may exchange it, and keep what it has read.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_OF = ("ansible.builtin", "runtime.yml")
_READER = "_meta_yml_to_dict"
Read = Callable[[bytes | str, Any], Mapping[str, Any]]


def remember() -> None:
    """Let this process, which has imported Ansible, take it as an earlier one has read it."""
    finder = sys.modules.get("ansible.utils.collection_loader._collection_finder")
    read = getattr(finder, _READER, None)
    if finder is not None and read is not None:
        setattr(finder, _READER, remembering(read))


def remembering(read: Read) -> Read:
    """A reader whose answer of Ansible's own collection is kept by the hash of its text.

    Args:
        read: Ansible's, of YAML whose scalars are all texts, so that JSON says the same.
    """

    def asked(text: bytes | str, of: Any) -> Mapping[str, Any]:
        folder = _folder() if of == _OF else None
        if folder is None:
            return read(text, of)
        raw = text.encode() if isinstance(text, str) else text
        path = folder / f"{hashlib.sha256(raw).hexdigest()}.json"
        found = _kept(path)
        if found is None:
            found = read(text, of)
            _keep(path, found)
        return found

    return asked


def _folder() -> Path | None:
    """This user's alone; None where there is none, or others could write there."""
    with suppress(OSError, RuntimeError):
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        if not home.is_absolute():
            return None
        folder = home / "deepcat" / "ansible"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = folder.lstat()
        if told.st_uid == os.geteuid() and not told.st_mode & 0o077:
            return folder
    return None


def _kept(path: Path) -> Mapping[str, Any] | None:
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(path.read_bytes())
        return found if isinstance(found, dict) else None
    return None


def _keep(path: Path, found: Mapping[str, Any]) -> None:
    """Write it whole or not at all; another version's goes, for one is enough."""
    with suppress(OSError, TypeError, ValueError):
        number, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as stream:
                json.dump(found, stream)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        for old in path.parent.glob("*.json"):
            if old != path:
                old.unlink(missing_ok=True)
