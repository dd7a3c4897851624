"""Read JSON-LD as a JSON-LD processor does, and hold it against schema.org's and FAIR4ML's terms.

    python linked.py FILE…

Runs where `requirements.lock` is installed, with no network: the terms of schema.org come from the
package `rocrate`, those of FAIR4ML 0.1.0 from `fair4ml.yaml`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pyld import jsonld

SCHEMA = "http://schema.org/"
CROISSANT = "http://mlcommons.org/croissant/"
FAIR4ML = yaml.safe_load((Path(__file__).parent / "fair4ml.yaml").read_text())


def vocabulary() -> dict[str, str]:
    """schema.org's term -> whether it is a class or a property."""
    text = (files("rocrate") / "data" / "schema.jsonld").read_text("utf-8")
    return {
        node["@id"].replace("schema:", SCHEMA): str(node["@type"])
        for node in json.loads(text)["@graph"]
    }


TERMS = vocabulary()


def context(url: str, _options: Any = None) -> dict[str, Any]:
    """schema.org's context, made of its own vocabulary; nothing else is fetched."""
    if url.rstrip("/") != "https://schema.org":
        raise ValueError(f"a context that nobody expected: {url}")
    names = {term.removeprefix(SCHEMA): term for term in TERMS if term.startswith(SCHEMA)}
    addresses = {
        name: {"@id": names[name], "@type": "@id"} for name in ("url", "codeRepository", "license")
    }
    document = {"@context": {"@vocab": SCHEMA, **names, **addresses}}
    return {"contextUrl": None, "documentUrl": url, "document": document}


def faults(nodes: Any, path: str = "") -> Iterator[str]:
    """What is no term of a vocabulary, or stands at a thing that cannot have it."""
    for node in nodes if isinstance(nodes, list) else [nodes]:
        if not isinstance(node, dict) or "@value" in node:
            continue
        kinds = node.get("@type", [])
        for kind in kinds:
            local = kind.removeprefix(FAIR4ML["namespace"])
            known = kind in TERMS or local in FAIR4ML or kind == f"{CROISSANT}Dataset"
            if not known:
                yield f"{path}: no such class: {kind}"
        for key, value in node.items():
            if key.startswith("@"):
                continue
            if key.startswith(FAIR4ML["namespace"]):
                local = key.removeprefix(FAIR4ML["namespace"])
                homes = [kind.removeprefix(FAIR4ML["namespace"]) for kind in kinds]
                if not any(local in FAIR4ML.get(home, ()) for home in homes):
                    yield f"{path}: {key} does not belong to {kinds}"
            elif "rdf:Property" not in TERMS.get(key, ""):
                yield f"{path}: no such property: {key}"
            yield from faults(value, f"{path}/{key.rpartition('/')[2]}")


def dropped(document: dict[str, Any], expanded: Any) -> Iterator[str]:
    """Keys that a processor leaves out, since no context gives them a meaning."""
    text = json.dumps(expanded)
    for key in document:
        if not key.startswith("@") and f"{key.rpartition(':')[2]}" not in text:
            yield f"{key} has no meaning"


def main(names: list[str]) -> int:
    jsonld.set_document_loader(context)
    bad = {}
    for name in names:
        document = json.loads(Path(name).read_bytes())
        expanded = jsonld.expand(document)
        quads = jsonld.to_rdf(document, {"format": "application/n-quads"})
        found = [*faults(expanded), *dropped(document, expanded)]
        if f"<{FAIR4ML['namespace']}MLModel>" not in quads:
            found.append("it says nothing of a model")
        bad[name] = found
    print(json.dumps(bad, indent=1))
    return 1 if any(bad.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
