"""`deepcat ci hook install --gate`: what a review refuses, a bare server does not take."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.cli.ci.reviewed import reviewed
from deepcat.cli.context import MARKER
from deepcat.cli.say import say
from deepcat.forge.bare_people import Told
from deepcat.forge.git import RECORDS, Repository
from deepcat.forge.signatures import approval_tags

if TYPE_CHECKING:
    from deepcat.loop.proposed import Looked

# Where Git keeps what is pushed until the hook has agreed, and what it already has.
_QUARANTINE = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")


def admits(repository: Path, old: str, new: str, branch: str, told: Told) -> bool:
    """Whether a push to the main branch may be taken; says why not.

    Args:
        repository: the bare repository.
        old: the branch's tip; empty when this push makes it.
        new: what it shall be; empty when it shall be no more.
        branch: its name.
        told: what is known of who pushes.
    """
    if not new:
        return _refuse(branch, "the branch that is the truth is not deleted")
    if not old or Repository(repository).part(old, MARKER) is None:
        return True  # the first push begins the catalog
    with _scratch(repository, old, new, branch) as root:
        git = Repository(root)
        if git.merge_base(old, new) != old:
            return _refuse(branch, "it only moves on: merge or rebase upon its tip first")
        if git.part(new, MARKER) is None:
            return _refuse(branch, f"its root would no longer hold a {MARKER}")
        tags = approval_tags(Repository(repository), new, *git.parents(new))
        told = replace(told, tags=(*told.tags, *tags))
        return _is_taken(branch, reviewed(root, git, old, new, told))


def _is_taken(branch: str, seen: Looked) -> bool:
    errors = [each for each in seen.report.findings if each.is_error]
    if errors:
        return _refuse(branch, f"{len(errors)} to mend")
    if seen.review.asks:
        return _refuse(branch, "a yes is missing")
    if not seen.report.plan:
        return _refuse(branch, "no plan could be made")
    return True


def _refuse(branch: str, why: str) -> bool:
    say("refused: {}: {}", branch, why)
    return False


@contextmanager
def _scratch(repository: Path, old: str, new: str, branch: str) -> Iterator[Path]:
    """A repository of its own that sees what is pushed, still in quarantine; it goes at the end."""
    with tempfile.TemporaryDirectory(prefix="deepcat-gate-") as folder:
        root = Path(folder)
        git = Repository(root)
        git("init", "--quiet", "--template=")
        stores = [str(repository / "objects"), *_quarantined(os.environ, repository)]
        (root / ".git" / "objects" / "info").mkdir(exist_ok=True)
        alternates = root / ".git" / "objects" / "info" / "alternates"
        alternates.write_text("".join(f"{store}\n" for store in dict.fromkeys(stores)), "utf-8")
        records = Repository(repository).commit(RECORDS)
        refs = {f"refs/heads/{branch}": old, "refs/heads/deepcat-pushed": new, RECORDS: records}
        for ref, commit in refs.items():
            if commit:
                git("update-ref", ref, commit)
        yield root


def _quarantined(environment: Mapping[str, str], repository: Path) -> list[str]:
    """Where the objects of this push lie, by what Git tells its hook."""
    found = [environment.get(name, "") for name in _QUARANTINE]
    paths = [path for each in found for path in each.split(os.pathsep) if path]
    return [str((repository / path).resolve()) for path in paths]
