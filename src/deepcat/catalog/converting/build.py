"""A module from foreign metadata, step by step."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.converting import ai4_v2, deep_v1
from deepcat.catalog.converting.generation import Generation, generation
from deepcat.catalog.converting.read import Source, read
from deepcat.catalog.converting.repairs import Repairs, set_aside
from deepcat.catalog.converting.settle import settle
from deepcat.catalog.findings import Finding
from deepcat.catalog.judging.schema import load_schema
from deepcat.catalog.reading.paths import NAME, is_reserved
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown
from deepcat.errors import DeepcatError, UsageError

FIRST_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file.

    Attributes:
        name: the module's name.
        generation: the format that the file's shape tells.
        module: the data of its `module.yaml`, which keeps the schema.
        findings: what was mended, in the order of the places.
    """

    name: str
    generation: Generation
    module: dict[str, Any]
    findings: tuple[Finding, ...]


def convert(
    content: bytes, path: str, *, name: str = "", source_code: str = ""
) -> tuple[Imported | None, tuple[Finding, ...]]:
    """Turn a metadata file into a module.

    Args:
        content: the file's bytes, JSON or YAML.
        path: how the file is named in findings.
        name: the module's name; taken from the metadata when empty.
        source_code: the address of the code's repository, for metadata that names none.

    Returns:
        The module, or None; and the errors, of which there is one at least when it is None.

    Raises:
        DeepcatError: the file is read, and is no metadata or lacks what a module must have.
    """
    source, errors = read(content, path)
    if source is None:
        return None, errors
    kind = generation(source.data)
    if kind is None:
        raise DeepcatError(
            f"`{path}` has the shape of no metadata that is known",
            hint="DEEP's metadata has `sources` or `keywords`, AI4OS's `links` or `tasks`",
            code="import/shape",
        )
    repairs = Repairs(source.place_of)
    raw = copy.deepcopy(source.data)
    if kind is Generation.DEEP_V1:
        raw = deep_v1.modernise(raw, repairs)
    module = _module(raw, source, repairs, name, source_code)
    settle(module, repairs)
    found = tuple(sorted(repairs.findings, key=lambda finding: finding.place))
    return Imported(module["name"], kind, _ordered(module), found), ()


def _module(
    raw: Mapping[str, Any], source: Source, repairs: Repairs, name: str, source_code: str
) -> dict[str, Any]:
    module = ai4_v2.module(raw, source, repairs)
    _need_source(module, source_code)
    module["apiVersion"] = "deepcat/v1"
    if not _is_version(module.setdefault("version", FIRST_VERSION)):
        set_aside(module, "version", module["version"])
        module["version"] = FIRST_VERSION
    given = module.get("name")
    module["name"] = _name(name, module)
    if given not in (None, module["name"]) and not name:
        set_aside(module, "name", given)
    _need_texts(module, repairs)
    return module


def _is_version(value: Any) -> bool:
    pattern: str = load_schema(UnitKind.MODULE)["properties"]["version"]["pattern"]
    return isinstance(value, str) and len(value) <= 100 and bool(re.search(pattern, value))


def _name(wanted: str, module: Mapping[str, Any]) -> str:
    if wanted:
        if not NAME.match(wanted) or is_reserved(wanted):
            raise UsageError(
                f"{shown(wanted)} is no name for a module",
                hint="take small letters, digits and hyphens, such as `plant-classifier`",
            )
        return wanted
    given = module.get("name")
    if isinstance(given, str) and NAME.match(given) and not is_reserved(given):
        return given
    address = str(module["links"]["source_code"]).rstrip("/").removesuffix(".git")
    last = re.sub(r"[?#].*", "", address).rpartition("/")[2]
    for text in (last, str(module.get("title", ""))):
        slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")
        if slug and not is_reserved(slug):
            return slug
    return "imported-module"


def _need_source(module: dict[str, Any], source_code: str) -> None:
    links = module["links"]
    if source_code:
        if links.get("source_code") not in (None, source_code):
            set_aside(links, "source_code", links["source_code"])
        links["source_code"] = source_code
    if "source_code" not in links:
        raise DeepcatError(
            "the metadata names no repository of the code, which every module must",
            hint="give its address with `--source-code URL`",
            code="import/source",
        )


def _need_texts(module: dict[str, Any], repairs: Repairs) -> None:
    """A title, a summary and a description, each from the others where it is missing."""
    stand_ins: dict[str, Callable[[], str]] = {
        "title": lambda: str(module["name"]),
        "summary": lambda: str(module.get("description", module["title"])).strip().split("\n")[0],
        "description": lambda: str(module["summary"]),
    }
    for key, stand_in in stand_ins.items():
        if key not in module:
            module[key] = stand_in()
            message = f"`{key}` is missing; {shown(module[key])} stands for it"
            repairs.say((key,), "missing", message, f"write a {key}")


def _ordered(module: Mapping[str, Any]) -> dict[str, Any]:
    """The keys in the schema's order, then those that begin with `x-`."""
    known = [key for key in load_schema(UnitKind.MODULE)["properties"] if key in module]
    return {key: module[key] for key in (*known, *(k for k in module if k not in known))}
