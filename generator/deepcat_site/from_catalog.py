"""The website of the catalog in a folder: what it shows is read here, and then built."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.garbage import uncollected

if TYPE_CHECKING:
    from deepcat.catalog.findings import Finding
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Catalog
    from deepcat.clouds.offers import Probe
    from deepcat.loop.trainings import Seen
    from deepcat.plan.values import Plan
    from deepcat.records.record import Record
    from deepcat_site.proxy import Endpoint
    from deepcat_site.values import Event, Kept, Report

# Events of each deployment that the website tells of.
_EVENTS = 100


def build_site(root: Path, out: Path) -> Report:
    """Gather what the website shows, as values, and build it.

    Args:
        root: the catalog's folder.
        out: the folder to write; made when it is not there.

    Raises:
        DeepcatError: as `deepcat_site.build.build`, or the records are damaged.
    """
    with uncollected():  # so much is imported, too
        return _build(root, out)


def _build(root: Path, out: Path) -> Report:
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.reading.tree import ask_ahead

    tree = work_tree(root)
    ask_ahead(tree)  # Git looks while so much is imported
    from deepcat.catalog.lineage import Lineage, lineage
    from deepcat.catalog.load import load
    from deepcat.catalog.settings import read_settings
    from deepcat.clouds.offers import offers
    from deepcat.clouds.registry import takes
    from deepcat_site.build import build, folder_of_cache
    from deepcat_site.theme import rendering
    from deepcat_site.values import Settings, Source
    from deepcat_site.views.clouds import unless_full

    settings = Settings.from_data(read_settings(tree))
    rendered = rendering.ahead(settings, root, folder_of_cache(root))
    catalog = load(tree)
    # The second that runs is over, so that what has just begun has lasted a moment.
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    records, history, trained = _records(root)
    records, plan, probes = _foreseen(root, tree, catalog, records, now)
    clouds = [cloud for _, cloud in sorted(catalog.clouds.items())]
    source = Source(
        tree=tree,
        catalog=catalog,
        records=records,
        history=history,
        offers=unless_full(
            [offer for cloud in clouds for offer in offers(cloud, None, takes(cloud))],
            list(records.values()),
        ),
        settings=settings,
        health={name: seen.healthy for name, seen in probes.items() if seen is not None},
        plan=plan,
        now=now.isoformat(),
        kept=_kept(root, catalog, records),
        **trained,
        lineage=Lineage(
            tree.root, tree, lineage(tree.root, tree.commit, folder_of_cache(root) / "lineage.txt")
        ),
    )
    rendered()
    return build(source, root, out)


def _foreseen(
    root: Path, tree: Tree, catalog: Catalog, records: dict[str, Record], now: datetime
) -> tuple[dict[str, Record], Plan | None, Mapping[str, Probe | None]]:
    """The records as they hold now, what a plan would change, and what the probes saw.

    Without deployments there is nothing to foresee, and no cloud need be asked.
    """
    if not records and not catalog.deployments:
        return records, None, {}
    from deepcat.loop.observed import observed
    from deepcat.loop.world import foreseen

    records = observed(root, records, catalog.clouds)
    return records, *foreseen(root, tree, catalog, records, now)


def _kept(root: Path, catalog: Catalog, records: Mapping[str, Record]) -> dict[str, Kept]:
    """Of modules that run, and now have errors or are gone, what runs, from its commit."""
    if not records:
        return {}
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree
    from deepcat.errors import DeepcatError
    from deepcat.plan.status import Status
    from deepcat_site.values import Kept

    kept: dict[str, Kept] = {}
    for record in records.values():
        name, commit = record.state.module, record.state.module_commit or record.state.commit
        if name in catalog.modules or name in kept or not commit:
            continue
        faults = _faults(catalog, name)
        if record.state.status is Status.GONE and not faults:
            continue
        with suppress(DeepcatError):  # a commit that this clone lacks
            tree = git_tree(root, commit)
            modules = load(tree).modules
            if name in modules:
                kept[name] = Kept(modules[name], tree, faults)
    return kept


def _faults(catalog: Catalog, name: str) -> tuple[Finding, ...]:
    """The errors of a module."""
    folder = f"modules/{name}/"
    return tuple(
        each for each in catalog.findings if each.is_error and each.place.path.startswith(folder)
    )


def _records(
    root: Path,
) -> tuple[dict[str, Record], dict[str, tuple[Event, ...]], dict[str, Any]]:
    """What is known of deployments, how it came to be, and of trainings; nothing outside Git."""
    from deepcat.errors import DeepcatError
    from deepcat.records.clone import open_store
    from deepcat.records.layout import is_name
    from deepcat.records.told import tell
    from deepcat_site.views.events import event

    store = open_store(root)
    try:
        records = store.read_all()
    except DeepcatError as error:
        if error.code == "records/no-git":
            tell(f"note: the website shows no records: {error.message}")
            return {}, {}, {}
        raise
    history = {
        name: tuple(found for e in entries if (found := event(e.at, e.subject, e.body)) is not None)
        for name, entries in store.recent(_EVENTS).items()
        if is_name(name)
    }
    trained = {
        "trainings": store.read_trainings(),
        "curve_ids": store.curve_ids(),
        "curves": store.some_curves,
    }
    return records, history, trained


def endpoints(root: Path) -> dict[str, Endpoint]:
    """The deployments that run on this machine now, as the records and their owner tags say."""
    from deepcat.errors import DeepcatError
    from deepcat.loop.askable import may_be_asked
    from deepcat.loop.observation import observe
    from deepcat.loop.shown import asks
    from deepcat.plan.status import Status
    from deepcat.records.clone import open_store
    from deepcat_site.proxy import Endpoint

    try:
        # What runs here was written down here: nobody else is asked for each prediction.
        records = open_store(root, offline=True).read_all()
    except DeepcatError:
        return {}  # nothing is passed on by records that cannot be believed
    tagged = observe(root, {}).tagged()
    found = {}
    for name, record in records.items():
        if record.state.status is Status.RUNNING and name in tagged:
            rest = may_be_asked(record.state.endpoints, tagged[name].endpoints).get("rest", "")
            found[name] = Endpoint(record.state.module, rest, asks(record.state))
    return found


def going(root: Path) -> Seen:
    """The trainings of this machine, as they go now; the curves of those that may be shown."""
    from deepcat.catalog.load import load_clouds
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.clouds.registry import is_here
    from deepcat.errors import DeepcatError
    from deepcat.loop.trainings import Seen, look
    from deepcat.records.clone import open_store

    try:
        store = open_store(root, offline=True)
        records, known = store.read_all(), store.read_trainings()
        clouds = {n: each for n, each in load_clouds(work_tree(root)).items() if is_here(each)}
        here = {n: each for n, each in records.items() if each.state.cloud in clouds}
        mine = {
            n: each
            for n, each in known.items()
            if each.cloud in clouds and (each.deployment in here or each.deployment not in records)
        }
        seen = look(root, here, mine, clouds)
        older = store.curve_ids()
        kept = {n: older[n] for n in seen.trainings if n in older and n not in seen.curves}
        held = store.some_curves(list(kept.values()))
    except DeepcatError:
        return Seen({})  # the files say what was known when they were written
    return Seen(seen.trainings, {n: held[blob] for n, blob in kept.items()} | dict(seen.curves))
