"""The website of the catalog in a folder: what it shows is read here, and then built."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcat.records.record import Record
    from deepcat_site.proxy import Endpoint
    from deepcat_site.values import Event, Report

# What a lease writes to show that its holder lives tells a reader nothing.
_BEAT = "still at work"


def build_site(root: Path, out: Path) -> Report:
    """Gather what the website shows, as values, and build it.

    Args:
        root: the catalog's folder.
        out: the folder to write; made when it is not there.

    Raises:
        DeepcatError: as `deepcat_site.build.build`, or the records are damaged.
    """
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.reading.tree import ask_ahead

    tree = work_tree(root)
    ask_ahead(tree)  # Git looks while so much is imported
    from deepcat.catalog.load import load
    from deepcat.catalog.settings import read_settings
    from deepcat.clouds.offers import offers
    from deepcat.clouds.registry import takes
    from deepcat.loop.world import foreseen
    from deepcat_site.build import build, folder_of_cache
    from deepcat_site.theme import rendering
    from deepcat_site.values import Settings, Source
    from deepcat_site.views.clouds import unless_full

    settings = Settings.from_data(read_settings(tree))
    rendered = rendering.ahead(settings, root, folder_of_cache(root))
    catalog = load(tree)
    # The second that runs is over, so that what has just begun has lasted a moment.
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    records, history = _records(root)
    # Without deployments there is nothing to foresee, and no cloud need be asked.
    wished = records or catalog.deployments
    plan, probes = foreseen(root, tree, catalog, records, now) if wished else (None, {})
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
    )
    rendered()
    return build(source, root, out)


def _records(root: Path) -> tuple[dict[str, Record], dict[str, tuple[Event, ...]]]:
    """What is known of the deployments, and how it came to be; nothing outside Git."""
    from deepcat.errors import DeepcatError
    from deepcat.records.store import Store
    from deepcat_site.values import Event

    store = Store(root)
    try:
        records = store.read_all()
    except DeepcatError as error:
        if error.code == "records/no-git":
            return {}, {}
        raise
    history = {
        name: tuple(
            Event(entry.at, words)
            for entry in entries
            if (words := entry.subject.partition(": ")[2]) != _BEAT
        )
        for name, entries in store.recent().items()
        if name in records
    }
    return records, history


def endpoints(root: Path) -> dict[str, Endpoint]:
    """The deployments that run now, as the records say."""
    from deepcat.errors import DeepcatError
    from deepcat.plan.values import Status
    from deepcat.records.store import Store
    from deepcat_site.proxy import Endpoint

    try:
        records = Store(root).read_all()
    except DeepcatError as error:
        if error.code == "records/no-git":
            return {}
        raise
    return {
        name: Endpoint(record.state.module, str(record.state.endpoints.get("rest", "")))
        for name, record in records.items()
        if record.state.status is Status.RUNNING
    }
