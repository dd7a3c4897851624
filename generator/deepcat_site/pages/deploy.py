"""`deploy/`: the form that writes a deployment's file."""

from __future__ import annotations

from deepcat.clouds.registry import is_here
from deepcat_site.pages.site import Site


def key(site: Site) -> tuple[str, ...]:
    """The module that the example names, and the clouds."""
    return (min(site.entries, default=""), site.keys.clouds)


def make(site: Site) -> None:
    """Write the page; the browser fills it."""
    path = "deploy/index.html"
    local = [c.name for c in site.source.catalog.clouds.values() if is_here(c)]
    name = min(site.entries, default="NAME")
    site.page(
        path,
        "deploy",
        site.text.deploy.title,
        head=site.frame.part(path, "deploy_head"),
        new=site.forge.new(),
        gitlab=site.forge.gitlab,
        local=" ".join(local),
        example=f'apiVersion: deepcat/v1\nmodule: {name}\nversion: "*"\nprofile: serve\n',
    )
