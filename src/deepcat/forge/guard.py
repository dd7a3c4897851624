"""What a bare server lets nobody push: the refs that are deepcat's own, or that mislead Git. Pure.

Deepcat itself writes its refs in the repository, never by a push, so that no hook is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_HEADS = "refs/heads/"
_TAGS = "refs/tags/"
_RECORDS = "records"
_OWN = "deepcat"
# Names that Git would take for another ref, or for a commit, where one of a branch is asked for.
_MISLEADING = re.compile(
    r"(refs|heads|tags|remotes)(/|\Z)|[a-z_]*head\Z|[0-9a-f]{40}([0-9a-f]{24})?\Z|@\Z"
)

_HIDDEN = "it holds characters that do not print; push to another name"


@dataclass(frozen=True, slots=True)
class Push:
    """One line that Git gives to a pre-receive hook.

    Attributes:
        old: the commit that the ref points to; empty when it is made.
        new: the one that it shall point to; empty when it is deleted.
        ref: full name.
    """

    old: str
    new: str
    ref: str


def parse(text: str) -> tuple[Push, ...]:
    """The lines ``OLD NEW REF`` on a hook's standard input."""
    # Git ends lines by `\n` alone; what else Python would take for an end may stand in a name.
    rows = (line.split(" ", 2) for line in text.split("\n") if line)
    return tuple(
        Push(old.strip("0") and old, new.strip("0") and new, ref) for old, new, ref in rows
    )


def refusal(push: Push, branch: str, points_to: Mapping[str, str]) -> str:
    """Why nobody may push this, and what to do instead; empty when anybody may.

    Args:
        push: one of the refs that are pushed.
        branch: the one that is the truth.
        points_to: symbolic ref on the server -> the ref that a push to it would move.
    """
    for ref in filter(None, (push.ref, points_to.get(push.ref))):
        if why := _refusal(ref, branch):
            return why
    return ""


def _refusal(ref: str, branch: str) -> str:
    if ref.startswith(_HEADS):
        return _of_branch(ref.removeprefix(_HEADS), branch)
    if ref.startswith(_TAGS):
        return _of_tag(ref.removeprefix(_TAGS), branch)
    return "only branches and tags are taken here; push to `refs/heads/NAME`"


def _of_branch(name: str, branch: str) -> str:
    folded = _folded(name)
    if _is_at_or_below(folded, _RECORDS):
        return (
            "records are written by deepcat alone, on this server; to change what is recorded, use"
            " `deepcat apply`, `destroy` or `records rebuild` there"
        )
    if _is_at_or_below(folded, _OWN):
        return (
            "branches `deepcat/…` are written by deepcat alone, on this server; push your work to"
            " another name"
        )
    if name != branch and _is_at_or_below(folded, _folded(branch)):
        return f"it could be taken for the branch `{branch}`; push to another name"
    if _MISLEADING.match(folded):
        return "Git could take it for something else; push to another name"
    return "" if name.isprintable() else _HIDDEN


def _of_tag(name: str, branch: str) -> str:
    folded = _folded(name)
    own = (_RECORDS, _OWN, _folded(branch))
    if any(_is_at_or_below(folded, each) for each in own) or _MISLEADING.match(folded):
        return "a tag of this name would be taken for something else; choose another one"
    return "" if name.isprintable() else _HIDDEN


def _is_at_or_below(name: str, other: str) -> bool:
    return name == other or name.startswith(f"{other}/")


def _folded(name: str) -> str:
    """The name as a disk that knows no case, or that leaves characters out, would have it."""
    plain = unicodedata.normalize("NFKC", name)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf").casefold()
