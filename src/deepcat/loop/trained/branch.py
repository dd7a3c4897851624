"""The branch of a training's proposal: ours alone, and moved only from where it was seen."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.forge.git import Repository
    from deepcat.forge.values import Inbox, Part
    from deepcat.loop.trained.values import Provenance

TRAILER = "Deepcat-Training: "


def trailer(source: Provenance) -> str:
    """What the commits of a training say, and no others: what is trained once more says another."""
    return f"{TRAILER}{source.id} {source.ended}"


@dataclass(frozen=True, slots=True)
class Commits:
    """What a branch shall hold.

    Attributes:
        answers: path in the module's folder -> expected answers that changed, which are a commit of
            their own; None for what goes.
        files: the same of all else.
        text: what the last commit says.
    """

    answers: Mapping[str, bytes | None]
    files: Mapping[str, bytes | None]
    text: str


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches of trainings.

    Attributes:
        git: the catalog's repository.
        inbox: the forge's.
        base: the commit that a proposal stands upon.
        remote: where branches go; empty where they stay in this repository.
    """

    git: Repository
    inbox: Inbox
    base: str
    remote: str

    def key_of(self, deployment: str) -> str:
        """The key of a deployment's proposal: the one that is open, else one that is ours.

        Raises:
            DeepcatError: others wrote to the branch of what is open (``propose/branch``).
        """
        first = f"train/{deployment}"
        # No name of a deployment has a dot, so these are of no other one.
        own = re.compile(rf"{re.escape(first)}(\.[0-9]{{1,6}})?\Z")
        names = (each.removeprefix("deepcat/") for each in self._names())
        known = sorted(filter(own.match, names), key=lambda key: (len(key), key))
        theirs = {key for key in known if not self._is_ours(key)}
        if not theirs and known in ([], [first]):
            return first
        opened = self.inbox.open_keys()
        key = next((key for key in known if key in opened), "")
        if key in theirs:
            raise DeepcatError(
                f"the branch `{_name(key)}` holds commits of somebody else",
                hint="merge or close what it proposes; or push them under another name, and delete"
                " this branch",
                code="propose/branch",
            )
        numbered = (f"{first}.{number}" for number in count(2))
        return key or next(each for each in chain([first], numbered) if each not in theirs)

    def bring(self, key: str, source: Provenance, commits: Commits) -> str:
        """Let the branch of a key hold the commits; gives the last one.

        Raises:
            DeepcatError: it is written to meanwhile (``git/failed``).
        """
        git, mark = self.git, trailer(source)
        known = self._at(key)
        if known and mark in git.message(known):
            return known
        folder = f"{git.prefix}modules/{source.module}/"
        at, head = source.ended, self.base
        if commits.answers:
            text = f"Expected answers that changed: {source.module}\n\n{mark}"
            parts = _parts(git, folder, commits.answers, commits.files)
            head = git.make_commit(head, parts, text, at)
        whole = {**commits.files, **commits.answers}
        text = f"{commits.text}\n\n{mark}"
        head = git.make_commit(head, _parts(git, folder, whole), text, at)
        git.lease_branch(_name(key), head, known, self.remote)
        return head

    def _names(self) -> tuple[str, ...]:
        return self.git.branches("deepcat/train", self.remote)

    def _at(self, key: str) -> str:
        """The commit that its branch names, fetched with what came before; empty for none."""
        known = self.git.branch_at(_name(key), self.remote)
        if known and self.remote:
            self.git.fetch(self.remote, known)
        return known

    def _is_ours(self, key: str) -> bool:
        """Whether every commit that it holds besides the base is one of a training."""
        known = self._at(key)
        if not known:
            return True
        ours = TRAILER in self.git.message(known)
        return ours and not self.git.silent(self.base, known, TRAILER)


def _name(key: str) -> str:
    return f"deepcat/{key}"


def _parts(
    git: Repository,
    folder: str,
    files: Mapping[str, bytes | None],
    later: Mapping[str, object] | None = None,
) -> dict[str, Part | None]:
    """Files as objects of the repository; those that come later besides are left for then."""
    found: dict[str, Part | None] = {}
    with tempfile.TemporaryDirectory(prefix="deepcat-commit-") as name:
        for path, content in files.items():
            if later and path in later:
                continue
            if content is None:
                found[folder + path] = None
                continue
            file = Path(name, hashlib.sha256(path.encode()).hexdigest())
            file.write_bytes(content)
            found[folder + path] = git.write(file)
    return found
