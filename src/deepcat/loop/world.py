"""Everything that a plan is made from, read from the world: the tree, the records, the clouds."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.settings import read_settings, require_settings
from deepcat.catalog.values import Catalog, Cloud, Deployment
from deepcat.clouds.kind import Means
from deepcat.clouds.offers import Offer, Probe, offers
from deepcat.clouds.quotas import Quotas, quotas
from deepcat.clouds.registry import probe, takes
from deepcat.errors import UsageError
from deepcat.loop.formers import Formers
from deepcat.loop.wishes import out_of_sight, read_wishes
from deepcat.plan.values import Plan, State, Wish
from deepcat.records.failure_rates import with_failure_rates

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.records.record import Record

_PROBES_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was read; `plan` makes the plan of it.

    Attributes:
        catalog: everything in the tree that could be read.
        settings: `deepcat.yaml`, as parsed.
        wishes: by deployment's name.
        held: deployment -> why it could not be read; it is left as it is.
        records: by name.
        offers: of all clouds.
        probes: cloud -> what was seen; None for a kind that is not probed.
        commit: the commit that was read; empty when the tree has other content.
        now: when it was read, UTC.
        formers: what the deployments that are known were brought up from.
    """

    tree: Tree
    catalog: Catalog
    settings: Mapping[str, Any]
    wishes: Mapping[str, Wish]
    held: Mapping[str, tuple[str, ...]]
    records: Mapping[str, Record]
    offers: tuple[Offer, ...]
    probes: Mapping[str, Probe | None]
    commit: str
    now: datetime
    formers: Formers

    @property
    def states(self) -> tuple[State, ...]:
        """What is known to run, sorted by name."""
        return tuple(self.records[name].state for name in sorted(self.records))

    @property
    def currency(self) -> str:
        """Of all prices."""
        return str(self.settings.get("currency") or "")

    @property
    def quotas(self) -> Quotas:
        """What each owner may have over all clouds."""
        return quotas(self.settings.get("quotas"))

    def plan(self) -> Plan:
        """What must change so that the wishes hold."""
        from deepcat.plan.plan import make_plan

        return make_plan(
            tuple(self.wishes.values()),
            self.states,
            self.offers,
            self.commit,
            now=self.now,
            held=self.held,
            quotas=self.quotas,
            leaving=self.formers.leaving,
        )


def gather(
    root: Path, commit: str = "", now: datetime | None = None, *, known: Tree | None = None
) -> Gathered:
    """Read the work tree, or a commit, with the records and all clouds.

    Args:
        root: the catalog's folder.
        commit: empty for the work tree.
        now: for lifetimes; the clock's when None.
        known: the commit's tree, where the caller has it at hand already.

    Raises:
        DeepcatError: there is no such commit, or the records are damaged.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree, work_tree
    from deepcat.records.store import Store

    tree: Tree
    if commit:
        tree = known or git_tree(root, commit)
        bound = tree.commit
    else:
        tree = work = work_tree(root)
        bound = "" if work.is_changed else work.commit
    settings = require_settings(tree)
    catalog = load(tree)
    records = Store(root).read_all() if tree.commit else {}
    probes = _probe(catalog.clouds, root)
    found = _offers(catalog.clouds, probes, records)
    wishes, held = read_wishes(tree, catalog, settings)
    held |= out_of_sight(records, wishes, catalog, tree, probes, found)
    return Gathered(
        tree=tree,
        catalog=catalog,
        settings=settings,
        wishes={name: wish for name, wish in wishes.items() if name not in held},
        held=held,
        records=records,
        offers=found,
        probes=probes,
        commit=bound,
        now=now or datetime.now(UTC),
        formers=Formers(root, tree, catalog, bound),
    )


def foreseen(
    root: Path, tree: Tree, catalog: Catalog, records: Mapping[str, Record], now: datetime
) -> tuple[Plan, Mapping[str, Probe | None]]:
    """What a plan would change now, and what the probes saw.

    Only what differs from its record is planned: the cost grows with what is to be done.
    """
    from deepcat.plan.plan import make_plan

    settings = read_settings(tree)
    probes = _probe(catalog.clouds, root)
    found = _offers(catalog.clouds, probes, records)
    same = {
        name
        for name, wish in catalog.deployments.items()
        if name in records and is_as_applied(wish, catalog, records[name].state, now)
    }
    wishes, held = read_wishes(tree, catalog, settings, same)
    plan = make_plan(
        tuple(wishes.values()),
        tuple(records[name].state for name in sorted(records)),
        found,
        tree.commit,
        now=now,
        held=held | dict.fromkeys(same, ()),
        quotas=quotas(settings.get("quotas")),
    )
    told = {name: why for name, why in plan.refusals.items() if name not in same}
    return replace(plan, refusals=told), probes


def is_as_applied(wish: Deployment, catalog: Catalog, state: State, now: datetime) -> bool:
    """Whether a deployment runs just as its wish says, and its time is not over. Pure."""
    from deepcat.plan.digests import wish_digest
    from deepcat.plan.values import Status
    from deepcat.records.history import instant

    ends = instant(state.expires)
    return (
        state.status is Status.RUNNING
        and (ends is None or ends > now)
        and state.module_digest == catalog.digests.get(wish.module)
        and state.wish_digest == wish_digest(wish)
    )


def _probe(clouds: Mapping[str, Cloud], root: Path) -> dict[str, Probe | None]:
    ask = partial(probe, means=Means(root))
    with ThreadPoolExecutor(_PROBES_AT_ONCE) as pool:
        return dict(zip(clouds, pool.map(ask, clouds.values()), strict=True))


def _offers(
    clouds: Mapping[str, Cloud], probes: Mapping[str, Probe | None], records: Mapping[str, Record]
) -> tuple[Offer, ...]:
    """What every cloud has, what its kind takes, and how runs went there."""
    found = tuple(
        offer
        for name, cloud in sorted(clouds.items())
        for offer in offers(cloud, probes[name], takes(cloud))
    )
    return with_failure_rates(found, records)


def only(plan: Plan, names: tuple[str, ...]) -> Plan:
    """The plan for the deployments that were named, or the whole.

    Raises:
        UsageError: a name is of no deployment.
    """
    if not names:
        return plan
    known = {change.deployment for change in plan.changes} | plan.refusals.keys()
    if unknown := sorted(set(names) - known):
        raise UsageError(
            f"there is no deployment `{unknown[0]}`",
            hint=f"known are: {', '.join(sorted(known)) or 'none; add deployments/NAME.yaml'}",
        )
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if change.deployment in names),
        refusals={name: why for name, why in plan.refusals.items() if name in names},
    )
