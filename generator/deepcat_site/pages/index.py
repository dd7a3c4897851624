"""`api/v1/index.json`: all modules in short."""

from __future__ import annotations

from contextlib import suppress

from deepcat_site.api import document
from deepcat_site.pages.site import Site

_PATH = "api/v1/index.json"
# Of so many changed modules each is looked for in the document; of more, it is written anew.
_FEW = 30


def key(site: Site) -> tuple[str, ...]:
    """The cards."""
    return (site.keys.cards,)


def make(site: Site) -> None:
    """Write the document."""
    content = _patched(site) or document.index(site.cards, site.source.settings)
    site.output.put(_PATH, content)


def _patched(site: Site) -> bytes:
    """What lies there, with the modules changed that did; empty where that cannot be told."""
    if site.changed is None or len(site.rows.made) > _FEW:
        return b""
    with suppress(OSError):
        return document.index_after(
            (site.output.folder / _PATH).read_bytes(),
            [(site.last[n].parsed(), site.entries[n].parsed()) for n in site.rows.made],
            site.source.settings,
        )
    return b""
