"""What the deployments that are known were brought up from, read from the commits in their records.

Reading is put off until somebody asks, and each commit is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.settings import read_settings
from deepcat.catalog.values import Catalog
from deepcat.errors import DeepcatError
from deepcat.loop.sources import Source, Sources
from deepcat.plan.adopted import note as note_of_adopted
from deepcat.plan.digests import wish_digest
from deepcat.plan.former import brings_operations, lines
from deepcat.plan.values import State, Status, Wish
from deepcat.runs.values import Former

if TYPE_CHECKING:
    from deepcat.records.record import Record


class Formers:
    """Finds what a deployment was made from.

    Args:
        root: the catalog's folder.
        tree: what is at hand; it stands in for a commit that cannot be read where it holds the very
            same module and wish.
        catalog: of the tree.
        commit: that the tree is; empty when it has other content.
    """

    def __init__(self, root: Path, tree: Tree, catalog: Catalog, commit: str) -> None:
        self._root = root
        self._commit = commit
        self._tree = tree
        self._catalog = catalog
        self._read: dict[str, tuple[Tree, Catalog] | str] = {}
        self._found: dict[tuple[str, str, str], Former | str] = {}

    def of(self, state: State) -> Former | str:
        """What a deployment was made from, or why that cannot be read."""
        key = (state.name, state.commit, state.module_commit)
        if key not in self._found:
            self._found[key] = self._find(state)
        return self._found[key]

    def given(self, state: State | None) -> tuple[Former | None, tuple[str, ...]]:
        """What it was made from, and what a person should know where that cannot be read."""
        if state is None or state.status is Status.GONE or not _was_applied(state):
            return None, ()
        if said := note_of_adopted(state):
            return None, (said,)
        found = self.of(state)
        if isinstance(found, Former):
            return found, ()
        if not brings_operations(state.nodes):
            return None, ()
        from deepcat.runs.former import note

        return None, (note(found, state.version),)

    def begun(self, record: Record | None) -> tuple[Former, ...]:
        """What attempts were made from that were cut off; those that can be read."""
        if record is None:
            return ()
        commits = (str(each) for each in record.intent.get("begun", ()))
        state = replace(record.state, module_commit="")  # an attempt may have been of another
        found = (self.of(replace(state, commit=each)) for each in commits if each)
        return tuple(each for each in found if isinstance(each, Former))

    def leaving(self, state: State, wish: Wish | None) -> Sequence[str]:
        """What the old version's own operations do, as the steps of a plan.

        Args:
            state: what is known.
            wish: what takes over; None when nothing does.
        """
        former, notes = self.given(state)
        if former is None:
            return notes
        from deepcat.runs.former import kept

        return lines(former.wish.topology, state.version, kept(former, wish, self._tree))

    def _find(self, state: State) -> Former | str:
        commit = state.commit
        at = self._at(commit) if commit else "it came from files that were in no commit"
        found = self._made(state, *at) if not isinstance(at, str) else at
        return self._at_hand(state) or found if isinstance(found, str) else found

    def _made(self, state: State, tree: Tree, catalog: Catalog) -> Former | str:
        """What it was made from, at the commit that was applied."""
        deployment = catalog.deployments.get(state.name)
        sources = Sources(tree, catalog, read_settings(tree))
        if state.module_commit:
            found = sources.at(state.module, state.module_commit)
            if found is None:
                return f"its module as of {state.module_commit[:12]} cannot be read"
            return _former(state, tree, catalog, found)
        source = sources.of(deployment) if deployment else None
        return _former(state, tree, catalog, source if isinstance(source, Source) else None)

    def _at(self, commit: str) -> tuple[Tree, Catalog] | str:
        if commit == self._commit:
            return self._tree, self._catalog
        if commit not in self._read:
            self._read[commit] = self._load(commit)
        return self._read[commit]

    def _load(self, commit: str) -> tuple[Tree, Catalog] | str:
        from deepcat.catalog.load import load
        from deepcat.catalog.reading.open_tree import git_tree

        try:
            tree = git_tree(self._root, commit)
            return tree, load(tree)
        except DeepcatError:
            return f"the commit {commit[:12]} that it was applied from is not in this clone"

    def _at_hand(self, state: State) -> Former | str:
        """What is at hand, where it is what was applied; else empty."""
        deployment = self._catalog.deployments.get(state.name)
        if deployment is None or wish_digest(deployment) != state.wish_digest:
            return ""
        if self._catalog.digests.get(state.module) == state.module_digest:
            return _former(state, self._tree, self._catalog, None)
        if not state.module_commit:
            return ""
        return self._made(state, self._tree, self._catalog)


def _was_applied(state: State) -> bool:
    """Whether something was made of it; of a first attempt that was cut off, nothing is known."""
    return bool(state.commit or state.wish_digest)


def _former(state: State, tree: Tree, catalog: Catalog, source: Source | None) -> Former | str:
    from deepcat.tosca.load import load_topology

    deployment = catalog.deployments.get(state.name)
    module = catalog.modules.get(deployment.module) if deployment else None
    if source is not None:
        module, tree = source.module, source.tree
    template = module.template(deployment.profile) if deployment and module else ""
    if deployment is None or module is None or not template:
        return f"{state.commit[:12] or 'the work tree'} does not hold it any more"
    topology, findings = load_topology(tree, template, deployment.inputs)
    errors = [finding for finding in findings if finding.is_error]
    if topology is None or errors:
        why = f": {errors[0].message}" if errors else ""
        return f"its topology at {state.commit[:12] or 'hand'} cannot be read{why}"
    return Former(Wish(deployment, module, topology, ()), tree)
