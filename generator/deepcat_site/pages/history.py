"""`history/…`: what happened to all deployments, a page a month."""

from __future__ import annotations

from deepcat_site.digests import digest
from deepcat_site.pages.site import Site
from deepcat_site.views import events


def key(site: Site) -> tuple[str, ...]:
    """What happened; each month has a key of its own in `site.parts`."""
    return (site.keys.history,)


def make(site: Site) -> None:
    """Write the months in which something was added."""
    months = events.months(site.source.history)
    t = site.text.history_page
    if not months:
        site.page("history/index.html", "history", t.title, month=None, months=(), links={})
    names = [(month.name, month.path.removesuffix("index.html")) for month in months]
    for month in months:
        key = digest("\n".join((site.frame.context, repr(names), repr(month))).encode())
        site.parts[month.path] = key
        if site.before.get(month.path) == key:
            site.list_page(month.path)
            site.output.made.add(month.path)
            continue
        title = t.of_month.format(month=month.name)
        links = {row.event.commit: site.forge.commit(row.event.commit) for row in month.rows}
        known = site.source.records.keys() | site.source.catalog.deployments.keys()
        site.page(month.path, "history", title, month=month, months=names, links=links, known=known)
