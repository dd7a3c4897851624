"""Everything that a plan is made from, read from the world: the tree, the records, the clouds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.settings import read_settings, require_settings
from deepcat.catalog.values import Catalog, Cloud, Deployment
from deepcat.catalog.wording import unknown
from deepcat.clouds.asking import probe_all
from deepcat.clouds.kind import Means
from deepcat.clouds.means import means
from deepcat.clouds.offers import Offer, Probe, nothing_of, offers
from deepcat.clouds.quotas import Quotas, quotas
from deepcat.clouds.registry import takes
from deepcat.loop.asked import is_over, with_asked
from deepcat.loop.away import Away, all_away, held_back
from deepcat.loop.former_clouds import without_cloud
from deepcat.loop.formers import Formers
from deepcat.loop.silence import given_up
from deepcat.loop.trainings import Seen, look
from deepcat.loop.tries import times_lost
from deepcat.loop.wished_sweeps import Sweeps, sweeps, without_waiting
from deepcat.loop.wishes import out_of_sight, read_wishes
from deepcat.plan.access import applied, default_of, settled
from deepcat.plan.values import Plan, State, Wish
from deepcat.policies.values import Policies
from deepcat.records.data_places import with_data
from deepcat.records.failure_rates import with_failure_rates

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.records.record import Record
    from deepcat.records.store import Store


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
        unasked: clouds that were not asked, since nobody has agreed to their files yet.
        policies: what no change may break.
        context: what policies are told besides, such as of a review.
        away: deployments that another clone's machine has; they are left as they are.
        lost: deployment -> why it is brought up elsewhere, since its cloud is silent for so long.
        rotated: deployment -> names of API keys that are others by now than those that count there.
        sweeps: that files ask for, and how far they are.
        times_lost: deployment -> how often in a row the place of its training was taken away.
        times_starved: the same of want of memory, of those that were seen not to run.
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
    unasked: frozenset[str] = frozenset()
    policies: Policies = field(default_factory=Policies)
    context: Mapping[str, Any] = field(default_factory=dict)
    away: Mapping[str, Away] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)
    rotated: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sweeps: Sweeps = field(default_factory=Sweeps)
    times_lost: Mapping[str, int] = field(default_factory=dict)
    times_starved: Mapping[str, int] = field(default_factory=dict)

    @property
    def states(self) -> tuple[State, ...]:
        """What is known to run, sorted by name."""
        known = (self.records[name] for name in sorted(self.records))
        there = {*self.wishes, *self.sweeps.dropped}
        return tuple(r.state for r in known if r.name in there or not is_over(r))

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
        from deepcat.loop.served_forms import told
        from deepcat.plan.plan import make_plan

        plan = make_plan(
            tuple(self.wishes.values()),
            self.states,
            self.offers,
            self.commit,
            now=self.now,
            held=self.held,
            quotas=self.quotas,
            leaving=self.formers.leaving,
            lost=self.lost,
            rotated=self.rotated,
            times_lost=self.times_lost,
            times_starved=self.times_starved,
        )
        plan = told(held_back(plan, self.away), self.wishes, self.catalog.clouds, self.tree)
        plan = without_waiting(plan, self.sweeps)
        if not self.policies:
            return plan
        from deepcat.loop.policed import Known, policed

        known = Known(self.policies, self.catalog, self.wishes, self.settings, self.context)
        return policed(plan, known)


def gather(
    root: Path,
    commit: str = "",
    now: datetime | None = None,
    *,
    known: Tree | None = None,
    trusted: Tree | None = None,
    rules: Tree | None = None,
    context: Mapping[str, Any] | None = None,
    store: Store | None = None,
    asked: Mapping[str, Mapping[str, Any]] | None = None,
) -> Gathered:
    """Read the work tree, or a commit, with the records and all clouds.

    Args:
        root: the catalog's folder.
        commit: empty for the work tree.
        now: for lifetimes; the clock's when None.
        known: the commit's tree, where the caller has it at hand already.
        trusted: a tree that people have agreed to; a cloud that differs from what stands there is
            not asked, so that nobody's file sends what this process knows to an address of theirs.
        rules: the tree whose policies hold; the one that is read when None.
        context: what policies are told besides.
        store: the records that something is changed by, which must be there; when None what is
            known of them is read, and that there are none is said.
        asked: name -> a wish that has no file, as a file would say it.

    Raises:
        DeepcatError: there is no such commit, the records are damaged, or there can be none.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree, work_tree
    from deepcat.records.clone import open_store, read_records

    tree: Tree
    if commit:
        tree = known or git_tree(root, commit)
        bound = tree.commit
    else:
        tree = work = work_tree(root)
        bound = "" if work.is_changed else work.commit
    settings = require_settings(tree)
    catalog = load(tree)
    known_by = store or open_store(root)
    records = store.read_all() if store else read_records(known_by)
    unasked = _strange(catalog, tree, trusted) if trusted else frozenset[str]()
    clouds = {name: each for name, each in catalog.clouds.items() if name not in unasked}
    swept = _sweeps(root, known_by, tree, catalog, settings, records, clouds)
    wished = {**swept.wishes, **(asked or {})}
    catalog = with_asked(catalog, tree, records, wished, swept.dropped)
    given = means(root)
    probes = _probe(catalog.clouds, given, unasked)
    found = _offers(catalog, probes, records)
    wishes, held = read_wishes(tree, catalog, settings, records)
    currency = str(settings.get("currency") or "")
    places = {n: replace(at, currency=currency) for n, at in swept.places.items() if n in wishes}
    wishes |= {name: replace(wishes[name], trial=at) for name, at in places.items()}
    held |= swept.why
    lost = given_up(records, settings, probes, found) if not unasked else {}
    there = {*wishes, *swept.dropped}
    live = {n: r for n, r in records.items() if n in there or not is_over(r)}
    unseen = out_of_sight(live, wishes, catalog, tree, probes, found, given.catalog)
    held |= {name: why for name, why in unseen.items() if name not in lost}
    named = {*catalog.clouds, *(Path(entry.path).stem for entry in tree.entries("clouds"))}
    held |= without_cloud(root, bound, records, named)
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
        unasked=unasked,
        policies=_policies(rules or tree),
        context=context or {},
        away=all_away(root, records, catalog.clouds),
        lost={name: why for name, why in lost.items() if name in wishes},
        sweeps=swept,
        times_lost=times_lost(known_by, wishes, records),
    )


