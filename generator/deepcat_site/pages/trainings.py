"""`modules/<name>/trainings/…`: what trainings of a module came to, and each of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from deepcat.catalog.values import trains
from deepcat.loop.trained import crate
from deepcat.loop.trained.source import provenance
from deepcat.plan.training import direction
from deepcat_site.api.document import compact
from deepcat_site.api.linked import license_url
from deepcat_site.digests import digest
from deepcat_site.pages.site import Site, paged
from deepcat_site.views import plots, trainings

if TYPE_CHECKING:
    from deepcat.records.curves import Curves
    from deepcat_site.views.card import Card

# So many curves are held at a time.
_AT_ONCE = 200


def key(site: Site) -> tuple[str, ...]:
    """All that is known of trainings, and which modules are shown."""
    return (site.keys.trainings, site.keys.names)


def make(site: Site) -> None:
    """Write the pages of each module that was trained; of a training, where it changed."""
    for module, rows in trainings.by_module(site.source.trainings).items():
        if module in site.entries:
            _of_module(site, module, rows)


def _of_module(site: Site, module: str, rows: Sequence[trainings.Row]) -> None:
    card, words = site.entries[module].parsed(), site.text.trainings_page
    folder = f"modules/{module}/trainings"
    metrics, inputs = trainings.columns(rows)
    sweeps = trainings.sweeps(rows, partial(_is_higher_better, site, module))
    for number, pages, chunk in paged(rows, trainings.PER_PAGE):
        path = f"{folder}/{'' if number == 1 else f'page/{number}/'}index.html"
        site.page(
            path,
            "trainings",
            words.title.format(title=card.title),
            head=site.frame.part(path, "trainings_head"),
            card=card,
            rows=chunk,
            metrics=metrics,
            inputs=inputs,
            sweeps=sweeps[: trainings.SWEEPS] if number == 1 else (),
            page=number,
            pages=pages,
        )
    site.output.put(f"{folder}/all.json", compact(trainings.listed(rows, sweeps)))
    ids = site.source.curve_ids
    stale = [row for row in rows if not _is_kept(site, folder, row, ids.get(row.id, ""))]
    for at in range(0, len(stale), _AT_ONCE):
        some = stale[at : at + _AT_ONCE]
        curves = site.source.curves([ids[row.id] for row in some if row.id in ids])
        for row in some:
            _of_one(site, folder, row, curves.get(ids.get(row.id, ""), {}))


def _is_higher_better(site: Site, module: str, metric: str) -> bool:
    known = site.source.catalog.modules.get(module)
    return known is None or direction(known.data, metric) is not False


def _is_kept(site: Site, folder: str, row: trainings.Row, curves: str) -> bool:
    """Whether a training's files lie there already; then they go on doing so."""
    card = site.entries[row.module].parsed()
    path = f"{folder}/{row.id}/index.html"
    whose = (site.frame.context, card.title, card.license)
    known = (*whose, repr(row), repr(_is_trained(site, row)), curves)
    mine = digest("\0".join(known).encode())
    site.parts[path] = mine
    if site.before.get(path) != mine:
        return False
    site.list_page(path)
    site.output.made |= {path, f"{folder}/{row.id}/curves.json"}
    if trainings.is_going(row):
        site.output.made.add(f"{folder}/{row.id}/state.json")
    if trainings.is_well(row):
        site.output.made.add(f"{folder}/{row.id}/{crate.NAME}")
    return True


def _is_trained(site: Site, row: trainings.Row) -> bool:
    """Whether its module can be trained again by a deployment."""
    known = site.source.catalog.modules.get(row.module)
    return known is not None and trains(known.data)


def _of_one(site: Site, folder: str, row: trainings.Row, curves: Curves) -> None:
    card, here = site.entries[row.module].parsed(), f"{folder}/{row.id}"
    points = trainings.points(curves)
    title = site.text.trainings_page.one.format(id=row.id)
    pictures = trainings.drawn(points, site.text)
    is_going = trainings.is_going(row)
    site.page(
        f"{here}/index.html", "training", title,
        card=card, row=row, pictures=pictures, is_going=is_going, is_trained=_is_trained(site, row),
        is_well=trainings.is_well(row), plots=plots.shown(row.plots, site.text),
    )  # fmt: skip
    site.output.put(f"{here}/curves.json", compact(points))
    if is_going:
        site.output.put(f"{here}/state.json", compact(trainings.going(row)))
    if trainings.is_well(row):
        site.output.put(f"{here}/{crate.NAME}", compact(_crate(site, card, row)))


def _crate(site: Site, card: Card, row: trainings.Row) -> dict[str, Any]:
    """Where what it made came from."""
    settings = site.source.settings
    about = crate.About(
        card.title, settings.title, settings.site_url, license_url(card.license) or card.license
    )
    training = site.source.trainings[row.id]
    beside = {"curves.json": "The curves of its metrics."}
    source = provenance(training, settings.currency)
    return crate.crate(source, about, training.output, row.metrics, beside)
