"""The type library that travels with deepcat, and its short notation.

A property in `types/*.yaml` may be one line, ``TYPE [of ENTRY][?] [= DEFAULT] [where RULE ARG]``:
``?`` makes it optional, the default and the rule's argument are JSON or else text. A capability may
be its type's name alone, an interface's operations a list of names. `expand` gives TOSCA's own
grammar back, type by type and only for the types that a template uses. `based_on: NAME` takes all
types of another library that the file does not define itself.

What an operation of somebody else's library is carried out by lies at an address, and nothing is
fetched from there: such a library says which operations a type defines, and no more. `CARRIED_OUT`
says which of its types roles of ours bring up instead.

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
OURS: Final = "deepcat"
ALWAYS: Final = ("normative", "profile_1_3")
# What an import may name outright.
BY_NAME: Final = {
    "deepcat": "deepcat",
    "indigo": "indigo",
    "grycap": "grycap",
    "tosca": "normative",
}
# Public addresses: repository, file, what is in the name of the branch or tag, and the library that
# they stand for; the first that fits.
_INDIGO: Final = "indigo-dc/tosca-types"
_PUBLIC: Final = (
    (_INDIGO, "custom_types", r"dodas|k8s", "indigo_dodas"),
    (_INDIGO, "custom_types", r"hybrid", "indigo_hybrid"),
    (_INDIGO, "custom_types", r"/(?:master|main|v?5[\w.]*)\Z", "indigo"),
    (_INDIGO, "custom_types", r"", "indigo_older"),
    (_INDIGO, "dodas_types/dodas_legacy_types", r"", "dodas_legacy"),
    (_INDIGO, "dodas_types/dodas_types", r"", "dodas"),
    (_INDIGO, "dodas_types/dodas_custom_apps/cod_type", r"", "dodas"),
    (_INDIGO, "dodas_types/dodas_custom_apps/htc_type", r"", "dodas"),
    (_INDIGO, "dodas_types/dodas_custom_apps/spark_type", r"", "dodas"),
    ("grycap/tosca", "custom_types", r"/(?:master|main)\Z", "grycap"),
    ("grycap/tosca", "custom_types", r"", "grycap_older"),
    ("grycap/ec3", "tosca/custom_types", r"", "grycap_older"),
)
_ADDRESS = re.compile(
    r"https?://(?:raw\.githubusercontent\.com/(?P<raw>[\w.-]+/[\w.-]+)"
    r"|github\.com/(?P<page>[\w.-]+/[\w.-]+)/(?:raw|blob))"
    r"/(?P<rest>[\w./-]+)\.ya?ml\Z"
)
MAX_ADDRESS: Final = 500
# What deepcat carries out of types of others, by roles of its own: type -> operation -> role.
_JOB: Final = {"start": "role:job"}
CARRIED_OUT: Final = {
    "tosca.nodes.indigo.Batch.Job": _JOB,
    "tosca.nodes.indigo.Container.Application.Docker.Chronos": _JOB,
    "tosca.nodes.indigo.Container.Application.Docker.Marathon": {"start": "role:container"},
    "tosca.nodes.indigo.Grid.Job": {"start": "role:grid_job"},  # so far nobody speaks to a grid
    "tosca.nodes.indigo.OnedataSpace": {"create": "role:onedata_space"},
}
_SHORT = re.compile(r"(?P<type>[^?=]+?)(?P<optional>\?)?(?: = (?P<default>.*?))?\Z", re.DOTALL)


def library_of(target: str) -> str | None:
    """The vendored library that an import means, by name or by a public address; else None."""
    if target in BY_NAME:
        return BY_NAME[target]
    found = _ADDRESS.match(target) if len(target) < MAX_ADDRESS else None
    if found is None:
        return None
    asked, rest = found["raw"] or found["page"], found["rest"]
    for repository, file, branch, name in _PUBLIC:
        at = rest.removesuffix(f"/{file}")
        if asked == repository and at != rest and re.search(branch, f"/{at}"):
            return name
    return None


@cache
def library(name: str) -> Mapping[str, Mapping[str, Any]]:
    """One library as written: kind -> type's name -> definition in the short notation."""
    text = (resources.types() / f"{name}.yaml").read_text(encoding="utf-8")
    data = loads(text)
    base = library(data["based_on"]) if "based_on" in data else {}
    return {kind: {**base.get(kind, {}), **(data.get(kind) or {})} for kind in KINDS}


@cache
def owner_of(kind: str, name: str, libraries: tuple[str, ...]) -> str | None:
    """The library that defines a type, or None; of several, the one that is imported last.

    Args:
        libraries: those that are imported, in their order; TOSCA's own come before them.
    """
    for candidate in (*reversed(libraries), *ALWAYS):
        if name in library(candidate)[kind]:
            return candidate
    return None


def offering(kind: str, name: str) -> str | None:
    """A library that has a type, whatever is imported; None where none has."""
    return owner_of(kind, name, ("grycap", "indigo", "deepcat"))


@cache
def definition(owner: str, kind: str, name: str) -> Mapping[str, Any]:
    """A type's definition in TOSCA's own grammar. Callers must not change it."""
    full = expand(kind, library(owner)[kind][name])
    if kind == "node_types" and name in CARRIED_OUT:
        full["interfaces"] = {"Standard": {"operations": CARRIED_OUT[name]}}
    return full


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
    if "interfaces" in full:
        full["interfaces"] = {
            name: {"operations": {key: {} for key in value}} if isinstance(value, list) else value
            for name, value in full["interfaces"].items()
        }
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
