"""Every document of the static API, and every part of one, as JSON Schema."""

from __future__ import annotations

from typing import Any

from deepcat_site.api.document import API

_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_TRUTH: dict[str, Any] = {"type": "boolean"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_NUMBER: dict[str, Any] = {"type": "number"}


def _thing(about: str, properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> Any:
    return {
        "description": about,
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}


_FORMAT = {"const": API, "description": "Names this format."}
ENTRY: dict[str, Any] = {
    "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"},
    "title": _TEXT,
    "summary": _TEXT,
    "version": {"description": "SemVer.", **_TEXT},
    "license": {"description": "SPDX expression.", **_TEXT},
    "created": {"description": "ISO date, or empty.", **_TEXT},
    "updated": {"description": "ISO date, or empty.", **_TEXT},
    "tasks": _TEXTS,
    "libraries": _TEXTS,
    "data_types": _TEXTS,
    "categories": _TEXTS,
    "tags": _TEXTS,
    "gpu_memory_MB": {
        "description": "Least GPU memory for inference; 0 for no GPU, -1 for a GPU of any size.",
        "type": "integer",
        "minimum": -1,
    },
    "running": {"description": "Deployments that run now.", **_COUNT},
    "trainable": _TRUTH,
    "verified": {"description": "A deployment gave the samples' answers.", **_TRUTH},
    "deprecated": _TRUTH,
    "page": {"description": "The page's address.", **_TEXT},
    "document": {"description": "The whole document's address.", **_TEXT},
}
_NEEDS = {"type": "object", "additionalProperties": _NUMBER}
_SAMPLE: dict[str, Any] = {
    "name": _TEXT,
    "method": {"enum": ["predict", "classify", "regress"]},
    "signature": {"description": "The signature that it asks for.", **_TEXT},
    "request": {"type": "object"},
    "request_at": {"description": "The address of a request above 64 kB, in its place.", **_TEXT},
    "response": {"type": "object"},
    "response_at": {"description": "The address of a response above 64 kB, in its place.", **_TEXT},
    "tolerance": _NUMBER,
    "preprocessing": {"description": "How a picture becomes the input.", "type": "object"},
}
_OPTIONAL = ("request", "request_at", "response", "response_at", "preprocessing")
_METRIC: dict[str, Any] = {
    "dataset": _TEXT,
    "split": _TEXT,
    "name": _TEXT,
    "value": {"description": "As the module writes it.", **_NUMBER},
    "unit": {"description": "As the module writes it; may be empty.", **_TEXT},
    "better": {
        "description": "Which way is better; empty: unknown.",
        "enum": ["higher", "lower", ""],
    },
    "label": {"description": "The name as people say it.", **_TEXT},
    "words": {"description": "The value with its unit, as people read it.", **_TEXT},
    "interval": {"description": "The ends of its interval, as people read them.", **_TEXT},
    "interval_level": {"description": "How sure the interval is.", "type": ["number", "null"]},
    "key": {"description": "Equal where two values may be held against each other.", **_TEXT},
}
_TOPOLOGY: dict[str, Any] = {
    "profiles": {"description": "Profiles in which it has something to run.", **_TEXTS},
    "inputs": {
        "description": "By name: type, description, default, bounds, and whether it is needed.",
        "type": "object",
        "additionalProperties": {"type": "object"},
    },
}
_TRAINING: dict[str, Any] = {
    "inputs": _TOPOLOGY["inputs"],
    "data": {
        "description": "By the name that its script knows it by: a data set, or an address.",
        "type": "object",
        "additionalProperties": _TEXT,
    },
    "metric": {"description": "By which trainings are compared; may be empty.", **_TEXT},
}
_MODEL: dict[str, Any] = {
    "format": _TEXT,
    "path": _TEXT,
    "source": _TEXT,
    "sha256": _TEXT,
    "signature": {"type": "object", "additionalProperties": {"type": "object"}},
}
_AUTHOR: dict[str, Any] = {"name": _TEXT, "orcid": _TEXT, "affiliation": _TEXT}
_DEPLOYMENT: dict[str, Any] = {
    "name": _TEXT,
    "module": _TEXT,
    "version": _TEXT,
    "profile": _TEXT,
    "cloud": _TEXT,
    "shape": _TEXT,
    "status": {"enum": ["pending", "running", "ended", "failed", "stopping", "stopped", "gone"]},
    "verified": _TRUTH,
    "rest": {"description": "Base address of the REST API, or empty.", **_TEXT},
    "grpc": {"description": "Host and port, or empty.", **_TEXT},
    "asks": {
        "description": "What callers have to show; empty for nothing.",
        "enum": ["", "key", "token", "key or token"],
    },
    "price_hour": _NUMBER,
    "created": _TEXT,
    "updated": _TEXT,
}
_OFFER: dict[str, Any] = {
    "shape": _TEXT,
    "accelerator": _TEXT,
    "accelerators": _COUNT,
    "accelerator_memory_MiB": _COUNT,
    "cpus": _NUMBER,
    "memory_MiB": _COUNT,
    "price_hour": _NUMBER,
    "free": {"type": ["integer", "null"]},
}
_CLOUD: dict[str, Any] = {"name": _TEXT, "kind": _TEXT, "summary": _TEXT, "region": _TEXT}
_FINDING: dict[str, Any] = {
    "path": _TEXT,
    "line": _COUNT,
    "column": _COUNT,
    "code": _TEXT,
    "severity": {"enum": ["error", "hint"]},
    "message": _TEXT,
    "hint": _TEXT,
    "rule": {"description": "The rule's page.", **_TEXT},
}
_LINK: dict[str, Any] = {"kind": _TEXT, "url": _TEXT}
_CHANGE: dict[str, Any] = {"version": _TEXT, "date": _TEXT, "kind": _TEXT, "text": _TEXT}
# Every document and part by its name.
DEFINITIONS: dict[str, Any] = {
    "Entry": _thing("A module in short.", ENTRY),
    "Index": _thing(
        "Every module in short.",
        {
            "format": _FORMAT,
            "title": _TEXT,
            "summary": _TEXT,
            "currency": _TEXT,
            "count": _COUNT,
            "modules": _list("Entry"),
        },
    ),
    "Module": _thing(
        "Everything that a module's page shows.",
        {
            "format": _FORMAT,
            **ENTRY,
            "digest": _TEXT,
            "size": {
                "description": "Bytes of the model's archive; null where they are not known.",
                "type": ["integer", "null"],
            },
            "proved": {"description": "Date of the last right answers, or empty.", **_TEXT},
            "prices": _list("Price"),
            "description": _TEXT,
            "doi": _TEXT,
            "links": _list("Link"),
            "authors": _list("Author"),
            "maintainers": _TEXTS,
            "resources": {
                "type": "object",
                "properties": {"inference": _NEEDS, "training": _NEEDS},
                "additionalProperties": False,
            },
            "model": {"anyOf": [{"$ref": "#/$defs/Model"}, {"type": "null"}]},
            "samples": _list("Sample"),
            "metrics": _list("Metric"),
            "changes": _list("Change"),
            "deprecation": {"type": ["object", "null"], "additionalProperties": _TEXT},
            "topology": {"anyOf": [{"$ref": "#/$defs/Topology"}, {"type": "null"}]},
            "training": {"anyOf": [{"$ref": "#/$defs/Training"}, {"type": "null"}]},
            "deployments": _list("Deployment"),
            "ai4os": {"description": "The same as AI4OS' metadata.", "type": "object"},
            "croissant": {
                "description": "The linked data set as Croissant 1.0; null where there is none.",
                "type": ["object", "null"],
            },
            "badges": _thing(
                "What badges say, in the words of shields.io.",
                {name: {"$ref": "#/$defs/Badge"} for name in ("version", "samples", "running")},
                optional=("samples", "running"),
            ),
        },
    ),
    "Topology": _thing("What a deployment may ask of a module's topology.", _TOPOLOGY),
    "Training": _thing("What a deployment may ask of a module's training.", _TRAINING),
    "Deployments": _thing(
        "Every deployment, as the records know it.",
        {"format": _FORMAT, "count": _COUNT, "deployments": _list("Deployment")},
    ),
    "Clouds": _thing(
        "Every cloud with its shapes.",
        {"format": _FORMAT, "currency": _TEXT, "clouds": _list("Cloud")},
    ),
    "Findings": _thing(
        "Every finding of the check.",
        {"format": _FORMAT, "count": _COUNT, "findings": _list("Finding")},
    ),
    "Badge": _thing("What one badge says.", {"label": _TEXT, "message": _TEXT, "color": _TEXT}),
    "Model": _thing("The model that a module brings.", _MODEL),
    "Sample": _thing("A request with its expected answer.", _SAMPLE, optional=_OPTIONAL),
    "Metric": _thing("One measured value.", _METRIC),
    "Author": _thing("A person or a group.", _AUTHOR, optional=("orcid", "affiliation")),
    "Link": _thing("An address.", _LINK),
    "Change": _thing("What changed in a version.", _CHANGE),
    "Deployment": _thing("A deployment.", _DEPLOYMENT),
    "Cloud": _thing("A cloud.", {**_CLOUD, "offers": _list("Offer")}),
    "Price": _thing(
        "The cheapest shape of a cloud that could serve the module.",
        {"cloud": _TEXT, "shape": _TEXT, "price_hour": _NUMBER},
    ),
    "Offer": _thing("One shape of host.", _OFFER),
    "Finding": _thing("One thing that is wrong, or could be better.", _FINDING),
}
