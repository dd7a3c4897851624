"""Which parts the website has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from deepcat_site.pages import (
    api,
    assets,
    cards,
    catalog,
    check,
    clouds,
    collections,
    compare,
    datasets,
    deploy,
    embed,
    feeds,
    hand_written,
    history,
    index,
    lists,
    rules,
    search,
    status,
    trainings,
    trees,
    versions,
    words,
)
from deepcat_site.pages.site import Site


class Part(Protocol):
    """One file of this room."""

    def key(self, _site: Site, /) -> tuple[str, ...]:
        """All that it looks at, beside what every page shows; a change of it makes it anew."""

    def make(self, site: Site, /) -> None:
        """Write its files."""


# In the order of the sitemap. The longest come first, for they are dealt out to two processes.
PARTS: Mapping[str, Part] = {
    "check": check,
    "rules": rules,
    "lists": lists,
    "cards": cards,
    "search": search,
    "words": words,
    "index": index,
    "api": api,
    "embed": embed,
    "feeds": feeds,
    "catalog": catalog,
    "written": hand_written,
    "collections": collections,
    "datasets": datasets,
    "trees": trees,
    "compare": compare,
    "clouds": clouds,
    "status": status,
    "trainings": trainings,
    "versions": versions,
    "history": history,
    "assets": assets,
    "deploy": deploy,
}
