"""`embed/`: the form of one module, for other websites to show in a frame."""

from __future__ import annotations

from deepcat_site.html.policy import policy
from deepcat_site.pages.site import Site


def key(_site: Site) -> tuple[str, ...]:
    """Nothing: the browser asks for the module that the address names."""
    return ()


def make(site: Site) -> None:
    """Write the page, without the frame that other pages have."""
    path = "embed/index.html"
    site.output.put(path, site.frame.part(path, "embed", policy=policy()).encode())
