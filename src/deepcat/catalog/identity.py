"""Which catalog this is: an id that its clones share, and that no other catalog has.

Clouds are shared by many. What a deployment leaves there bears the id, so that two catalogs in one
account tell what is whose.
"""

from __future__ import annotations

import hashlib
import platform
import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from deepcat import git
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.units import MARKER

_KEPT = Path(".deepcat") / "cache" / "first-commit"
_FORM = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\Z")
_COMMIT = re.compile(r"[0-9a-f]{40,64}\Z")


def identity(root: Path) -> str:
    """The catalog's id: `id` of its settings, else made of its first commit and its title.

    A folder that no Git holds is a catalog of its own. A clone that does not hold the whole history
    knows no first commit; then the id is empty, and nothing may be done on clouds by it.

    Args:
        root: the catalog's folder, or a bare repository that holds one.
    """
    file = root / MARKER
    content = file.read_bytes() if file.is_file() else git.says(root, "show", f"HEAD:{MARKER}")
    own, title = _said(content)
    if own:
        return own
    first = _known_first(root) or _first(root)
    if first is None:
        first = f"{platform.node()}:{root.resolve()}"
    return _digest(first, title) if first else ""


@lru_cache(maxsize=8)
def _said(content: bytes) -> tuple[str, str]:
    """The id that a catalog's settings give, empty for none, and its title."""
    document, _ = read_bytes(content, MARKER)
    settings = document.data if document and isinstance(document.data, dict) else {}
    own = settings.get("id")
    is_id = isinstance(own, str) and _FORM.match(own) is not None
    return str(own) if is_id else "", str(settings.get("title") or "")


def _digest(first: str, title: str) -> str:
    return hashlib.sha256(f"{first}\n{title}".encode()).hexdigest()[:12]


def _first(root: Path) -> str | None:
    """The first commit; None without a history, empty where it is cut off."""
    if not git.says(root, "rev-parse", "--verify", "--quiet", "HEAD"):
        return None
    if git.says(root, "rev-parse", "--is-shallow-repository").strip() == b"true":
        return ""
    roots = git.says(root, "rev-list", "--first-parent", "--max-parents=0", "HEAD").decode().split()
    first = roots[-1] if roots else ""
    if first and (root / MARKER).is_file():
        path = root / _KEPT
        with suppress(OSError):  # a folder that is not ours to write to: it is asked again
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{first}\n", "ascii")
    return first


def _known_first(root: Path) -> str:
    """What was found here before, unless the history is another one now."""
    try:
        kept = (root / _KEPT).read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
    return kept if _COMMIT.match(kept) and _holds(root, kept) else ""


@lru_cache(maxsize=8)
def _holds(root: Path, commit: str) -> bool:
    """Whether a repository holds a commit; it is asked once by a process, for none goes so soon."""
    return bool(git.says(root, "cat-file", "-t", commit))
