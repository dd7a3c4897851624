"""`clouds/…`: a page for all clouds, one for each, and the same for machines."""

from __future__ import annotations

from deepcat.clouds.offers import Offer
from deepcat_site.api import document
from deepcat_site.pages.site import Site
from deepcat_site.views import clouds


def key(site: Site) -> tuple[str, ...]:
    """The clouds, whether they answer, and what runs there."""
    return (site.keys.records, site.keys.health, site.keys.clouds)


def make(site: Site) -> None:
    """Write the page of all, its document, and the page of each."""
    source = site.source
    by_cloud: dict[str, list[Offer]] = {}
    for offer in source.offers:
        by_cloud.setdefault(offer.cloud, []).append(offer)
    records = list(source.records.values())
    until = site.until()
    views = [
        clouds.cloud_view(cloud, by_cloud.get(name, ()), records, source.health, until, site.text)
        for name, cloud in sorted(source.catalog.clouds.items())
    ]
    site.page("clouds/index.html", "clouds", site.text.clouds.title, clouds=views, seen=site.seen)
    site.output.put("api/v1/clouds.json", document.clouds(views, source.settings))
    for view in views:
        here = [p for p in site.places if p.cloud == view.name]
        path = f"clouds/{view.name}/index.html"
        site.page(
            path,
            "cloud",
            view.name,
            description=view.summary,
            cloud=view,
            places=here,
            seen=site.seen,
        )
