"""AI4OS v2 (`ai4-metadata.yml`) as a module: each field by its function, and the rest set aside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deepcat.catalog.converting import texts, vocabulary
from deepcat.catalog.converting.links import doi, links
from deepcat.catalog.converting.read import Source
from deepcat.catalog.converting.repairs import Repairs, set_aside
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.wording import listed, shown

# The newest version that we write; a file that says so needs no note of it.
AI4OS_VERSION = "2.3.0"
# Under this key an exported file carries what AI4OS has no field for.
OURS = "x-deepcat"
TEXTS = ("title", "summary", "description")
TOP = frozenset(
    [*TEXTS, "doi", "dates", "links", *vocabulary.VOCABULARIES, "tags", "resources", "license"]
)
NUMBERS = ("cpu", "gpu", "memory_MB", "gpu_memory_MB", "storage_MB")
# Amounts with a unit, and the field in megabytes that each becomes.
AMOUNTS = {"memory": "memory_MB", "gpu_memory": "gpu_memory_MB", "storage": "storage_MB"}
AMOUNTS["disk"] = "storage_MB"
KNOWN_NEEDS = frozenset([*NUMBERS, *AMOUNTS, "gpu_compute_capability"])

# What YAML 1.1 takes for a date.
_YAML_DATE = re.compile(r":\s+(\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?([Tt]|\s+)\d[^#]*)\s*(#.*)?$")


def module(raw: Mapping[str, Any], source: Source, repairs: Repairs) -> dict[str, Any]:
    """A module's data, without its name and version, from metadata in the shape of v2.

    Args:
        raw: the metadata; not changed.
        source: where it was read from.
        repairs: learns what was mended.
    """
    exported = isinstance(raw.get(OURS), dict)
    result: dict[str, Any] = dict(raw[OURS]) if exported else {}
    # First, so that nothing else is set aside under their names.
    result |= {k: v for k, v in raw.items() if k.startswith("x-") and not (exported and k == OURS)}
    result |= _texts(raw, repairs, as_written=exported)
    _doi(raw, result, repairs)
    if "dates" in raw:
        _dates(raw["dates"], result, source, repairs)
    given = raw.get("links")
    result["links"] = links(given, repairs, as_written=exported)
    if given is not None and not isinstance(given, dict):
        set_aside(result, "links", given)
    for field in vocabulary.VOCABULARIES:
        _vocabulary(field, raw, result, repairs)
    _tags(raw, result, repairs)
    if "resources" in raw:
        _resources(raw["resources"], result, repairs)
    if raw.get("license") is not None:
        result["license"] = vocabulary.licence(raw["license"], ("license",), repairs)
        if result["license"] != raw["license"] and result["license"] == vocabulary.UNKNOWN_LICENCE:
            set_aside(result, "license", raw["license"])
    _rest(raw, result, repairs, quiet=exported)
    return result


def _texts(raw: Mapping[str, Any], repairs: Repairs, *, as_written: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in TEXTS:
        value = raw.get(field)
        if value is None:
            continue
        if field == "description" and not as_written:
            text = texts.description(value, (field,), repairs)
        else:
            text = texts.plain_text(value, (field,), repairs)
        if text.strip():
            found[field] = text
    return found


def _doi(raw: Mapping[str, Any], result: dict[str, Any], repairs: Repairs) -> None:
    value = raw.get("doi")
    if value is None or value == "":
        return
    found = doi(value)
    if not found:
        name = set_aside(result, "doi", value)
        repairs.say(("doi",), "doi", f"{shown(value)} is no DOI, and is kept as `{name}`")
        return
    if found != value:
        repairs.say(("doi",), "doi", f"{shown(value)} is now `{found}`")
    result["doi"] = found


def _dates(value: Any, result: dict[str, Any], source: Source, repairs: Repairs) -> None:
    if not isinstance(value, dict):
        if value is not None:
            set_aside(result, "dates", value)
        return
    days: dict[str, Any] = {}
    for key, given in value.items():
        pointer: Pointer = ("dates", key)
        if key.startswith("x-"):
            days[key] = given
        elif key not in {"created", "updated"}:
            set_aside(days, key, given)
        elif given is not None:
            day = vocabulary.date(given)
            days[key if day else set_aside(days, key, given)] = day or given
            _say_date(given, day, pointer, source, repairs)
    _both(days, repairs)
    if "created" in days:
        result["dates"] = days
    elif days:
        set_aside(result, "dates", days)


def _say_date(given: Any, day: str, pointer: Pointer, source: Source, repairs: Repairs) -> None:
    if not day:
        hint = 'write the day as "YYYY-MM-DD"'
        repairs.say(pointer, "date", f"{shown(given)} is no day that can be told", hint)
    elif day != given:
        repairs.say(pointer, "date", f"{shown(given)} is now `{day}`")
    place = repairs.place_of(repairs.source(pointer))
    if source.is_yaml and 0 < place.line <= len(source.lines):
        line = source.lines[place.line - 1][place.column - 1 :]
        if _YAML_DATE.search(line):
            message = "the day stands without quotes, so other programs read no text"
            repairs.say(pointer, "unquoted-date", message)


def _both(days: dict[str, Any], repairs: Repairs) -> None:
    """Both days, or none: each stands for the other where that is missing."""
    for key, other in (("updated", "created"), ("created", "updated")):
        if other in days and key not in days:
            days[key] = days[other]
            message = f"no day is given for `{key}`; the one of `{other}` stands for it"
            repairs.say(("dates", other), "date", message, "write the day if you know it")
    if "created" in days and days["updated"] < days["created"]:
        name = set_aside(days, "updated", days["updated"])
        days["updated"] = days["created"]
        message = f"updated before it was created; that day is kept as `{name}`"
        repairs.say(("dates", "updated"), "date", message, "correct one of the two days")


def _vocabulary(
    field: str, raw: Mapping[str, Any], result: dict[str, Any], repairs: Repairs
) -> None:
    value = raw.get(field)
    if value is None and field == "data-type":
        return
    given = _list(field, value, repairs)
    found: list[str] = []
    unknown = []
    for i, word in enumerate(given):
        known = vocabulary.known_word(field, word)
        if known and known != word:
            repairs.say((field, i), "vocabulary", f"{shown(word)} is written `{known}`")
        if known and known in found:
            repairs.say((field, i), "repeated", f"`{known}` stands twice; one is enough")
        elif known:
            found.append(known)
        else:
            unknown.append(word)
    if unknown:
        name = set_aside(result, field, unknown)
        message = (
            f"{listed(str(word) for word in unknown)} is no word of `{field}`, kept as `{name}`"
        )
        repairs.say((field,), "vocabulary", message, "choose among the words of the schema")
        if "Other" not in found and vocabulary.known_word(field, "Other"):
            found.append("Other")
    result[field] = found


def _list(field: str, value: Any, repairs: Repairs) -> list[Any]:
    if isinstance(value, list):
        return value
    if value is None:
        message = f"`{field}` is missing, and left empty"
        repairs.say((field,), "missing", message, f"add `{field}`, so that readers can filter")
        return []
    repairs.say((field,), "list", f"`{field}` is one value, now a list of one")
    return [value]


def _tags(raw: Mapping[str, Any], result: dict[str, Any], repairs: Repairs) -> None:
    found: list[str] = []
    for i, tag in enumerate(_list("tags", raw.get("tags"), repairs)):
        text = tag if isinstance(tag, str) else texts.plain_text(tag, ("tags", i), repairs)
        if text in found:
            repairs.say(("tags", i), "repeated", f"{shown(text)} stands twice; one is enough")
        elif text:
            found.append(text)
    result["tags"] = found


def _resources(value: Any, result: dict[str, Any], repairs: Repairs) -> None:
    if not isinstance(value, dict):
        if value is not None:
            set_aside(result, "resources", value)
        return
    found: dict[str, Any] = {}
    for purpose, needs in value.items():
        if purpose.startswith("x-"):
            found[purpose] = needs
        elif purpose in {"inference", "training"} and isinstance(needs, dict):
            found[purpose] = _needs(needs, ("resources", purpose), repairs)
        else:
            set_aside(found, purpose, needs)
    result["resources"] = found


def _needs(needs: Mapping[str, Any], pointer: Pointer, repairs: Repairs) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in needs.items():
        field = AMOUNTS.get(key, key)
        if key.startswith("x-"):
            found[key] = value
            continue
        number = vocabulary.megabytes(value) if key in AMOUNTS else None
        if key in NUMBERS:
            number = vocabulary.whole_number(value)
            if number is None and key.endswith("_MB"):
                number = vocabulary.megabytes(value)
        if number is not None and field not in found and (key in NUMBERS or field not in needs):
            found[field] = number
            if number != value or type(number) is not type(value):
                message = f"`{key}: {value}` is now `{field}: {number}`"
                repairs.say((*pointer, key), "amount", message)
        elif key == "gpu_compute_capability" and _is_number(value):
            found[key] = value
        elif value is not None or key not in KNOWN_NEEDS:
            set_aside(found, key, value)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rest(raw: Mapping[str, Any], result: dict[str, Any], repairs: Repairs, *, quiet: bool) -> None:
    """What no function above has taken."""
    for key, value in raw.items():
        if key in TOP or key.startswith("x-"):
            continue
        if key == "metadata_version":
            if value != AI4OS_VERSION:
                set_aside(result, key, value)
        else:
            name = set_aside(result, key, value)
            message = f"`{key}` has no field here, and is kept as `{name}`"
            if not quiet:
                repairs.say((key,), "unknown", message)
