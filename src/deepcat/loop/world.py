"""Everything that a plan is made from, read from the world: the tree, the records, the clouds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.findings import Finding
from deepcat.catalog.settings import read_settings, require_settings
from deepcat.catalog.values import Catalog, Cloud, Deployment, Module
from deepcat.clouds.kind import Means
from deepcat.clouds.offers import Offer, Probe, offers
from deepcat.clouds.quotas import Quotas, quotas
from deepcat.clouds.registry import probe, takes
from deepcat.clouds.request import request_for
from deepcat.errors import UsageError
from deepcat.loop.formers import Formers
from deepcat.plan.values import Plan, State, Wish

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
    wishes, held = _wishes(tree, catalog, settings)
    held |= _out_of_sight(records, wishes, catalog, tree, probes, found)
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
        if name in records and _is_as_applied(wish, catalog, records[name].state, now)
    }
    wishes, held = _wishes(tree, catalog, settings, same)
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


def _is_as_applied(wish: Deployment, catalog: Catalog, state: State, now: datetime) -> bool:
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
    return _with_history(found, records)


def _with_history(found: tuple[Offer, ...], records: Mapping[str, Record]) -> tuple[Offer, ...]:
    """Join the share of runs that failed in each cloud; one success is taken for granted."""
    tried: dict[str, int] = {}
    failed: dict[str, int] = {}
    for record in records.values():
        for failure in record.failures:
            cloud = str(failure.get("cloud") or "")
            tried[cloud] = tried.get(cloud, 0) + 1
            failed[cloud] = failed.get(cloud, 0) + 1
        if record.state.endpoints:
            tried[record.state.cloud] = tried.get(record.state.cloud, 0) + 1
    return tuple(
        replace(offer, failure_rate=failed[offer.cloud] / (tried[offer.cloud] + 1))
        if failed.get(offer.cloud)
        else offer
        for offer in found
    )


def _wishes(
    tree: Tree, catalog: Catalog, settings: Mapping[str, Any], but: Collection[str] = ()
) -> tuple[dict[str, Wish], dict[str, tuple[str, ...]]]:
    """Each deployment but some with what it refers to, or why it cannot be read."""
    groups = settings.get("groups")
    handles = groups if isinstance(groups, Mapping) else {}
    wishes: dict[str, Wish] = {}
    held: dict[str, tuple[str, ...]] = {}
    for entry in tree.entries("deployments"):
        name = entry.path.removeprefix("deployments/").removesuffix(".yaml")
        if not entry.path.endswith(".yaml") or "/" in name or name in but:
            continue
        deployment = catalog.deployments.get(name)
        if deployment is None:
            held[name] = _words(catalog.findings, entry.path)
            continue
        wish = _wish(tree, catalog, deployment, handles)
        if isinstance(wish, Wish):
            wishes[name] = wish
        else:
            held[name] = wish
    return wishes, held


def _wish(
    tree: Tree, catalog: Catalog, deployment: Deployment, groups: Mapping[str, Any]
) -> Wish | tuple[str, ...]:
    from deepcat.plan.compile import unrunnable
    from deepcat.tosca.load import load_topology
    from deepcat.tosca.workloads.derive import workloads

    module = _module(catalog, deployment)
    if not isinstance(module, Module):
        return module
    topology, findings = load_topology(tree, module.topology, deployment.inputs)
    if topology is None or any(finding.is_error for finding in findings):
        return tuple(_word(finding) for finding in findings if finding.is_error)
    work = workloads(topology)
    why = unrunnable(topology, deployment, module, work)
    request = request_for(deployment, module, work, groups)
    return tuple(map(str, why)) or Wish(deployment, module, topology, work, request)


def _module(catalog: Catalog, deployment: Deployment) -> Module | tuple[str, ...]:
    """The module that is asked for, or why it cannot be had."""
    module = catalog.modules.get(deployment.module)
    if module is None:
        path = f"modules/{deployment.module}/"
        wrong = tuple(f for f in catalog.findings if f.place.path.startswith(path) and f.is_error)
        missing = (f"there is no module `{deployment.module}`",)
        return tuple(_word(finding) for finding in wrong) or missing
    if not _in_range(module.version, deployment.version):
        asked = f"the deployment asks for {deployment.version}"
        return (f"the module is at version {module.version}; {asked}",)
    if not module.topology:
        return (f"the module `{module.name}` has no topology, so it cannot be deployed",)
    return module


def _in_range(version: str, wanted: str) -> bool:
    from semantic_version import NpmSpec, Version

    if not wanted or wanted == version:
        return True
    try:
        return bool(NpmSpec(wanted).match(Version(version)))
    except ValueError:
        return False


def _out_of_sight(
    records: Mapping[str, Record],
    wishes: Mapping[str, Wish],
    catalog: Catalog,
    tree: Tree,
    probes: Mapping[str, Probe | None],
    found: tuple[Offer, ...],
) -> dict[str, tuple[str, ...]]:
    """Deployments whose cloud cannot be read, asked or used here: they are left as they are."""
    shapes = {(offer.cloud, offer.shape) for offer in found}
    files = {entry.path for entry in tree.entries("clouds")}
    held: dict[str, tuple[str, ...]] = {}
    for name, record in records.items():
        if record.state.has_ended and name in wishes:
            continue  # a job that ended needs its cloud no more
        cloud, shape = record.state.cloud, record.state.shape
        path = f"clouds/{cloud}.yaml"
        seen = probes.get(cloud)
        if cloud in catalog.clouds and not takes(catalog.clouds[cloud]):
            kind = catalog.clouds[cloud].kind
            held[name] = (f"nothing here can run on clouds of the kind `{kind}`",)
        elif cloud not in catalog.clouds and path in files:
            held[name] = ("its cloud cannot be read", *_words(catalog.findings, path))
        elif seen is not None and not seen.healthy and (cloud, shape) not in shapes:
            held[name] = (f"its cloud `{cloud}` does not answer", *filter(None, (seen.detail,)))
        elif name in wishes:
            continue
    return held


def _words(findings: Sequence[Finding], path: str) -> tuple[str, ...]:
    own = tuple(_word(f) for f in findings if f.place.path == path and f.is_error)
    return own or (f"`{path}` cannot be read",)


def _word(finding: Finding) -> str:
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"{finding.place}: {finding.message}{hint}"


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
