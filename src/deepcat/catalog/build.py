"""From parsed files to the catalog's values; pure, for documents that have no errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from deepcat.catalog.access import access_of
from deepcat.catalog.datasets import manifest_of
from deepcat.catalog.reading.units import Unit
from deepcat.catalog.values import (
    AcceleratorRequest,
    Cloud,
    Collection,
    Dataset,
    Deployment,
    ModelRef,
    Module,
    Placement,
    Sample,
)
from deepcat.quantities import mebibytes, seconds

_TOPOLOGY = "tosca.yaml"


def module(
    unit: Unit, data: Mapping[str, Any], digest: str, read: Callable[[str], bytes]
) -> Module:
    """A module's value.

    Args:
        unit: its folder.
        data: `module.yaml`.
        digest: over all files of the folder.
        read: gives the content of a file of the folder by its relative path.
    """
    names = {entry.path for entry in unit.entries}
    template = data.get("topology")
    if template is None and f"{unit.path}/{_TOPOLOGY}" in names:
        template = _TOPOLOGY
    return Module(
        name=data["name"],
        version=data["version"],
        path=unit.path,
        data=data,
        digest=digest,
        topology=f"{unit.path}/{template}" if template else "",
        model=_model(data.get("model")),
        samples=tuple(_sample(item, read) for item in data.get("samples", ())),
    )


def _model(data: Mapping[str, Any] | None) -> ModelRef | None:
    if data is None:
        return None
    path, source = data.get("path", ""), data.get("source", "")
    return ModelRef(data["format"], path, source, data["sha256"], data.get("signature", {}))


def _sample(data: Mapping[str, Any], read: Callable[[str], bytes]) -> Sample:
    bodies = {}
    for part in ("request", "response"):
        body = data.get(part)
        bodies[part] = json.loads(read(data[f"{part}_file"])) if body is None else body
    tolerance = float(data.get("tolerance", Sample.__dataclass_fields__["tolerance"].default))
    files = {f"{part}_file": data.get(f"{part}_file", "") for part in bodies}
    return Sample(data["name"], data["method"], **bodies, tolerance=tolerance, **files)


def cloud(unit: Unit, data: Mapping[str, Any]) -> Cloud:
    """A cloud's value."""
    return Cloud(data["name"], unit.path, data["kind"], data)


def collection(unit: Unit, data: Mapping[str, Any]) -> Collection:
    """A collection's value."""
    return Collection(
        name=unit.name,
        path=unit.path,
        title=data["title"],
        description=data.get("description", ""),
        modules=tuple(data["modules"]),
        compare=data.get("compare", False),
    )


def dataset(unit: Unit, data: Mapping[str, Any], read: Callable[[str], bytes]) -> Dataset:
    """A data set's value.

    Args:
        unit: its file.
        data: the file as parsed.
        read: gives the content of a file of the catalog.
    """
    manifest = manifest_of(data, read)
    return Dataset(unit.name, unit.path, data["address"], manifest, data["bytes"], data)


def deployment(unit: Unit, data: Mapping[str, Any]) -> Deployment:
    """A deployment's value."""
    return deployment_of(unit.name, unit.path, data)


def deployment_of(name: str, path: str, data: Mapping[str, Any]) -> Deployment:
    """A deployment's value; of one without a file, the path is empty."""
    bounds = data.get("placement", {})
    placement = Placement(
        clouds=tuple(bounds.get("clouds", ())),
        max_price=bounds.get("max_price"),
        prefer=bounds.get("prefer") or "",
    )
    return Deployment(
        name=name,
        path=path,
        module=data["module"],
        version=data.get("version", "*"),
        profile=data.get("profile", "serve"),
        inputs=data.get("inputs", {}),
        accelerator=_accelerator(data.get("accelerator")),
        placement=placement,
        lifetime_s=_lifetime(data.get("lifetime")),
        owner=data.get("owner", "").removeprefix("@"),
        data=data,
        access=access_of(data.get("access")),
    )


def _accelerator(data: Mapping[str, Any] | None) -> AcceleratorRequest | None:
    if data is None:
        return None
    capability = data.get("compute_capability")
    return AcceleratorRequest(
        vendor=data.get("vendor", ""),
        models=tuple(data.get("models", ())),
        count=data.get("count", 1),
        memory_MiB=mebibytes(data.get("memory")),
        compute_capability=None if capability is None else _capability(capability),
        cuda=data.get("cuda", ""),
        driver=data.get("driver", ""),
        mig=data.get("mig", ""),
        interconnect=data.get("interconnect", ""),
    )


def _capability(value: str | float) -> tuple[int, int]:
    major, _, minor = str(value).partition(".")
    return int(major), int(minor or 0)


def _lifetime(text: str | None) -> int | None:
    span = seconds(text)
    return None if span is None else int(span)
