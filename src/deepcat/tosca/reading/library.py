"""The type library that travels with deepcat, and its short notation.

A property in `types/*.yaml` may be one line, ``TYPE [of ENTRY][?] [= DEFAULT] [where RULE ARG]``:
``?`` makes it optional, the default and the rule's argument are JSON or else text. A capability may
be its type's name alone, an interface's operations a list of names. `expand` gives TOSCA's own
grammar back, type by type and only for the types that a template uses.

The files are ours, so they are read from the package's folder, quickly and unchecked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from deepcat import resources
from deepcat.catalog.reading.own_yaml import loads

KINDS: Final = (
    "node_types",
    "relationship_types",
    "capability_types",
    "interface_types",
    "data_types",
    "artifact_types",
    "policy_types",
    "group_types",
)
ALWAYS: Final = ("normative", "profile_1_3")
# By name in `imports`, and by the public addresses that templates of the field use.
BY_NAME: Final = {"deepcat": "deepcat", "indigo": "indigo", "tosca": "normative"}
_INDIGO = re.compile(
    r"https?://(?:raw\.githubusercontent\.com/indigo-dc/tosca-types/[\w./-]+"
    r"|github\.com/indigo-dc/tosca-types/(?:raw|blob)/[\w./-]+)/custom_types\.ya?ml\Z"
)

_SHORT = re.compile(r"(?P<type>[^?=]+?)(?P<optional>\?)?(?: = (?P<default>.*?))?\Z", re.DOTALL)


def library_of(target: str) -> str | None:
    """The vendored library that an import means, by name or by a public address; else None."""
    if target in BY_NAME:
        return BY_NAME[target]
    return "indigo" if len(target) < 500 and _INDIGO.match(target) else None


@cache
def library(name: str) -> Mapping[str, Mapping[str, Any]]:
    """One library as written: kind -> type's name -> definition in the short notation."""
    text = (resources.types() / f"{name}.yaml").read_text(encoding="utf-8")
    data = loads(text)
    return {kind: data.get(kind) or {} for kind in KINDS}


@cache
def owner_of(kind: str, name: str) -> str | None:
    """The library that defines a type, or None."""
    for candidate in (*ALWAYS, "deepcat", "indigo"):
        if name in library(candidate)[kind]:
            return candidate
    return None


@cache
def definition(owner: str, kind: str, name: str) -> Mapping[str, Any]:
    """A type's definition in TOSCA's own grammar. Callers must not change it."""
    return expand(kind, library(owner)[kind][name])


def expand(kind: str, short: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the short notation of one type into TOSCA's grammar."""
    full = dict(short)
    for section in ("properties", "attributes"):
        if section in full:
            full[section] = {name: _property(value) for name, value in full[section].items()}
    if "capabilities" in full:
        full["capabilities"] = {
            name: {"type": value} if isinstance(value, str) else value
            for name, value in full["capabilities"].items()
        }
    if kind == "interface_types" and isinstance(full.get("operations"), list):
        full["operations"] = {name: {} for name in full["operations"]}
    return full


def _property(short: Any) -> dict[str, Any]:
    if not isinstance(short, str):
        return {**short, **_property(short["type"])} if "type" in short else dict(short)
    text, _, rule = short.partition(" where ")
    match = _SHORT.match(text)
    assert match  # noqa: S101 - our own files, tested
    full: dict[str, Any] = _type(match["type"])
    if match["optional"]:
        full["required"] = False
    if match["default"] is not None:
        full["default"] = _json(match["default"])
    if rule:
        operator, _, argument = rule.partition(" ")
        full["constraints"] = [{operator: _json(argument)}]
    return full


def _type(text: str) -> dict[str, Any]:
    outer, _, inner = text.partition(" of ")
    return {"type": outer, "entry_schema": _type(inner)} if inner else {"type": outer}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
