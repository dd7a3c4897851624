"""`deploy/`: the form that writes a deployment's file, and the rules that it says at once."""

from __future__ import annotations

from deepcat.clouds.registry import is_here
from deepcat_site.api import wizard
from deepcat_site.api.document import compact
from deepcat_site.pages.site import Site
from deepcat_site.views.read import line


def key(site: Site) -> tuple[str, ...]:
    """The module that the example names, clouds, data sets, and which names are taken."""
    keys = (site.keys.clouds, site.keys.datasets)
    return (min(site.entries, default=""), *keys, repr(_taken(site)))


def make(site: Site) -> None:
    """Write the page and its rules; the browser fills it."""
    path = "deploy/index.html"
    clouds = site.source.catalog.clouds
    local = [c.name for c in clouds.values() if is_here(c)]
    name = min(site.entries, default="NAME")
    datasets = {
        name: line(data.data["title"], 120)
        for name, data in sorted(site.source.catalog.datasets.items())
    }
    rules = wizard.rules(_taken(site), sorted(clouds), datasets)
    site.output.put("deploy/rules.json", compact(rules))
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


def _taken(site: Site) -> list[str]:
    """Names that a new deployment cannot have: of a file, or of one that still runs."""
    files = [entry.path for entry in site.source.tree.entries("deployments")]
    names = {path.rpartition("/")[2].removesuffix(".yaml") for path in files}
    return sorted(names | site.source.records.keys())