def _sweeps(
    root: Path,
    store: Store,
    tree: Tree,
    catalog: Catalog,
    settings: Mapping[str, Any],
    records: Mapping[str, Record],
    clouds: Mapping[str, Cloud],
) -> Sweeps:
    """How far sweeps are, by what their hosts tell now."""

    def seen() -> Seen:
        return look(root, records, store.read_trainings(), clouds)

    return sweeps(tree, catalog, settings, records, seen, store.read_curves)


def _policies(tree: Tree) -> Policies:
    if not tree.entries("policies"):
        return Policies()
    from deepcat.policies.read import read_policies

    return read_policies(tree)


def foreseen(
    root: Path, tree: Tree, catalog: Catalog, records: Mapping[str, Record], now: datetime
) -> tuple[Plan, Mapping[str, Probe | None]]:
    """What a plan would change now, and what the probes saw.

    Only what differs from its record is planned: the cost grows with what is to be done.
    """
    from deepcat.plan.plan import make_plan

    settings = read_settings(tree)
    catalog = with_asked(catalog, tree, records)
    probes = _probe(catalog.clouds, means(root))
    found = _offers(catalog, probes, records)
    default = default_of(settings)
    same = {
        name
        for name, wish in catalog.deployments.items()
        if name in records and is_as_applied(wish, catalog, records[name].state, now, default)
    }
    wishes, held = read_wishes(tree, catalog, settings, records, same)
    plan = make_plan(
        tuple(wishes.values()),
        tuple(r.state for _, r in sorted(records.items()) if r.name in wishes or not is_over(r)),
        found,
        tree.commit,
        now=now,
        held=held | dict.fromkeys(same, ()),
        quotas=quotas(settings.get("quotas")),
    )
    told = {name: why for name, why in plan.refusals.items() if name not in same}
    return replace(plan, refusals=told), probes


