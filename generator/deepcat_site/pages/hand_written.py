"""The hand-written pages as the theme rendered them, the home page among them."""

from __future__ import annotations

import re

from deepcat_site.html import lost
from deepcat_site.html.policy import policy
from deepcat_site.pages.home import home
from deepcat_site.pages.site import Site
from deepcat_site.theme.layout import HEAD_SLOT

# Where the made part of the home page goes, in the place of what stands there without it.
_HOME = re.compile(r"<!-- deepcat: home -->(?:.*?<!-- deepcat: end -->)?", re.S)


def key(site: Site) -> tuple[str, ...]:
    """The pages as rendered, and what the home page shows."""
    return (site.written.key, site.keys.looks, site.keys.places, site.keys.collections)


def make(site: Site) -> None:
    """Write them, with the assets' folder and the policy filled in."""
    for path, content in site.written.pages.items():
        if not path.endswith(".html"):
            site.output.put(path, content)
            continue
        is_lost = path == "404.html" and not site.source.settings.site_url
        html = site.assets.place(content.decode())
        html = html.replace("slot-policy", policy(script=lost.HASH if is_lost else ""))
        if found := _HOME.search(html):
            html = html.replace(found[0], home(site, path))
        html = html.replace(HEAD_SLOT, "")
        if is_lost:
            html = lost.anywhere(html)
        site.output.put(path, html.encode())
        if path != "404.html":
            site.list_page(path)
