"""A module from foreign metadata, step by step."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deepcat.catalog.converting import ai4_v2, bioimage, deep_v1, hugging_face, mlflow
from deepcat.catalog.converting.generation import Generation, generation
from deepcat.catalog.converting.modern import Beside, Modern
from deepcat.catalog.converting.read import Source, read
from deepcat.catalog.converting.repairs import Repairs, cleaned, set_aside
from deepcat.catalog.converting.settle import settle
from deepcat.catalog.converting.vocabulary import UNKNOWN_LICENCE
from deepcat.catalog.findings import Finding
from deepcat.catalog.judging.schema import load_schema
from deepcat.catalog.reading.paths import NAME, is_reserved
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.wording import shown
from deepcat.errors import DeepcatError, UsageError

FIRST_VERSION = "1.0.0"
_FOREIGN = {
    Generation.HUGGING_FACE: hugging_face.modernise,
    Generation.BIOIMAGE: bioimage.modernise,
    Generation.MLFLOW: mlflow.modernise,
}


def nothing_beside(_path: str) -> bytes | None:
    """The files beside a metadata file that stands alone."""
    return None


@dataclass(frozen=True, slots=True)
class Home:
    """What is known of the place where a metadata file lies.

    Attributes:
        page: the web address of its repository; empty where it is in none.
        name: what the folder, or the repository, is called.
        licence: the SPDX identifier of the licence whose text lies beside; empty for none.
        provenance: where the module comes from, as `module.yaml` keeps it; empty for unknown.
    """

    page: str = ""
    name: str = ""
    licence: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file.

    Attributes:
        name: the module's name.
        generation: the format that the file's shape tells.
        module: the data of its `module.yaml`, which keeps the schema.
        findings: what was mended, in the order of the places.
        readme: the README that came with the metadata; empty for the folder's own.
    """

    name: str
    generation: Generation
    module: dict[str, Any]
    findings: tuple[Finding, ...]
    readme: str = ""


def convert(
    content: bytes,
    path: str,
    *,
    name: str = "",
    source_code: str = "",
    wanted: Generation | None = None,
    beside: Beside = nothing_beside,
    home: Home = Home(),
) -> tuple[Imported | None, tuple[Finding, ...]]:
    """Turn a metadata file into a module.

    Args:
        content: the file's bytes: JSON, YAML, or YAML before a text.
        path: how the file is named in findings.
        name: the module's name; taken from the metadata when empty.
        source_code: the address of the code's repository, for metadata that names none.
        wanted: the format, where the shape is not to tell it.
        beside: the files in its folder.
        home: what is known of the place where it lies.

    Returns:
        The module, or None; and the errors, of which there is one at least when it is None.

    Raises:
        DeepcatError: the file is read, and is no metadata or lacks what a module must have.
    """
    source, errors = read(content, path)
    if source is None:
        return None, errors
    if str(source.data.get("apiVersion", "")).startswith("deepcat/"):
        raise DeepcatError(
            f"`{path}` is a file of deepcat's own already",
            hint="copy its folder into the catalog's",
            code="import/shape",
        )
    kind = wanted or generation(source.data, front=source.is_front)
    if kind is None:
        raise DeepcatError(
            f"`{path}` has the shape of no metadata that is known",
            hint="name a metadata file of DEEP, AI4OS, Hugging Face, bioimage.io or MLflow, "
            "or say the format with `--from`",
            code="import/shape",
        )
    repairs = Repairs(source.place_of)
    source = replace(source, data=cleaned(source.data, repairs))
    modern = _modern(kind, source, beside, home, repairs)
    module = _module(modern, source, repairs)
    _source(module, source_code, home)
    if "source_code" not in module["links"]:
        _without_source(module, kind, source, repairs)
    _licence(module, home, repairs)
    _named(module, name, modern)
    _need_texts(module, repairs)
    if home.provenance:
        module["provenance"] = {**home.provenance, "format": kind.value}
    settle(module, repairs)
    found = tuple(sorted(repairs.findings, key=lambda finding: finding.place))
    return Imported(module["name"], kind, _ordered(module), found, modern.readme), ()


def _modern(
    kind: Generation, source: Source, beside: Beside, home: Home, repairs: Repairs
) -> Modern:
    if kind in _FOREIGN:
        modern = _FOREIGN[kind](source, beside, repairs)
        return replace(modern, names=(*modern.names, home.name))
    raw = copy.deepcopy(source.data)
    return Modern(deep_v1.modernise(raw, repairs) if kind is Generation.DEEP_V1 else raw)


def _module(modern: Modern, source: Source, repairs: Repairs) -> dict[str, Any]:
    module = ai4_v2.module(modern.raw, source, repairs) | modern.own
    module["apiVersion"] = "deepcat/v1"
    if not _is_version(module.setdefault("version", FIRST_VERSION)):
        set_aside(module, "version", module["version"])
        module["version"] = FIRST_VERSION
    return module


def _licence(module: dict[str, Any], home: Home, repairs: Repairs) -> None:
    """The licence whose text lies beside, where the metadata names none that is known."""
    named = module.get("license", UNKNOWN_LICENCE)
    if not home.licence or named == home.licence:
        return
    if named == UNKNOWN_LICENCE:
        module["license"] = home.licence
        repairs.say(("license",), "licence", f"the text of `{home.licence}` lies beside")
    else:
        message = f"the metadata says `{named}`, and the text of `{home.licence}` lies beside"
        repairs.say(("license",), "licence", message, "ask its authors which one holds")


def _named(module: dict[str, Any], wanted: str, modern: Modern) -> None:
    given = module.get("name")
    module["name"] = _name(wanted, module, modern.names)
    if given not in (None, module["name"]) and not wanted:
        set_aside(module, "name", given)


def _is_version(value: Any) -> bool:
    pattern: str = load_schema(UnitKind.MODULE)["properties"]["version"]["pattern"]
    return isinstance(value, str) and len(value) <= 100 and bool(re.search(pattern, value))


def _name(wanted: str, module: Mapping[str, Any], names: Sequence[str]) -> str:
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
    address = str(module["links"].get("source_code", "")).rstrip("/").removesuffix(".git")
    last = re.sub(r"[?#].*", "", address).rpartition("/")[2]
    for text in (*names, last, str(module.get("title", ""))):
        slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")
        if slug and not is_reserved(slug):
            return slug
    return "imported-module"


def _source(module: dict[str, Any], source_code: str, home: Home) -> None:
    links = module["links"]
    if source_code:
        if links.get("source_code") not in (None, source_code):
            set_aside(links, "source_code", links["source_code"])
        links["source_code"] = source_code
    if home.page:
        links.setdefault("source_code", home.page)


def _without_source(
    module: dict[str, Any], kind: Generation, source: Source, repairs: Repairs
) -> None:
    """Only a module of a format that has no need of the code's repository goes without."""
    message = "the metadata names no repository of the code"
    hint = "give its address with `--source-code URL`"
    if kind not in _FOREIGN and ai4_v2.OURS not in source.data:
        raise DeepcatError(f"{message}, which its format asks for", hint=hint, code="import/source")
    module.setdefault("provenance", {"format": kind.value})
    repairs.say(("links", "source_code"), "source", message, hint)


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
