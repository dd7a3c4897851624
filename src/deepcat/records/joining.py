"""Records that were written in a clone alone, brought together with those of its remote."""

from __future__ import annotations

import uuid
from dataclasses import replace

from deepcat.records import git as plumbing
from deepcat.records import layout as lay
from deepcat.records.git import Plumbing


def merge(git: Plumbing, ref: str, local: str, tip: str, prefix: str) -> str:
    """Bring together what was written here alone and there alone; gives the commit of both.

    Where both changed one record, the remote's stays; the other one is in the history.

    Args:
        git: the clone.
        ref: of the records here; it is moved.
        local: what it points to.
        tip: of the remote's records.
        prefix: the catalog's folder in the repository.

    Raises:
        ConflictError: the ref was moved meanwhile.
        DeepcatError: this machine has no key for what must be signed (``records/key``).
    """
    common = git.run(("merge-base", local, tip)).stdout.decode().strip()
    old, ours, theirs = (_by_name(git, commit, prefix) for commit in (common, local, tip))
    taken = {
        name: ours.get(name)
        for name in sorted({*old, *ours})
        if ours.get(name) != old.get(name) and theirs.get(name) == old.get(name)
    }
    with git.objects() as objects:
        _, layout = plumbing.layout(objects, tip, prefix)
    edit, _ = lay.edit(layout, theirs.keys() & taken.keys(), taken)
    edit = replace(edit, puts={**edit.puts, **_trainings(git, common, local, tip, prefix)})
    merged = f"refs/deepcat/merge/{uuid.uuid4().hex}"
    names = ", ".join(taken) or "nothing new"
    message = f"Merge records that were written in a clone: {names}"
    try:
        git.commit(merged, "", (tip, local), prefix, edit, message)
        commit = git.commit_of(merged)
        git.move(ref, commit, local)
    finally:
        git.out("update-ref", "-d", merged)
    return commit


def _trainings(git: Plumbing, common: str, local: str, tip: str, prefix: str) -> dict[str, str]:
    """Path -> text of what was written of trainings here alone; none is ever taken away."""
    old, ours, theirs = (
        plumbing.blobs(git, commit, prefix, lay.TRAININGS) for commit in (common, local, tip)
    )
    taken = {
        path: blob
        for path, blob in ours.items()
        if blob != old.get(path) and theirs.get(path) == old.get(path)
    }
    held = plumbing.contents(git, taken.values())
    return {path: held[blob] for path, blob in taken.items()}


def _by_name(git: Plumbing, commit: str, prefix: str) -> dict[str, str]:
    found = plumbing.texts(git, commit, prefix)
    return {lay.name_of(path): text for path, text in found.items() if lay.name_of(path)}
