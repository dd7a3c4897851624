"""The JSON documents of the static API: one of the whole catalog, one of each module."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deepcat.catalog.findings import Finding
from deepcat.catalog.values import Module
from deepcat_site.values import Settings
from deepcat_site.views.card import Card
from deepcat_site.views.cite import doi
from deepcat_site.views.clouds import CloudView
from deepcat_site.views.facts import links, metric_rows, resources
from deepcat_site.views.place import Place
from deepcat_site.views.read import line, mapping, mappings, plain, texts

API = "deepcat-api/v1"


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def compact(value: Any) -> bytes:
    """JSON in few bytes."""
    return _ENCODER.encode(value).encode()


def entry(card: Card, settings: Settings) -> dict[str, Any]:
    """A module in the index."""
    return {
        "name": card.name,
        "title": card.title,
        "summary": card.summary,
        "version": card.version,
        "license": card.license,
        "created": card.created,
        "updated": card.updated,
        "tasks": list(card.tasks),
        "libraries": list(card.libraries),
        "data_types": list(card.data_types),
        "categories": list(card.categories),
        "tags": list(card.tags),
        "gpu_memory_MB": card.gpu_MiB,
        "running": card.runs,
        "trainable": card.trainable,
        "verified": card.verified,
        "deprecated": card.deprecated,
        "page": f"{settings.site_url}modules/{card.name}/",
        "document": f"{settings.site_url}api/v1/modules/{card.name}.json",
    }


def index(cards: Sequence[Card], settings: Settings) -> bytes:
    """`/api/v1/index.json`: every module in short."""
    return compact(
        {
            "format": API,
            "title": settings.title,
            "summary": settings.summary,
            "currency": settings.currency,
            "count": len(cards),
            "modules": [entry(card, settings) for card in cards],
        }
    )


def module_document(
    module: Module, card: Card, places: Sequence[Place], settings: Settings
) -> dict[str, Any]:
    """`/api/v1/modules/<name>.json`: everything of one module that its page shows."""
    data = module.data
    return {
        "format": API,
        **entry(card, settings),
        "digest": module.digest,
        "description": plain(data.get("description")),
        "doi": doi(module),
        "links": [{"kind": kind, "url": url} for kind, url, _ in links(data)],
        "authors": [
            {key: line(author[key]) for key in ("name", "orcid", "affiliation") if author.get(key)}
            for author in mappings(data.get("authors"))
        ],
        "maintainers": list(texts(data.get("maintainers"))),
        "resources": resources(data),
        "model": _model(module),
        "samples": [
            {
                "name": sample.name,
                "method": sample.method,
                "request": sample.request,
                "response": sample.response,
                "tolerance": sample.tolerance,
            }
            for sample in module.samples
        ],
        "metrics": [
            {"dataset": dataset, "split": split, "name": name, "value": value}
            for (dataset, split), rows in metric_rows(data).items()
            for name, value in rows
        ],
        "changes": [
            {key: plain(item.get(key)) for key in ("version", "date", "kind", "text")}
            for item in mappings(data.get("changes"))
        ],
        "deprecation": {k: line(v) for k, v in mapping(data.get("deprecated")).items() if v}
        or None,
        "deployments": [deployment(place) for place in places],
    }


def _model(module: Module) -> Mapping[str, Any] | None:
    if module.model is None:
        return None
    return {
        "format": module.model.format,
        "path": module.model.path,
        "source": module.model.source,
        "sha256": module.model.sha256,
        "signature": module.model.signature,
    }


def deployment(place: Place) -> dict[str, Any]:
    """A deployment, as the records know it."""
    return {
        "name": place.name,
        "module": place.module,
        "version": place.version,
        "profile": place.profile,
        "cloud": place.cloud,
        "shape": place.shape,
        "status": place.status,
        "verified": place.verified,
        "rest": place.rest,
        "grpc": place.grpc,
        "price_hour": place.price,
        "created": place.created,
        "updated": place.updated,
    }


def clouds(views: Sequence[CloudView], settings: Settings) -> bytes:
    """`/api/v1/clouds.json`."""
    rows = [
        {
            "name": view.name,
            "kind": view.kind,
            "summary": view.summary,
            "region": view.region,
            "offers": [
                {
                    "shape": offer.shape,
                    "accelerator": offer.accelerator,
                    "accelerators": offer.accelerators,
                    "accelerator_memory_MiB": offer.memory_MiB_each,
                    "cpus": offer.cpus,
                    "memory_MiB": offer.memory_MiB,
                    "price_hour": offer.price,
                    "free": offer.free,
                }
                for offer in view.offers
            ],
        }
        for view in views
    ]
    return compact({"format": API, "currency": settings.currency, "clouds": rows})


def findings(found: Sequence[Finding], rule_of: Callable[[str], str], settings: Settings) -> bytes:
    """`/api/v1/findings.json`."""
    rows = [
        {
            "path": each.place.path,
            "line": each.place.line,
            "column": each.place.column,
            "code": each.code,
            "severity": each.severity.value,
            "message": line(each.message, 500),
            "hint": line(each.hint, 500),
            "rule": f"{settings.site_url}check/rules/{rule_of(each.code)}/",
        }
        for each in found
    ]
    return compact({"format": API, "count": len(rows), "findings": rows})


def deployments(places: Sequence[Place]) -> bytes:
    """`/api/v1/deployments.json`."""
    rows = [deployment(place) for place in places]
    return compact({"format": API, "count": len(rows), "deployments": rows})
