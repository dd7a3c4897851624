"""`search/…`: what the browser searches in."""

from __future__ import annotations

import json

from deepcat_site import terms
from deepcat_site.api import document, search
from deepcat_site.pages.site import Site

_INDEX, _MORE = "search/index.json", "search/more.json"


def key(site: Site) -> tuple[str, ...]:
    """The cards; the synonyms are among the settings, which every page shows."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write the columns that changed."""
    is_known = site.before.get(_INDEX) == site.frame.context
    site.parts[_INDEX] = site.frame.context
    if not (is_known and site.is_same(search.INDEXED) and _retitled(site)):
        found = terms.load()
        synonyms = (*site.source.settings.synonyms, *found.synonyms)
        columns = search.pack(site.cards, site.counts, found.stop, synonyms, found.translations)
        site.output.put(_INDEX, document.compact(columns))
    if is_known and site.is_same(search.INDEXED_MORE):
        site.output.made.add(_MORE)
    else:
        more = search.pack_more(site.cards, site.counts)
        site.output.put(_MORE, document.compact(more))


def _retitled(site: Site) -> bool:
    """Write what depends on titles alone anew; whether that could be done."""
    try:
        columns = json.loads((site.output.folder / _INDEX).read_bytes())
        columns["also"] = search.also(site.cards)
    except (OSError, ValueError, TypeError):
        return False  # somebody else wrote into the folder
    site.output.put(_INDEX, document.compact(columns))
    return True
