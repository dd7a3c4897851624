"""Artifacts of a registry that are no images, as OCI 1.1 has them and ORAS makes them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from deepcat.runtime.image import MANIFEST, named
from deepcat.runtime.registry import Blob, Registry

_INDEX = "application/vnd.oci.image.index.v1+json"
_EMPTY = "application/vnd.oci.empty.v1+json"
EMPTY = Blob(named(_EMPTY, b"{}")["digest"], 2, partial(io.BytesIO, b"{}"))


def artifact(
    kind: str,
    layers: Sequence[Mapping[str, Any]],
    annotations: Mapping[str, str] | None = None,
    subject: Mapping[str, Any] | None = None,
) -> bytes:
    """The manifest of an artifact, whose configuration is `EMPTY`.

    Args:
        kind: the type of the artifact.
        layers: descriptors of its blobs.
        annotations: of the manifest.
        subject: descriptor of the manifest that it refers to; None for none.
    """
    told: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": named(_EMPTY, b"{}"),
        "layers": list(layers),
    }
    told |= {"annotations": dict(annotations)} if annotations else {}
    told |= {"subject": dict(subject)} if subject else {}
    return _bytes(told)


def referrer(kind: str, content: bytes, subject: Mapping[str, Any]) -> tuple[list[Blob], bytes]:
    """What lets a content refer to a manifest: blobs in their order, then a manifest.

    Args:
        kind: the type of the content.
        content: the content.
        subject: descriptor of the manifest.
    """
    listed = named(kind, content)
    blob = Blob(listed["digest"], len(content), partial(io.BytesIO, content))
    return [EMPTY, blob], artifact(kind, [listed], subject=subject)


def list_referrer(registry: Registry, subject: str, kind: str, manifest: bytes) -> None:
    """Where a registry keeps no list of referrers, let a tag of the subject's digest name one."""
    if registry.lists_referrers(subject):
        return
    told = {**named(MANIFEST, manifest), "artifactType": kind}
    tag = subject.replace(":", "-")
    found = registry.manifest(tag).get("manifests")
    listed = found if isinstance(found, list) else []
    if told not in listed:
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [*listed, told]}
        registry.name(tag, _bytes(index), _INDEX)


def _bytes(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, sort_keys=True).encode()
