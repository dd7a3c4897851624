"""A catalog from Python: open it, check it, plan, apply, ask what runs, build its website.

    >>> import deepcat
    >>> catalog = deepcat.open(".")
    >>> catalog.apply(catalog.plan(["demo"]))
    >>> catalog.deployment("demo").predict({"instances": [1.0, 2.0]})
    {'predictions': [2.5, 3.0]}

Each call takes the road that the command of the same name takes. What goes wrong is a
`DeepcatError` with a message, a hint and a code. Nothing is printed, and nobody is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.catalog.findings import Finding
    from deepcat.loop.world import Gathered
    from deepcat.plan.values import Change, Plan, State
    from deepcat.records.store import Store
    from deepcat.runs.values import Event, Outcome
    from deepcat_site.values import Report

__all__ = ["Catalog", "DeepcatError", "Deployment", "open"]

TIMEOUT_S = 300.0
_MARKER = "deepcat.yaml"


def open(path: str | PathLike[str] = ".", commit: str = "") -> Catalog:
    """The catalog that a folder lies in, as its files are or as they were at a commit.

    Args:
        path: the catalog's folder, or one below it.
        commit: any name that Git knows, such as ``main``; empty for the files as they lie.

    Raises:
        UsageError: no catalog is there.
        DeepcatError: there is no such commit.
    """
    start = Path(path).resolve()
    for folder in (start, *start.parents):
        if (folder / _MARKER).is_file():
            return Catalog(folder, _commit(folder, commit))
    raise UsageError(
        f"no catalog here: neither `{start}` nor a folder above it holds `{_MARKER}`",
        hint="name the folder of a catalog, or begin one with `deepcat new catalog NAME`",
    )


def _commit(root: Path, commit: str) -> str:
    from deepcat.catalog.reading.open_tree import git_tree

    return git_tree(root, commit).commit if commit else ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """One catalog; `open` gives it.

    Attributes:
        root: its folder.
        commit: that is looked at; empty for the files as they lie.
    """

    root: Path
    commit: str = ""

    def check(self, paths: str | Sequence[str] = ()) -> tuple[Finding, ...]:
        """What is wrong, where, and how to mend it; errors have `is_error`.

        Args:
            paths: one or more, relative to the root; only what lies at or below them. All when
                empty.

        Raises:
            UsageError: nothing of the catalog lies at a path.
        """
        from deepcat.catalog.check import below, examine, require_known
        from deepcat.catalog.reading.open_tree import git_tree, work_tree
        from deepcat.loop.templates import own_policies, topologies

        tree = git_tree(self.root, self.commit) if self.commit else work_tree(self.root)
        seen = examine(tree, topologies(), policies=own_policies(tree))
        require_known(_listed(paths), seen)
        return below(seen.findings, _listed(paths))

    def plan(self, names: str | Sequence[str] = ()) -> Plan:
        """What would change, where, at what cost, and why; nothing is changed.

        Args:
            names: of a deployment, or of more; all when empty.

        Raises:
            DeepcatError: it cannot be planned, or a name is of no deployment.
        """
        from deepcat.loop.world import only

        return only(self._planned(self._world()), _listed(names))

    def apply(
        self,
        plan: Plan | None = None,
        *,
        progress: Callable[[Event], None] = lambda _: None,
        timeout_s: float = TIMEOUT_S,
    ) -> tuple[Outcome, ...]:
        """Carry a plan out; what it refused stays as it is.

        Args:
            plan: as `plan` gave it; a new one of all deployments when None.
            progress: called with each step as it begins and ends, from any thread.
            timeout_s: how long a model may take until it answers.

        Returns:
            One outcome for each deployment that was to change, with `ok` and `failures`.

        Raises:
            DeepcatError: the world has moved since the plan was made (``plan/moved``), or nothing
                could be begun.
        """
        from deepcat.loop.carry_out import carry_out, require_begun
        from deepcat.loop.jobs import jobs
        from deepcat.records.clone import open_store

        store = open_store(self.root, to_act=True)
        world = self._world(store)
        now = self._planned(world)
        changes = now.changes if plan is None else _still(plan, now)
        outcomes = carry_out(
            self.root,
            world.tree,
            world.commit,
            world.catalog.clouds,
            jobs(changes, world),
            timeout_s=timeout_s,
            say=progress,
            store=store,
        )
        require_begun(outcomes)
        return outcomes

    def destroy(
        self, names: str | Sequence[str], *, progress: Callable[[Event], None] = lambda _: None
    ) -> tuple[Outcome, ...]:
        """Take deployments down, and leave nothing behind; their files stay.

        Args:
            names: of a deployment that is known, or of more.
            progress: as of `apply`.

        Raises:
            UsageError: nothing is known of one of them.
            DeepcatError: another clone's machine has one of them (``run/elsewhere``).
        """
        from deepcat.loop.away import all_away, require_here
        from deepcat.loop.carry_out import carry_out, require_begun
        from deepcat.loop.jobs import take_down
        from deepcat.loop.known import known_records, require, work_at_hand
        from deepcat.records.clone import open_store

        store = open_store(self.root, to_act=True)
        tree, catalog, commit, formers = work_at_hand(self.root)
        records = known_records(self.root, catalog.clouds, store)
        wanted = require(_listed(names), records)
        require_here(wanted, all_away(self.root, records, catalog.clouds))
        chosen = [take_down(records[name], formers) for name in wanted]
        outcomes = carry_out(
            self.root, tree, commit, catalog.clouds, chosen, say=progress, store=store
        )
        require_begun(outcomes)
        return outcomes

    def deployment(self, name: str) -> Deployment:
        """A deployment that is known, running or not.

        Raises:
            DeepcatError: nothing is known of it.
        """
        found = Deployment(self, name)
        _ = found.state
        return found

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """All deployments that are known, sorted by name."""
        return tuple(Deployment(self, name) for name in sorted(self._records()))

    def build_site(self, out: str | PathLike[str]) -> Report:
        """Build the website: only files, ready for any static host.

        Args:
            out: the folder to write; made when it is not there.

        Raises:
            UsageError: the catalog was opened at a commit: the website is of the files as they lie.
        """
        from deepcat_site.from_catalog import build_site

        if self.commit:
            raise UsageError(
                "the website is built from the files as they lie",
                hint="open the catalog without a commit, or check the commit out",
            )
        return build_site(self.root, Path(out))

    def _world(self, store: Store | None = None) -> Gathered:
        from deepcat.loop.world import gather

        return gather(self.root, self.commit, store=store)

    def _planned(self, world: Gathered) -> Plan:
        """The plan by the records as they hold now."""
        from deepcat.loop.observed import as_it_is

        return as_it_is(self.root, world).plan()

    def _records(self) -> Mapping[str, Any]:
        from deepcat.records.clone import open_store

        return open_store(self.root).read_all()


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment that is known; each answer is as of the moment when it is asked.

    Attributes:
        catalog: that it is of.
        name: its name.
    """

    catalog: Catalog
    name: str

    @property
    def state(self) -> State:
        """All that is known of it, as it holds now.

        Raises:
            DeepcatError: nothing is known of it.
        """
        from deepcat.loop.deployments import known
        from deepcat.loop.known import recorded

        root = self.catalog.root
        found = known(root).records.get(self.name) or recorded(root, self.name, "predict/unknown")
        return found.state

    @property
    def status(self) -> str:
        """What is known of it, in one word of `deepcat.plan.status.Status`, such as ``running``."""
        return self.state.status.value

    @property
    def endpoints(self) -> Mapping[str, str]:
        """Name, such as ``rest`` -> where it answers; empty when it does not run."""
        return self.state.endpoints

    def predict(
        self,
        body: Mapping[str, Any],
        *,
        method: str = "predict",
        by_grpc: bool = False,
        key: str = "",
    ) -> dict[str, Any]:
        """What it answers.

        Args:
            body: of the request, as TensorFlow Serving's REST API has it.
            method: ``predict``, ``classify`` or ``regress``.
            by_grpc: whether to ask by gRPC instead of REST.
            key: where the key or token lies that is shown, such as ``env:NAME``; where it is empty
                and the deployment asks for one, the variable ``DEEPCAT_KEY`` holds it.

        Raises:
            DeepcatError: it does not run, lets nobody in without a key (``serving/access``), does
                not answer, or refuses the request.
        """
        from deepcat.loop.deployments import ask
        from deepcat.loop.reach import reached
        from deepcat.loop.shown import key_for

        with reached(self.catalog.root, self.name) as state:
            shown = key_for(state, key)
            return ask(self.catalog.root, state, body, method, by_grpc=by_grpc, key=shown)

    def log(self, last: int = 200) -> Iterator[str]:
        """The last lines that it said; of a failed one, what its last run left."""
        from deepcat.loop.deployments import log

        return log(self.catalog.root, self.name, last)


def _listed(names: str | Sequence[str]) -> tuple[str, ...]:
    """The names; a text is one of them, not its characters."""
    return (names,) if isinstance(names, str) else tuple(names)


def _still(plan: Plan, now: Plan) -> tuple[Change, ...]:
    """The changes of a plan as they would be made now.

    Raises:
        DeepcatError: what would be done now is not what the plan showed (``plan/moved``).
    """
    fresh = {change.deployment: change for change in now.changes}
    for change in plan.changes:
        new = fresh.get(change.deployment)
        if plan.commit != now.commit or new is None or _deed(new) != _deed(change):
            raise DeepcatError(
                f"the world has moved since the plan for `{change.deployment}` was made",
                hint="plan again, and look at what it shows",
                code="plan/moved",
            )
    return tuple(fresh[change.deployment] for change in plan.changes)


def _deed(change: Change) -> tuple[Any, ...]:
    """What a change does, apart from why and at what cost."""
    where = (change.offer.cloud, change.offer.shape) if change.offer else None
    what = (change.action, change.module, change.version, change.profile)
    return (*what, where, change.hosts, dict(change.nodes), change.renamed_from, change.steps)
