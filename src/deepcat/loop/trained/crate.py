"""Where a model came from, as an RO-Crate: Process Run Crate 0.5, with PROV's terms. Pure.

The crate is a document that describes the training. What it made lies elsewhere, and is known by
its checksum; what lies beside the document is a part of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from deepcat.host.data.address import MOUNT
from deepcat.loop.trained.values import Provenance
from deepcat.records.energy import words

# Whether data is mounted -> what is to be said of it.
_SUMMED = {False: "", True: " (mounted, not summed: its checksum is of the list of its files)"}
NAME = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_RO, _TERMS = "https://w3id.org/ro/crate/1.1", "https://w3id.org/ro/terms/workflow-run#"
_PROV = "http://www.w3.org/ns/prov#"
_CONTEXT = [
    f"{_RO}/context",
    {
        "sha256": f"{_TERMS}sha256",
        "resourceUsage": f"{_TERMS}resourceUsage",
        "wasGeneratedBy": f"{_PROV}wasGeneratedBy",
        "wasDerivedFrom": f"{_PROV}wasDerivedFrom",
    },
]
_DONE = "http://schema.org/CompletedActionStatus"
_MOST = 200

Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """Whose training it was.

    Attributes:
        title: of the module.
        catalog: title of the catalog.
        site: address of its website, with a slash at the end; empty for none.
        license: of the module, as an address or as its name; empty for none.
    """

    title: str
    catalog: str
    site: str = ""
    license: str = ""


def crate(
    source: Provenance,
    about: About,
    made: Sequence[Mapping[str, Any]],
    metrics: Mapping[str, float],
    beside: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The document of a training that ended well.

    Args:
        source: how it came to be.
        about: whose it was.
        made: ``path``, ``bytes`` and ``sha256`` of each file that it made.
        metrics: name -> value.
        beside: files that lie beside the document: name -> what each is.
    """
    action = f"#training-{source.id}"
    data = [_data(str(name), each) for name, each in source.data.items()]
    results = [
        _made(each, action) | {"wasDerivedFrom": _references(data)} for each in list(made)[:_MOST]
    ]
    figures = [_property("metric", name, value) for name, value in list(metrics.items())[:_MOST]]
    inputs = [_property("input", name, _plain(value)) for name, value in source.inputs.items()]
    usage = _usage(source)
    publisher = _full({
        "@id": about.site or "#catalog", "@type": "Organization", "name": about.catalog,
        "url": about.site,
    })  # fmt: skip
    license_ = {
        "@id": about.license if about.license.startswith("https://") else "#license",
        "@type": "CreativeWork", "name": about.license, "description": "The licence of the module.",
    }  # fmt: skip
    files = [
        {"@id": name, "@type": "File", "name": name, "description": what,
         "encodingFormat": "application/json"}
        for name, what in (beside or {}).items()
    ]  # fmt: skip
    tool = _tool(source, about)
    described = f"How `{source.module}` {source.version} was trained by `{source.deployment}`."
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{about.title}: training {source.id}",
        "description": described,
        "datePublished": source.ended,
        "license": _references([license_] if about.license else []),
        "publisher": _references([publisher]),
        "author": _references([publisher]),
        "conformsTo": {"@id": PROFILE},
        "hasPart": _references(files),
        "mentions": {"@id": action},
        "identifier": source.id,
    }
    run = {
        "@id": action,
        "@type": "CreateAction",
        "name": f"Training {source.id}",
        "description": described,
        "startTime": source.began,
        "endTime": source.ended,
        "actionStatus": _DONE,
        "agent": _references([publisher]),
        "instrument": _references([tool]),
        "object": _references([*data, *inputs]),
        "result": _references([*results, *figures]),
        "resourceUsage": _references(usage),
    }
    licenses = [license_] if about.license else []
    profile = {
        "@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5",
    }  # fmt: skip
    parts = (root, run, profile, publisher, *licenses, tool, *data, *inputs, *results)
    graph = [_descriptor(), *map(_full, (*parts, *figures, *usage, *files))]
    return {"@context": _CONTEXT, "@graph": graph}


def _descriptor() -> Entity:
    return {
        "@id": NAME,
        "@type": "CreativeWork",
        "conformsTo": {"@id": _RO},
        "about": {"@id": "./"},
    }


def _tool(source: Provenance, about: About) -> Entity:
    """The version whose script was run."""
    where = f"{about.site}modules/{source.module}/" if about.site else ""
    return {
        "@id": f"{where}#{source.version}" if where else f"urn:deepcat:module:{source.module}",
        "@type": "SoftwareApplication",
        "name": source.module,
        "description": f"Its training, at commit {source.commit} of the catalog.",
        "softwareVersion": source.version,
        "identifier": source.commit,
        "softwareRequirements": f"sha256:{source.lock}" if source.lock else "",
        "url": where,
    }


def _made(each: Mapping[str, Any], action: str) -> Entity:
    """A file that is known by its checksum, wherever it lies."""
    return {
        "@id": f"urn:sha256:{each.get('sha256')}",
        "@type": "CreativeWork",
        "name": str(each.get("path")),
        "contentSize": str(each.get("bytes")),
        "sha256": str(each.get("sha256")),
        "wasGeneratedBy": {"@id": action},
    }


def _data(name: str, each: Any) -> Entity:
    held = each if isinstance(each, Mapping) else {"address": each}
    address, how = str(held.get("address") or ""), held.get("how") == MOUNT
    listed = held.get("listed")
    known = held.get("digest")
    if how:
        known = listed.get("sha256") if isinstance(listed, Mapping) else ""
    return {
        "@id": f"#data-{quote(name, safe='')}",
        "@type": "CreativeWork",
        "name": str(held.get("dataset") or name),
        "description": f"What the script knows as `{name}`: {address}{_SUMMED[how]}",
        "identifier": f"sha256:{known}" if known else "",
        "contentSize": str(held.get("bytes") or ""),
        "url": address if address.startswith("https://") else "",
    }


def _property(kind: str, name: str, value: Any, unit: str = "") -> Entity:
    return {
        "@id": f"#{kind}-{quote(name, safe='')}",
        "@type": "PropertyValue",
        "additionalType": kind,
        "propertyID": name,
        "name": name,
        "value": value,
        "unitText": unit,
    }


def _usage(source: Provenance) -> list[Entity]:
    """What it took; of energy with how it is known."""
    energy, carbon = words(source.energy)
    told = [
        _property("usage", "duration", source.duration_s, "s"),
        _property("usage", "cost", source.cost, source.currency),
        _property("usage", "energy", source.energy.get("kWh"), "kWh") | {"description": energy},
        _property("usage", "carbon dioxide", source.energy.get("carbon_kg"), "kg")
        | {"description": carbon},
        _property("usage", "seed", source.seed),
        _property("usage", "host", f"{source.cloud}/{source.shape}"),
        *(_property("usage", key, _plain(value)) for key, value in source.hardware.items()),
    ]
    return [each for each in told if each["value"] not in (None, "", "[]")]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else json.dumps(value, sort_keys=True)


def _references(entities: Sequence[Entity]) -> Any:
    """Entities by their names; a single one stands alone, as RO-Crate recommends."""
    found = [{"@id": entity["@id"]} for entity in entities]
    return found[0] if len(found) == 1 else found


def _full(entity: Entity) -> Entity:
    return {key: item for key, item in entity.items() if item not in ("", None, [], {})}
