"""What differs between two states of an object, in words for a person; no secret is told. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Object = Mapping[str, Any]

# What the API server says of an object, and nobody asks of it.
_ITS_OWN = (
    *("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"),
)
# What says what an object is, is looked at by itself, or is no wish.
_APART = ("kind", "metadata", "status")
_ITS_MARKS = ("deployment.kubernetes.io/", "kubectl.kubernetes.io/")
_LONG = 80
_KEPT_BACK = "(not shown)"
# Items of a list are the same ones where these of theirs are.
_KEYS = ("name", "mountPath", "containerPort", "port", "key")


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What is compared, and never shown."""

    value: str = field(repr=False)


def differences(before: Object, after: Object) -> Iterator[str]:
    """A line for each field that differs: ``spec.replicas: 1 → 2``.

    Args:
        before: as it is there.
        after: as it would be there.
    """
    for path, old, new in _fields(_asked(before), _asked(after), ""):
        if isinstance(old, _Hidden) or isinstance(new, _Hidden):
            yield f"{path}: {_KEPT_BACK}"
        elif path.startswith("binaryData"):
            yield f"{path}: other bytes"
        else:
            yield f"{path}: {_shown(old)} → {_shown(new)}"


def _asked(each: Object) -> Object:
    """An object without what the API server says of it; what may be a secret is hidden."""
    metadata = dict(each.get("metadata") or {})
    marks = dict(metadata.get("annotations") or {})
    metadata["annotations"] = {
        key: value for key, value in marks.items() if not key.startswith(_ITS_MARKS)
    }
    for key in _ITS_OWN:
        metadata.pop(key, None)
    rest = {key: value for key, value in each.items() if key not in _APART}
    if each.get("kind") == "Secret":
        for part in {"data", "stringData"} & rest.keys():
            rest[part] = {key: _Hidden(str(value)) for key, value in (rest[part] or {}).items()}
    metadata = {key: value for key, value in metadata.items() if value}
    return {**_veiled(rest), "metadata": metadata}


def _veiled(value: Any) -> Any:
    """The same, but that nobody sees what the variables of containers say."""
    if isinstance(value, list):
        return [_veiled(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    found = {key: _veiled(each) for key, each in value.items()}
    if isinstance(found.get("env"), list):
        found["env"] = [_variable(each) for each in found["env"]]
    return found


def _variable(each: Any) -> Any:
    if isinstance(each, Mapping) and "value" in each:
        return {**each, "value": _Hidden(str(each["value"]))}
    return each


def _fields(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _fields(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list) and (key := _key(old, new)):
        was, will = ({str(each[key]): each for each in held} for held in (old, new))
        for name in sorted({*was, *will}):
            yield from _fields(was.get(name), will.get(name), f"{path}[{name}]")
    elif old != new:
        yield path, old, new


def _key(old: list[Any], new: list[Any]) -> str:
    """What tells the items of both lists from one another; empty where nothing does."""
    for key in _KEYS:
        if all(isinstance(each, Mapping) and key in each for each in (*old, *new)) and all(
            len({str(each[key]) for each in held}) == len(held) for held in (old, new)
        ):
            return key
    return ""


def _shown(value: Any) -> str:
    if value is None:
        return "(none)"
    words = (
        value
        if isinstance(value, str)
        else json.dumps(value, sort_keys=True, default=lambda _: _KEPT_BACK)
    )
    return words if len(words) <= _LONG else f"{words[: _LONG - 1]}…"
