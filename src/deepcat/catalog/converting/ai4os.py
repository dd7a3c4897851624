"""A module as AI4OS metadata 2.3.0; `convert` gives the same module back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from deepcat.catalog.converting.ai4_v2 import AI4OS_VERSION, KNOWN_NEEDS, OURS, TOP
from deepcat.catalog.converting.generation import V1_KEYS
from deepcat.catalog.converting.links import LINKS
from deepcat.catalog.converting.vocabulary import VOCABULARIES

# Names that mean something to a reader of AI4OS metadata, or to our own import.
_TOP = TOP | V1_KEYS | {"metadata_version", "deepcat"}


def export(module: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a module.

    What AI4OS has a field for stands there; what once came from AI4OS under a name that we do not
    know has that name again; all else stands under `x-deepcat`.

    Args:
        module: the data of a `module.yaml` that keeps the schema.
    """
    result: dict[str, Any] = {"metadata_version": AI4OS_VERSION}
    ours: dict[str, Any] = {}
    for key, value in module.items():
        if key in TOP:
            result[key] = value
        elif key == OURS or not key.startswith("x-"):
            ours[key] = value
    for field in (*VOCABULARIES, "tags"):
        if field != "data-type":
            result.setdefault(field, [])
    result["links"] = _bare(module["links"], LINKS)
    if "dates" in module:
        result["dates"] = _bare(module["dates"], {"created", "updated"})
    if "resources" in module:
        result["resources"] = {
            purpose: _bare(needs, KNOWN_NEEDS) if isinstance(needs, dict) else needs
            for purpose, needs in _bare(module["resources"], {"inference", "training"}).items()
        }
    aside = {key: value for key, value in module.items() if key.startswith("x-") and key != OURS}
    return result | _bare(aside, _TOP) | {OURS: ours}


def _bare(values: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The same values, `x-NAME` called `NAME` where the import would call it `x-NAME` again."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        name = key.removeprefix("x-")
        free = name and name not in known and not name.startswith("x-") and name not in values
        result[name if key.startswith("x-") and free else key] = value
    return result
