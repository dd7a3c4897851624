"""Where a workflow takes deepcat from, pinned so that it can be nothing else. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deepcat.errors import UsageError

FORMS = (
    "`deepcat==VERSION#sha256=HASH`, `https://HOST/deepcat-VERSION-….whl#sha256=HASH`, "
    "`git+https://HOST/OWNER/deepcat@COMMIT`, or the path of a wheel"
)
_INDEX = re.compile(r"deepcat==([0-9][0-9A-Za-z.+!]*)#sha256=([0-9a-f]{64})")
_WHEEL = re.compile(
    r"(https://[\w.-]+(?::\d+)?/(?:[\w.~%+-]+/)*deepcat-[\w.+%-]+\.whl)#sha256=([0-9a-f]{64})",
    re.ASCII,
)
_COMMIT = re.compile(
    r"git\+(https://[\w.-]+(?::\d+)?/[\w.~/+-]+)@([0-9a-f]{40}(?:[0-9a-f]{24})?)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Source:
    """One build of deepcat.

    Attributes:
        requirement: what stands before the hash in a lock file of pip; empty for a commit.
        sha256: of the wheel; empty for a commit.
        address: `git+https://…@COMMIT`, where the commit's own hash pins it; else empty.
        wheel: the file's name and content, where it is kept in the catalog's own repository.
    """

    requirement: str = ""
    sha256: str = ""
    address: str = ""
    wheel: tuple[str, bytes] | None = None


def pinned(word: str) -> Source:
    """Read what a person names as the source; a path is not looked up here.

    Raises:
        UsageError: it is not pinned by a hash, or nothing that pip would take.
    """
    if found := _INDEX.fullmatch(word):
        return Source(f"deepcat=={found[1]}", found[2])
    if found := _WHEEL.fullmatch(word):
        return Source(f"deepcat @ {found[1]}", found[2])
    if _COMMIT.fullmatch(word):
        return Source(address=word)
    raise UsageError(
        f"`{word}` does not say exactly which deepcat the workflows are to install",
        hint=f"name one of {FORMS}",
    )
