"""`datasets/…`: the data that modules are trained with, a page and a Croissant for each set."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from deepcat.catalog.values import Dataset
from deepcat.host.data.address import WEB, Address, address_of
from deepcat_site.api import document
from deepcat_site.api.croissant import of_data
from deepcat_site.html import markup
from deepcat_site.pages.site import Site
from deepcat_site.views.read import line, web

# So many files are told by name on a page.
_SHOWN = 100


def key(site: Site) -> tuple[str, ...]:
    """The data sets, which modules are trained with each, and how these look."""
    return (site.keys.datasets, site.keys.looks if site.source.catalog.datasets else "")


def make(site: Site) -> None:
    """Write the page of all, and one for each."""
    found = [data for _, data in sorted(site.source.catalog.datasets.items())]
    users: dict[str, list[str]] = {}
    for name, read in sorted(site.source.catalog.reads.items()):
        for each in read:
            users.setdefault(each, []).append(name)
    rows = [
        (
            data.name,
            line(data.data["title"], 120),
            data.bytes,
            line(data.data.get("license", ""), 100),
        )
        for data in found
    ]
    site.page("datasets/index.html", "datasets", site.text.datasets.title, rows=rows)
    for data in found:
        _one(site, data, users.get(data.name, []))


def _one(site: Site, data: Dataset, users: list[str]) -> None:
    folder, said = f"datasets/{data.name}", data.data
    where = address_of(data.address)
    address = where.base if where.kind == WEB else ""
    about = of_data(data, address)
    site.output.put(f"{folder}/croissant.json", document.compact(about))
    path = f"{folder}/index.html"
    heading = line(said["title"], 120)
    cards = site.entries.cards
    site.page(
        path,
        "dataset",
        heading,
        head=site.frame.part(path, "dataset_head", linked=_linked(about)),
        data=data,
        said={
            "license": line(said.get("license", ""), 100),
            "doi": said.get("doi", ""),
            "maintainers": [line(each, 100) for each in said["maintainers"]],
            "locked": bool(said.get("credential")),
        },
        heading=heading,
        about=Markup(markup.readme(said.get("description", ""), _address)),  # noqa: S704 - sanitised
        address=_shown(data, where),
        link=web(address) if address else "",
        homepage=web(said.get("homepage", "")),
        own=web(said.get("croissant", "")),
        citation=line(said.get("citation", ""), 2000),
        pieces=data.manifest.pieces[:_SHOWN],
        left=max(0, len(data.manifest.pieces) - _SHOWN),
        cards=site.shown(cards[name] for name in users if name in site.entries),
    )


def _shown(data: Dataset, where: Address) -> str:
    """Where it lies, as its file says; a query may let somebody in."""
    return data.address.partition("?")[0] if where.kind == WEB else data.address


def _linked(about: dict[str, Any]) -> dict[str, Any]:
    """The same as schema.org alone has it, for search engines."""
    kept = ("name", "description", "license", "url", "identifier")
    found = {key: about[key] for key in kept if key in about}
    return {"@context": "https://schema.org/", "@type": "Dataset", **found}


def _address(target: str, is_picture: bool) -> str:
    """Where a link of its text leads: to the web; no picture comes from there."""
    return "" if is_picture else web(target)
