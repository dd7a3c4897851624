"""A model that MLflow logged (`MLmodel`) in the shape of AI4OS v2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deepcat.catalog.converting import card_words
from deepcat.catalog.converting.modern import Beside, Modern, are_plain, keep, mappings, texts
from deepcat.catalog.converting.read import Source
from deepcat.catalog.converting.repairs import Repairs
from deepcat.catalog.converting.tensors import Tensor, section
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.profile import Profile

ASIDE = "x-mlflow"
REQUIREMENTS = "requirements.txt"
CONDA = "conda.yaml"
_ANY = "python_function"
_TAKEN = frozenset(["utc_time_created"])
_READ = frozenset(["signature", "flavors", "artifact_path", "mlflow_version"])
_MOST = 200
_COLUMN = {"name", "type", "required", "tensor-spec", "default", "shape", "optional"}
# Names that tools give when nobody chose one.
_NO_NAMES = {"model", "models", "artifacts", "outputs", "mlflow-model", "trained_model"}


def modernise(source: Source, beside: Beside, repairs: Repairs) -> Modern:
    """The same model in the shape of v2.

    Args:
        source: the `MLmodel`.
        beside: the files in its folder.
        repairs: learns what was concluded, and what no field of ours takes.
    """
    data = source.data
    own: dict[str, Any] = {}
    flavours = [str(name) for name in data["flavors"]] if _is_told(data) else []
    made = [name for name in flavours if name != _ANY]
    raw: dict[str, Any] = {
        "links": {},
        "categories": ["AI4 pre trained"],
        "libraries": card_words.libraries(made) or ["Other"],
        "tags": ["mlflow", *made],
        "tasks": ["Other"],
    }
    if "utc_time_created" in data:
        raw["dates"] = {"created": data["utc_time_created"]}
    names = _names(data)
    if names:
        raw["title"] = names[0]
    by = " and ".join(made) or "Python"
    version = data.get("mlflow_version")
    logged = f"MLflow {version}" if isinstance(version, str) else "MLflow"
    raw["summary"] = f"A model of {by}, logged by {logged}."[:400]
    table, is_whole = _signature(data, raw, repairs)
    raw["description"] = "\n\n".join(part for part in (raw["summary"], table) if part)
    requirements = _requirements(beside)
    if requirements:
        own["training"] = {"requirements": requirements}
    whole = {"signature"} if is_whole else set()
    keep(data, _TAKEN | whole, _READ, ASIDE, own, repairs)
    return Modern(raw, own, names=names)


def _is_told(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("flavors"), dict)


def _names(data: Mapping[str, Any]) -> tuple[str, ...]:
    given = texts([data.get("name"), data.get("artifact_path")])
    last = [text.rstrip("/").rpartition("/")[2] for text in given]
    return tuple(name for name in last if name.casefold() not in _NO_NAMES)


def _signature(data: Mapping[str, Any], raw: dict[str, Any], repairs: Repairs) -> tuple[str, bool]:
    """A table of what the model takes and gives, and whether that is all that is told of it."""
    told = data.get("signature")
    if not isinstance(told, dict):
        return "", False
    columns = {
        key: _columns(told.get(key), key, repairs) for key in ("inputs", "outputs", "params")
    }
    if any("type" in each and "tensor-spec" not in each for each in columns["inputs"]):
        raw["data-type"] = ["Tabular"]
    inputs, outputs, parameters = (list(map(_tensor, each)) for each in columns.values())
    parameters = [Tensor(p.name, p.dtype, p.shape, p.note or "a parameter") for p in parameters]
    table = section([*inputs, *parameters], outputs)
    if table:
        repairs.say(("signature",), "described", "`signature` stands as a table in the description")
    plain = [key for key, each in columns.items() if each and are_plain(each, _COLUMN)]
    return table, {key for key, value in told.items() if value is not None} <= set(plain)


def _columns(value: Any, key: str, repairs: Repairs) -> list[dict[str, Any]]:
    """Inputs, outputs or parameters, which the file holds as a text of JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            repairs.say(("signature", key), "form", f"`signature.{key}` is no JSON")
    return mappings(value)


def _tensor(column: Mapping[str, Any]) -> Tensor:
    name = next(iter(texts(column.get("name"))), "")
    spec = column.get("tensor-spec")
    if isinstance(spec, dict):
        return Tensor(name, str(spec.get("dtype", "")), str(spec.get("shape", "")))
    note = "" if column.get("required", True) else "optional"
    if column.get("default") is not None:
        note = f"a parameter; {json.dumps(column['default'])[:80]} by default"
    shape = column.get("shape")
    return Tensor(name, str(column.get("type", "")), "" if shape is None else str(shape), note)


def _requirements(beside: Beside) -> list[str]:
    """The packages that the model needs, as pip names them."""
    content = beside(REQUIREMENTS)
    if content is not None:
        lines = [line.strip() for line in content.decode(errors="replace").splitlines()]
        return [line[:200] for line in lines if line and line[0] not in "#-"][:_MOST]
    content = beside(CONDA)
    document = read_bytes(content, CONDA, Profile(aliases=True))[0] if content else None
    data = document.data if document and isinstance(document.data, dict) else {}
    groups = mappings(data.get("dependencies"))
    return [text[:200] for group in groups for text in texts(group.get("pip"))][:_MOST]