def is_as_applied(
    wish: Deployment,
    catalog: Catalog,
    state: State,
    now: datetime,
    default: Mapping[str, Any] | None = None,
) -> bool:
    """Whether a deployment runs just as its wish says, and its time is not over. Pure.

    Args:
        wish: as its file has it.
        catalog: of the same tree.
        state: as applied.
        now: with a time zone.
        default: who may call what answers and does not say it itself; None for whoever calls.
    """
    from deepcat.plan.digests import wish_digest
    from deepcat.plan.values import Status
    from deepcat.records.history import instant

    ends = instant(state.expires)
    return (
        state.status is Status.RUNNING
        and (ends is None or ends > now)
        and state.wish_digest == wish_digest(wish)
        and _has_its_module(wish, catalog, state)
        and (not state.endpoints or _lets_in_the_same(wish, state, default or {}))
    )


def _lets_in_the_same(wish: Deployment, state: State, default: Mapping[str, Any]) -> bool:
    return applied(settled(wish, default)) == dict(state.access)


def _has_its_module(wish: Deployment, catalog: Catalog, state: State) -> bool:
    """Whether the version that runs is the one that the wish gets: the tree's, or one it pins."""
    if state.module_digest == catalog.digests.get(wish.module):
        return True
    if (state.module, state.version) != (wish.module, wish.version):
        return False
    is_gone = wish.module not in catalog.digests
    return is_gone or catalog.modules[wish.module].version != state.version


def _strange(catalog: Catalog, tree: Tree, trusted: Tree) -> frozenset[str]:
    """The clouds whose files are not as they stand in another tree."""
    return frozenset(
        name
        for name, cloud in catalog.clouds.items()
        if _content(tree, cloud.path) != _content(trusted, cloud.path)
    )


def _content(tree: Tree, path: str) -> bytes | None:
    try:
        return tree.read(path)
    except FileNotFoundError:
        return None


def _probe(
    clouds: Mapping[str, Cloud], given: Means, strange: Collection[str] = ()
) -> dict[str, Probe | None]:
    """What each cloud answers; None where it is not asked."""
    found = probe_all((each for name, each in clouds.items() if name not in strange), given)
    return {name: found[name].probe if name in found else None for name in clouds}


def _offers(
    catalog: Catalog, probes: Mapping[str, Probe | None], records: Mapping[str, Record]
) -> tuple[Offer, ...]:
    """What every cloud has, what its kind takes, how runs went there, and which data lies there."""
    found: list[Offer] = []
    for name, cloud in sorted(catalog.clouds.items()):
        taken = takes(cloud)
        own = offers(cloud, probes[name], taken)
        found += own or (nothing_of(cloud, probes[name], taken),)
    return with_data(with_failure_rates(tuple(found), records), records, catalog.datasets)


def only(
    plan: Plan, names: tuple[str, ...], trials: Mapping[str, Collection[str]] | None = None
) -> Plan:
    """The plan for the deployments that were named, or the whole.

    Args:
        plan: of all.
        names: of deployments.
        trials: of sweeps, by the deployment that asks for them; its name stands for them.

    Raises:
        UsageError: a name is of no deployment.
    """
    if not names:
        return plan
    known = {change.deployment for change in plan.changes} | plan.refusals.keys()
    known |= (trials or {}).keys()
    if strangers := sorted(set(names) - known):
        raise unknown("deployment", strangers[0], known)
    chosen = {*names, *(each for name in names for each in (trials or {}).get(name, ()))}
    return replace(
        plan,
        changes=tuple(change for change in plan.changes if change.deployment in chosen),
        refusals={name: why for name, why in plan.refusals.items() if name in chosen},
    )
