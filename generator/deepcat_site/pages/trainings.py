"""`modules/<name>/trainings/…`: what trainings of a module came to, and each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepcat_site.api.document import compact
from deepcat_site.digests import digest
from deepcat_site.pages.site import Site, paged
from deepcat_site.views import trainings
from deepcat_site.views.read import mapping


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
            page=number,
            pages=pages,
        )
    site.output.put(f"{folder}/all.json", compact(trainings.listed(rows)))
    for row in rows:
        _of_one(site, folder, row, mapping(site.source.trainings[row.id].get("curves")))


def _of_one(site: Site, folder: str, row: trainings.Row, curves: Mapping[str, Any]) -> None:
    card = site.entries[row.module].parsed()
    here = f"{folder}/{row.id}"
    path, data = f"{here}/index.html", f"{here}/curves.json"
    mine = digest("\0".join((site.frame.context, card.title, repr(row), repr(curves))).encode())
    site.parts[path] = mine
    if site.before.get(path) == mine:
        site.list_page(path)
        site.output.made |= {path, data}
        return
    points = trainings.points(curves)
    title = site.text.trainings_page.one.format(id=row.id)
    site.page(
        path, "training", title, card=card, row=row, pictures=trainings.drawn(points, site.text)
    )
    site.output.put(data, compact(points))
