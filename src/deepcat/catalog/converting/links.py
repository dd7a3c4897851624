"""Links: addresses as they should be, and what can be mended of those that are not."""

from __future__ import annotations

import re
from typing import Any

from deepcat.catalog.converting.repairs import Repairs, set_aside
from deepcat.catalog.judging.schema import load_schema
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown

_SCHEMA = load_schema(UnitKind.MODULE)["properties"]["links"]["properties"]
LINKS = frozenset(_SCHEMA)
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(:\d+)?(/[^\s<>\"]*)?\Z", re.IGNORECASE)
_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/\S+)\Z", re.I)


def doi(value: Any) -> str:
    """A DOI without its resolver's address; empty when the value is none."""
    found = _DOI.match(value.strip()) if isinstance(value, str) else None
    return found[1] if found else ""


def links(value: Any, repairs: Repairs, *, as_written: bool) -> dict[str, Any]:
    """The links that our schema knows, mended where they can be; others begin with `x-`.

    Args:
        value: the links by name.
        repairs: learns what was mended.
        as_written: whether empty ones that we do not know are meant, and kept.
    """
    result: dict[str, Any] = {}
    if not isinstance(value, dict):
        return result
    for key, target in value.items():
        pointer: Pointer = ("links", key)
        if key.startswith("x-"):
            result[key] = target
        elif target in (None, "") and not (as_written and key not in LINKS):
            repairs.say(pointer, "empty-link", f"`{key}` leads nowhere and is left out")
        elif key not in LINKS:
            set_aside(result, key, target)
        else:
            mended = _mended(key, target, pointer, repairs)
            if mended:
                result[key] = mended
            else:
                name = set_aside(result, key, target)
                message = f"{shown(target)} is no address, and is kept as `{name}`"
                repairs.say(pointer, "link", message, f"write `{key}: https://…`")
    return result


def _mended(key: str, target: Any, pointer: Pointer, repairs: Repairs) -> str:
    """The link in the form that the schema asks for; empty when that cannot be had."""
    if not isinstance(target, str):
        return ""
    text = target.strip()
    choices = [text, text.lower()] if key == "docker_image" else [text]
    if key == "zenodo_doi" and doi(text):
        choices.append(f"https://doi.org/{doi(text)}")
    if _HOST.match(text):
        choices.append(f"https://{text}")
    for choice in choices:
        if re.search(_SCHEMA[key]["pattern"], choice) and len(choice) <= 2000:
            if choice != target:
                repairs.say(pointer, "link", f"{shown(target)} is now {shown(choice)}")
            return choice
    return ""
