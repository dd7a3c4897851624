"""`api/`, `schemas/`: what programs read, and the page that names it."""

from __future__ import annotations

from deepcat.clouds.market import Market
from deepcat.resources import schemas
from deepcat_site.api import document, matching, schema
from deepcat_site.pages.site import Site
from deepcat_site.views.read import texts

# What programs read: name of its words -> path below the root.
_API = {
    "index": "api/v1/index.json",
    "module": "api/v1/modules/{name}.json",
    "deployments": "api/v1/deployments.json",
    "clouds": "api/v1/clouds.json",
    "match": "api/v1/match.json",
    "findings": "api/v1/findings.json",
    "openapi": "api/v1/openapi.json",
    "schema": "api/v1/schema.json",
    "module_schema": "schemas/module.schema.json",
    "feed": "feeds/all.xml",
    "feed_task": "feeds/task/{task}.xml",
    "feed_module": "modules/{name}/feed.xml",
    "crate": "modules/{name}/ro-crate-metadata.json",
    "cff": "modules/{name}/CITATION.cff",
    "interfaces": "modules/{name}/openapi.json",
    "search": "search/index.json",
}


def key(site: Site) -> tuple[str, ...]:
    """The deployments and the clouds."""
    return (site.keys.places, site.keys.clouds)


def make(site: Site) -> None:
    """Write the documents, their schemas, and the page that names them."""
    put = site.output.put
    put("api/v1/deployments.json", document.deployments(site.places))
    profiles = {
        name: texts(cloud.data.get("profiles"))
        for name, cloud in site.source.catalog.clouds.items()
    }
    table = matching.table(Market(site.source.offers), profiles)
    put("api/v1/match.json", document.compact(table))
    put("api/v1/schema.json", document.compact(schema.schema()))
    put("api/v1/openapi.json", document.compact(schema.openapi(site.source.settings)))
    for file in sorted(schemas().glob("*.schema.json")):
        put(f"schemas/{file.name}", file.read_bytes())
    words = site.text.api.rows
    rows = [(path, path if "{" not in path else "", words[name]) for name, path in _API.items()]
    site.page("api/index.html", "api", site.text.api.title, rows=rows)
