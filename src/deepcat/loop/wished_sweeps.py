"""The sweeps that files of a tree ask for: how far each is, and what of it is wished now.

Such a wish runs nothing under its own name; its trials are wishes without a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from deepcat.catalog.judging.sweeping import PARALLEL, sweep_of
from deepcat.errors import DeepcatError
from deepcat.loop.sources import Source, Sources
from deepcat.loop.sweeps import Asked, Course, course_of, declared, digest
from deepcat.loop.trainings import is_higher_better, metric_of
from deepcat.plan.bounded import files_digest
from deepcat.plan.trial import OF, SWEEP, TrialOf

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Catalog, Dataset, Deployment
    from deepcat.loop.trainings import Seen
    from deepcat.plan.values import Plan
    from deepcat.records.curves import Curves
    from deepcat.records.record import Record

_TRAIN = "train"
# What of a wish tells its sweep from another one; the rest is what it may use.
_COMPUTED = ("module", "inputs", "data", "stop", "from")
_SWEPT = ("over", "method", "seed", "metric")


@dataclass(frozen=True, slots=True)
class Sweeps:
    """The sweeps that files of a tree ask for.

    Attributes:
        courses: by the wish's name.
        why: wish -> why it cannot be carried out.
        dropped: trials of sweeps that no file asks for any more.
    """

    courses: Mapping[str, Course] = field(default_factory=dict)
    why: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()

    @property
    def wishes(self) -> dict[str, Mapping[str, Any]]:
        """What files would say of the trials that run, or are due."""
        found: dict[str, Mapping[str, Any]] = {}
        for each in self.courses.values():
            found |= {**each.running, **each.due}
        return found

    @property
    def places(self) -> dict[str, TrialOf]:
        """Of these, their places."""
        return {
            name: place for each in self.courses.values() for name, place in each.places().items()
        }

    @property
    def trials(self) -> dict[str, tuple[str, ...]]:
        """Wish -> its trials, known or due."""
        return {name: (*each.points, *each.due) for name, each in self.courses.items()}

    @property
    def worse(self) -> tuple[str, ...]:
        """Trials that are to be stopped early."""
        return tuple(name for each in self.courses.values() for name in each.worse)


def without_waiting(plan: Plan, found: Sweeps) -> Plan:
    """The plan, which refuses no trial that has no place now while others of its sweep have one."""
    placed = {each.deployment for each in plan.changes if each.offer is not None}
    waiting = {
        name
        for course in found.courses.values()
        if course.running or not placed.isdisjoint(course.due)
        for name in course.due
    }
    refusals = {name: why for name, why in plan.refusals.items() if name not in waiting}
    return replace(plan, refusals=refusals)


def sweeps(
    tree: Tree,
    catalog: Catalog,
    settings: Mapping[str, Any],
    records: Mapping[str, Record],
    seen: Callable[[], Seen],
    curves: Callable[[str], Curves],
) -> Sweeps:
    """How far each sweep is that a file asks for.

    Args:
        tree: what is planned.
        catalog: of the tree.
        settings: of the tree.
        records: by deployment's name.
        seen: looks at all trainings; called where there is a sweep.
        curves: as of `course_of`.
    """
    courses, why = dict[str, Course](), dict[str, tuple[str, ...]]()
    wished = [each for each in catalog.deployments.values() if each.path and is_sweep(each)]
    now = seen() if wished else None
    sources = Sources(tree, catalog, settings)
    for wish in wished:
        source = sources.of(wish)
        if not isinstance(source, Source):
            why[wish.name] = source
            continue
        try:
            asked = asked_by(wish, source, catalog.datasets)
            assert now is not None  # noqa: S101 - there is a wish
            courses[wish.name] = course_of(asked, records, now, curves)
        except DeepcatError as error:
            why[wish.name] = (f"{error.message} ({error.hint}) [{error.code}]",)
    names = {name: each.asked.name for name, each in courses.items()}
    dropped = frozenset(
        name for name, each in records.items() if _is_dropped(each, tree, catalog, names, why)
    )
    return Sweeps(courses, why, dropped)


def is_sweep(wish: Deployment) -> bool:
    """Whether a wish asks for a sweep, and so for nothing that runs under its own name."""
    return bool(wish.data.get("sweep")) and wish.profile == _TRAIN


def asked_by(wish: Deployment, source: Source, datasets: Mapping[str, Dataset]) -> Asked:
    """The sweep that a wish asks for.

    Args:
        wish: the deployment.
        source: its module.
        datasets: of the catalog, by name.

    Raises:
        DeepcatError: it cannot be carried out (``training/sweep``).
    """
    module, said = source.module, wish.data["sweep"]
    metric = str(said.get("metric") or metric_of(module.data))
    if not metric:
        raise DeepcatError(
            f"`{module.name}` does not say by which metric its trainings are compared",
            hint="name it: `metric` under `sweep`",
            code="training/sweep",
        )
    sweep = sweep_of(said, declared(module.data), higher=is_higher_better(module.data, metric))
    own = {name: value for name, value in wish.data.items() if name != "sweep"}
    limits = dict(own.get("limits") or {})
    cost = float(limits.pop("cost", 0.0))
    own = {name: value for name, value in own.items() if name != "limits"}
    known = [
        *({name: wish.data.get(name) for name in _COMPUTED}, {n: said.get(n) for n in _SWEPT}),
        files_digest(source.tree, module),
        sorted((name, datasets[name].digest) for name in _data(wish, module.data) & {*datasets}),
    ]
    return Asked(
        digest(known)[:12],
        sweep,
        {**own, **({"limits": limits} if limits else {})},
        metric,
        int(said.get("parallel") or PARALLEL),
        cost,
        bool(said.get("prune")),
        wish.name,
    )


def _data(wish: Deployment, module: Mapping[str, Any]) -> set[str]:
    """The data sets that a wish or its module names."""
    own = (module.get("training") or {}).get("data") or {}
    rows = ({**own, **(wish.data.get("data") or {})}).values()
    return {str(each.get("dataset")) for each in rows if isinstance(each, Mapping)}


def _is_dropped(
    record: Record,
    tree: Tree,
    catalog: Catalog,
    names: Mapping[str, str],
    why: Mapping[str, object],
) -> bool:
    """Whether a deployment is a trial of a sweep that its file does not ask for any more."""
    wish = str(record.state.asked.get(OF) or "")
    if not wish:
        return False
    if wish in names:
        return names[wish] != record.state.asked.get(SWEEP)
    if wish in why:
        return False
    # A file that cannot be read is none that was taken away.
    return wish in catalog.deployments or tree.size(f"deployments/{wish}.yaml") is None
