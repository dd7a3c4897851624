"""`status/…`: all deployments on pages, and a page for each."""

from __future__ import annotations

from collections import Counter

from deepcat_site.pages.site import Site, paged
from deepcat_site.views import status


def key(site: Site) -> tuple[str, ...]:
    """The deployments: as they are, as they are wished, as a plan would have them."""
    gone = sorted({place.module for place in site.places} - {*site.entries})
    return (site.keys.records, site.keys.wishes, site.keys.planned, repr(gone))


def make(site: Site) -> None:
    """Write the pages of all and the page of each."""
    source = site.source
    rows = status.rows(
        source.records,
        source.catalog.deployments,
        source.history,
        source.plan,
        site.until(),
        site.text,
    )
    counts = sorted(Counter(row.place.status for row in rows).items())
    for number, pages, chunk in paged(rows, status.PER_PAGE):
        site.page(
            f"status/{'' if number == 1 else f'page/{number}/'}index.html",
            "status",
            site.text.status_page.title,
            rows=chunk,
            counts=counts,
            page=number,
            pages=pages,
            seen=site.seen,
        )
    for row in rows:
        name = row.place.name
        file = f"deployments/{name}.yaml"
        links = {
            "file": site.forge.edit(file) if name in source.catalog.deployments else "",
            "commit": site.forge.commit(row.commit),
            "module": row.place.module if row.place.module in site.entries else "",
            "module_commit": site.forge.commit(row.module_commit),
        }
        path = f"status/{name}/index.html"
        site.page(path, "deployment", name, row=row, links=links, seen=site.seen)
