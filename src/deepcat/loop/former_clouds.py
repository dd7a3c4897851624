"""Clouds whose files were removed while something runs there, as they were."""

from __future__ import annotations

from collections.abc import Container, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.plan.values import State, Status

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.records.record import Record

_THERE = (Status.RUNNING, Status.PENDING, Status.STOPPING, Status.STOPPED)


def former_cloud(root: Path, commit: str, state: State) -> Cloud | None:
    """The cloud of a deployment as it was when that was brought up; None when that is not known.

    Only a commit that led to this one is read: no other was agreed to.

    Args:
        root: the catalog's folder.
        commit: that is acted by; HEAD when empty.
        state: of the deployment.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree
    from deepcat.forge.git import Repository

    if not state.commit:
        return None
    git = Repository(root)
    with suppress(DeepcatError):  # a commit that this clone does not hold
        if git.merge_base(git.commit(commit or "HEAD"), state.commit) == state.commit:
            return load(git_tree(root, state.commit)).clouds.get(state.cloud)
    return None


def without_cloud(
    root: Path, commit: str, records: Mapping[str, Record], clouds: Container[str]
) -> dict[str, tuple[str, ...]]:
    """What runs on a cloud of which nobody knows any more how it is reached: it is left as it is.

    Args:
        root: the catalog's folder.
        commit: that is read.
        records: by name.
        clouds: names of those that the catalog has, or has files of.
    """
    held: dict[str, tuple[str, ...]] = {}
    for name, record in records.items():
        state = record.state
        if state.status not in _THERE or not state.cloud or state.cloud in clouds:
            continue
        if former_cloud(root, commit, state) is None:
            path = f"`clouds/{state.cloud}.yaml`"
            why = f"{path} is gone, and it runs there; how it was is not to be read from history"
            held[name] = (f"{why}: bring the file back until nothing runs there",)
    return held
