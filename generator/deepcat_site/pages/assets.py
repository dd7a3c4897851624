"""`assets/…`, `_headers`: what pages load, and the headers that they are sent with."""

from __future__ import annotations

from deepcat_site.html import headers, lost
from deepcat_site.pages.site import Site


def key(site: Site) -> tuple[str, ...]:
    """Where deployments answer, for the policy names those origins."""
    return (site.keys.places,)


def make(site: Site) -> None:
    """Write the assets and the headers."""
    for name, content in site.assets.files.items():
        site.output.put(f"{site.assets.folder}/{name}", content)
    script = "" if site.source.settings.site_url else lost.HASH
    site.output.put("_headers", headers.text(site.origins(), script).encode())
