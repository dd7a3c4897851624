"""Where the module of a wish comes from: the tree that is planned, or the history before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from deepcat.catalog.findings import Finding
from deepcat.catalog.judging.choosing import Choice, Nothing, Tip, takes
from deepcat.catalog.judging.verdict import Version
from deepcat.catalog.load import load_module
from deepcat.catalog.past import Past, past_of
from deepcat.catalog.reading.history import states_version
from deepcat.catalog.reading.units import MODULE_FILE
from deepcat.catalog.values import Catalog, Deployment, Module
from deepcat.plan import reproduction

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.plan.values import State


@dataclass(frozen=True, slots=True)
class Source:
    """A module and where it lies.

    Attributes:
        module: in the version that a wish gets.
        tree: that holds it, beside what else is planned.
        commit: of the history that carried it; empty where it is the tree's own.
        note: what a person should know of it.
    """

    module: Module
    tree: Tree
    commit: str = ""
    note: str = ""


class Sources:
    """Finds the modules of wishes.

    Args:
        tree: what is planned.
        catalog: of the tree.
        settings: of the tree; what was carried before is judged by them, too.
    """

    def __init__(self, tree: Tree, catalog: Catalog, settings: Mapping[str, Any]) -> None:
        self._tree = tree
        self._catalog = catalog
        self._settings = settings
        self._modules: dict[tuple[str, str], Module] = {}

    @cached_property
    def _past(self) -> Past | None:
        """Asked for when the first wish needs it; then of all modules that wishes name."""
        past = past_of(self._tree, self._settings)
        if past is not None:
            past.of(self._elsewhere())
        return past

    def _elsewhere(self) -> set[str]:
        """The modules of wishes that the tree itself does not meet."""
        wishes = self._catalog.deployments.values()
        return {each.module for each in wishes if self._own(each) is None}

    def _own(self, deployment: Deployment) -> Module | None:
        """The tree's own module, where it is sound and meets the wish."""
        module = self._catalog.modules.get(deployment.module)
        return module if module and takes(deployment.version, module.version) else None

    def of(self, deployment: Deployment, state: State | None = None) -> Source | tuple[str, ...]:
        """The module that a deployment gets, or why it gets none.

        Args:
            deployment: the wish.
            state: what is known to run for it.
        """
        if commit := str(reproduction.of(deployment).get("commit") or ""):
            return self._repeated(deployment.module, commit)
        own = self._own(deployment)
        if own is not None:
            return Source(own, self._tree)
        tip = self._tip(deployment.module)
        if self._past is None:
            return self._without_past(deployment, tip)
        ran = _commit(state, deployment)
        name, wish = deployment.module, deployment.version
        found = self._past.choose(name, wish, tip, ran)
        if isinstance(found, Choice) and state and ran:
            found = self._as_it_runs(found, state, ran, deployment, tip)
        if isinstance(found, Nothing):
            return self._why_not(deployment, found)
        return self._source(deployment, found)

    def _repeated(self, name: str, commit: str) -> Source | tuple[str, ...]:
        """A module as the commit had it that a version was trained from."""
        version = self._past.at_commit(name, commit) if self._past else None
        if version is None:
            return (f"the commit {commit[:12]} has no `{name}`, or did not lead here",)
        return self._source_of(version, "")

    def _as_it_runs(
        self, found: Choice, state: State, ran: str, deployment: Deployment, tip: Tip | None
    ) -> Choice | Nothing:
        """The choice, with what runs in the place of another content of the same version.

        What was done to a version on the way to the next, nobody may have meant to be deployed.
        """
        assert self._past and found.carried  # noqa: S101 - the tip's own was taken before
        name = deployment.module
        digest = self._past.at(name, found.carried).verdict.digest
        if digest == state.module_digest:
            return found
        if found.carried.commit == ran:  # what ran came from no commit
            return self._past.choose(name, deployment.version, tip)
        before = self._past.at_commit(name, ran)
        is_it = before is not None and before.verdict.digest == state.module_digest
        if before and is_it and state.version == found.carried.version:
            return Choice(before.carried, found.why)
        return found

    def _source(self, deployment: Deployment, choice: Choice) -> Source | tuple[str, ...]:
        assert self._past and choice.carried  # noqa: S101 - the tip's own was taken before
        return self._source_of(self._past.at(deployment.module, choice.carried), choice.why)

    def _source_of(self, version: Version, note: str) -> Source | tuple[str, ...]:
        carried = version.carried
        if not version.verdict.sound:
            wrong = (word(each) for each in version.verdict.findings if each.is_error)
            commit = carried.commit[:12]
            return (f"{carried.version} of commit {commit} does not pass today's rules", *wrong)
        return Source(self._module(version), version.tree, carried.commit, note)

    def at(self, name: str, commit: str) -> Source | None:
        """A module as a commit that led to the tree had it; None where that cannot be had."""
        version = self._past.at_commit(name, commit) if self._past else None
        if version is None or not version.verdict.sound:
            return None
        return Source(self._module(version), version.tree, commit)

    def _module(self, version: Version) -> Module:
        key = (version.unit.name, version.carried.folder)
        if key not in self._modules:
            given = (version.tree, version.unit, version.verdict.digest)
            self._modules[key] = load_module(*given)
        return self._modules[key]

    def _tip(self, name: str) -> Tip | None:
        """The module as the tree has it."""
        module = self._catalog.modules.get(name)
        if module is not None:
            return Tip(module.version, True)
        try:
            return Tip(states_version(self._tree.read(f"modules/{name}/{MODULE_FILE}")), False)
        except FileNotFoundError:
            return Tip("", False) if self._tree.entries(f"modules/{name}") else None

    def _without_past(self, deployment: Deployment, tip: Tip | None) -> tuple[str, ...]:
        name = deployment.module
        if tip is not None and tip.is_sound:
            asked = f"the deployment asks for {deployment.version}"
            return (f"the module is at version {tip.version}; {asked}",)
        return self._why_not(deployment, Nothing("" if tip else f"there is no module `{name}`"))

    def _why_not(self, deployment: Deployment, nothing: Nothing) -> tuple[str, ...]:
        hint = f" ({nothing.hint})" if nothing.hint else ""
        if nothing.why:
            return (f"{nothing.why}{hint}",)
        path = f"modules/{deployment.module}/"
        found = self._catalog.findings
        wrong = tuple(word(f) for f in found if f.place.path.startswith(path) and f.is_error)
        return (*wrong, nothing.hint) if nothing.hint else wrong

    def save(self) -> None:
        """Keep what was found for the next time."""
        past = self.__dict__.get("_past")
        if past is not None:
            past.save()


def _commit(state: State | None, deployment: Deployment) -> str:
    """The commit that what runs was taken from, where it is of the same module."""
    if state is None or state.module != deployment.module:
        return ""
    return state.module_commit or state.commit


def word(finding: Finding) -> str:
    """A finding as one line; of what stands in no file, without a place."""
    hint = f" ({finding.hint})" if finding.hint else ""
    where = f"{finding.place}: " if finding.place.path else ""
    return f"{where}{finding.message}{hint}"
