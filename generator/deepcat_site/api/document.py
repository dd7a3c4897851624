"""The JSON documents of the static API: one of the whole catalog, one of each module."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from deepcat.catalog.findings import Finding
from deepcat.catalog.values import Module, Sample, trains
from deepcat_site.values import Settings
from deepcat_site.views.bodies import bodies, is_long, path_of
from deepcat_site.views.card import Card
from deepcat_site.views.cite import doi
from deepcat_site.views.clouds import CloudView
from deepcat_site.views.compared import Price
from deepcat_site.views.facts import links, resources
from deepcat_site.views.measures import Measure, measures
from deepcat_site.views.place import Place
from deepcat_site.views.read import line, mapping, mappings, plain, texts
from deepcat_site.views.topology import TopologyView, trained_inputs

API = "deepcat-api/v1"
_INDEX = "api/v1/index.json"


# What the browser knows of how a picture becomes a sample's input; what else stands there is the
# owner's own.
_HOW = ("crop", "fit", "margin", "centre", "ink")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def compact(value: Any) -> bytes:
    """JSON in few bytes."""
    return _ENCODER.encode(value).encode()


def entry(card: Card, settings: Settings, at: str) -> dict[str, Any]:
    """A module in short, in the document that lies at a path."""
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
        "page": settings.address(f"modules/{card.name}/", at),
        "document": settings.address(f"api/v1/modules/{card.name}.json", at),
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
            "modules": [entry(card, settings, _INDEX) for card in cards],
        }
    )


def index_after(known: bytes, changes: Iterable[tuple[Card, Card]], settings: Settings) -> bytes:
    """The same document after some modules changed; empty where it says of one what it did not.

    Args:
        known: what `index` gave.
        changes: the cards of each as they were and as they are.
        settings: as before.
    """
    for was, now in changes:
        before = compact(entry(was, settings, _INDEX))
        if known.count(before) != 1:
            return b""
        known = known.replace(before, compact(entry(now, settings, _INDEX)))
    return known


def module_document(
    module: Module,
    card: Card,
    places: Sequence[Place],
    known: Sequence[Price],
    settings: Settings,
    topology: TopologyView | None = None,
) -> dict[str, Any]:
    """`/api/v1/modules/<name>.json`: everything of one module that its page shows."""
    data = module.data
    return {
        "format": API,
        **entry(card, settings, f"api/v1/modules/{card.name}.json"),
        "digest": module.digest,
        "size": card.size if card.size >= 0 else None,
        "proved": card.proved,
        "prices": [
            {"cloud": price.cloud, "shape": price.shape, "price_hour": price.hour}
            for price in known
        ],
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
            _sample(module, number, sample, settings)
            for number, sample in enumerate(module.samples, 1)
        ],
        "metrics": [metric(each) for each in measures(data)],
        "changes": [
            {key: plain(item.get(key)) for key in ("version", "date", "kind", "text")}
            for item in mappings(data.get("changes"))
        ],
        "deprecation": {k: line(v) for k, v in mapping(data.get("deprecated")).items() if v}
        or None,
        "topology": topology
        and {"profiles": list(topology.profiles), "inputs": dict(topology.declared)},
        "training": _training(data),
        "deployments": [deployment(place) for place in places],
    }


def _training(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What may be asked of a module's training; None where it says no command."""
    if not trains(data):
        return None
    own = mapping(data["training"])
    known = {name: mapping(each) for name, each in mapping(own.get("data")).items()}
    return {
        "inputs": trained_inputs(data),
        "data": {
            line(name, 63): line(each.get("dataset") or each.get("address"), 200)
            for name, each in known.items()
        },
        "metric": line(own.get("metric"), 100),
    }


def metric(each: Measure) -> dict[str, Any]:
    """A value that was measured, as written and as people read it."""
    return {
        "dataset": each.dataset,
        "split": each.split,
        "name": each.name,
        "value": each.written,
        "unit": each.written_unit,
        "better": each.direction,
        "label": each.label,
        "words": each.words,
        "interval": each.interval,
        "interval_level": each.level,
        "key": "|".join(each.key),
    }


def _sample(module: Module, number: int, sample: Sample, settings: Settings) -> dict[str, Any]:
    """A sample; of a long body the address alone, so that nobody need load what he does not use."""
    known: dict[str, Any] = {
        "name": sample.name,
        "method": sample.method,
        "signature": str(sample.request.get("signature_name") or "serving_default"),
        "tolerance": sample.tolerance,
    }
    if how := mapping(mappings(module.data.get("samples"))[number - 1].get("preprocessing")):
        known["preprocessing"] = {key: value for key, value in how.items() if key in _HOW}
    for part, body in bodies(sample):
        if is_long(body):
            path = path_of(module.name, number, part)
            known[f"{part}_at"] = settings.address(path, f"api/v1/modules/{module.name}.json")
        else:
            known[part] = body
    return known


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
        "asks": place.asks,
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
            "rule": settings.address(f"check/rules/{rule_of(each.code)}/", "api/v1/findings.json"),
        }
        for each in found
    ]
    return compact({"format": API, "count": len(rows), "findings": rows})


def deployments(places: Sequence[Place]) -> bytes:
    """`/api/v1/deployments.json`."""
    rows = [deployment(place) for place in places]
    return compact({"format": API, "count": len(rows), "deployments": rows})
