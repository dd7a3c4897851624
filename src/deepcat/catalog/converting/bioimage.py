"""A model of bioimage.io (`rdf.yaml`, 0.3 to 0.5) in the shape of AI4OS v2."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from deepcat.catalog.converting import card_words
from deepcat.catalog.converting.links import doi
from deepcat.catalog.converting.modern import Beside, Modern, are_plain, keep, mappings, texts
from deepcat.catalog.converting.prose import safe_markdown
from deepcat.catalog.converting.read import Source
from deepcat.catalog.converting.repairs import Repairs
from deepcat.catalog.converting.tensors import Tensor, section
from deepcat.catalog.reading.paths import inside
from deepcat.errors import DeepcatError

ASIDE = "x-bioimage.io"
SAVED_MODEL = "tensorflow_saved_model_bundle"
_TAKEN = frozenset(["type", "name", "license", "tags", "version", "timestamp"])
_READ = frozenset(
    ["authors", "maintainers", "cite", "parent", "training_data", "covers", "inputs", "outputs"]
)
_PERSON = ("name", "affiliation", "email", "orcid")
_TENSOR = {"id", "name", "description", "axes", "shape", "data", "data_type"}
_LIBRARIES = {"keras": "keras", "tensorflow": "tensorflow", "pytorch": "torch", "torch": "torch"}
_HEX = re.compile(r"[0-9a-f]{64}\Z")


def modernise(source: Source, beside: Beside, repairs: Repairs) -> Modern:
    """The same model in the shape of v2.

    Args:
        source: the `rdf.yaml`.
        beside: the files in its folder.
        repairs: learns what was concluded, and what no field of ours takes.

    Raises:
        DeepcatError: it describes no model, but a data set, a notebook or an application.
    """
    data = source.data
    kind = data.get("type", "model")
    if kind != "model":
        raise DeepcatError(
            f"`{str(kind)[:60]}` of bioimage.io is no model",
            hint="import a file whose `type` is `model`",
            code="import/shape",
        )
    own: dict[str, Any] = {}
    raw: dict[str, Any] = {"links": {}, "categories": ["AI4 pre trained"], "data-type": ["Image"]}
    for ours, theirs in (("title", "name"), ("license", "license"), ("tags", "tags")):
        if theirs in data:
            raw[ours] = data[theirs]
    if "version" in data:
        own["version"] = _version(data["version"])
    if isinstance(data.get("git_repo"), str):
        raw["links"]["source_code"] = data["git_repo"]
    _kinds(data, raw)
    if "timestamp" in data:
        raw["dates"] = {"created": data["timestamp"]}
    whole = {
        *(key for key in ("git_repo", "description") if isinstance(data.get(key), str)),
        *(key for key in ("inputs", "outputs") if are_plain(data.get(key), _TENSOR)),
        *_people(data, own, repairs),
        *_cited(data, raw),
        *_made_from(data, raw, own),
        *_pictures(data, beside, own),
        *_weights(data, beside, raw, own),
    }
    told = _told(data, raw)
    readme = _documentation(data, beside)
    whole |= {"documentation"} if readme else set()
    raw["description"] = "\n\n".join(part for part in (told, _tensors(data)) if part)
    _say_tensors(data, repairs)
    keep(data, _TAKEN | whole, _READ, ASIDE, own, repairs)
    given = safe_markdown(readme, ("documentation",), repairs) if readme else ""
    return Modern(raw, own, given, tuple(texts([data.get("name"), data.get("id")])))


def _version(value: Any) -> str:
    text = str(value) if isinstance(value, str | int | float) else ""
    parts = text.split(".")
    if parts and all(part.isdigit() and len(part) < 9 for part in parts) and len(parts) <= 3:
        return ".".join((*(str(int(part)) for part in parts), *("0",) * (3 - len(parts))))
    return text or "1.0.0"


def _kinds(data: Mapping[str, Any], raw: dict[str, Any]) -> None:
    weights = data.get("weights")
    kept = weights if isinstance(weights, dict) else {}
    words = [_LIBRARIES.get(re.split(r"[_-]", name)[0], name) for name in map(str, kept)]
    raw["libraries"] = card_words.libraries([*words, *texts(data.get("framework"))]) or ["Other"]
    raw["tasks"] = ["Computer Vision"]
    if any("classif" in tag.casefold() for tag in texts(data.get("tags"))):
        raw["tasks"].append("Classification")


def _people(data: Mapping[str, Any], own: dict[str, Any], repairs: Repairs) -> set[str]:
    """Authors, and the handles of maintainers; gives what nothing is left of."""
    whole = {"authors"} if isinstance(data.get("authors"), list) else set()
    authors = []
    for i, person in enumerate(_listed(data.get("authors"))):
        if not isinstance(person, dict) or not texts(person.get("name")):
            repairs.say(("authors", i), "author", "an author without a name is left out")
            whole = set()
            continue
        known = {key: value for key, value in person.items() if value is not None}
        authors.append({k if k in _PERSON else f"x-{k}": value for k, value in known.items()})
    if authors:
        own["authors"] = authors
    keepers = data.get("maintainers")
    handles = texts([each.get("github_user") for each in mappings(keepers)])
    if handles:
        own["maintainers"] = list(dict.fromkeys(handles))
    if len(handles) < len(_listed(keepers)):
        message = "a maintainer without a handle on the forge is left out"
        repairs.say(("maintainers",), "author", message)
    return whole | ({"maintainers"} if are_plain(keepers, {"github_user"}) and handles else set())


def _cited(data: Mapping[str, Any], raw: dict[str, Any]) -> set[str]:
    """The first thing to cite; more than one is kept aside, too."""
    cited = mappings(data.get("cite"))
    for each in cited:
        if found := doi(each.get("doi")):
            raw["doi"] = found
            raw["links"]["citation"] = f"https://doi.org/{found}"
            break
        if isinstance(each.get("url"), str) and "citation" not in raw["links"]:
            raw["links"]["citation"] = each["url"]
    is_whole = len(cited) == 1 and "citation" in raw["links"] and cited[0].keys() <= {"doi"}
    return {"cite"} if is_whole or not cited else set()


def _made_from(data: Mapping[str, Any], raw: dict[str, Any], own: dict[str, Any]) -> set[str]:
    whole = set()
    parent = data.get("parent")
    if isinstance(parent, dict) and isinstance(parent.get("id"), str):
        raw["links"]["base_model"] = f"https://bioimage.io/#/?id={parent['id']}"
        if parent.keys() == {"id"}:
            whole.add("parent")
    given = data.get("training_data")
    if isinstance(given, dict) and (named := texts([given.get("name"), given.get("id")])):
        own["training"] = {"dataset": named[0][:500]}
        if given.keys() <= {"id"}:
            whole.add("training_data")
    return whole


def _pictures(data: Mapping[str, Any], beside: Beside, own: dict[str, Any]) -> set[str]:
    """The first cover that lies beside the file and is a picture of a kind that pages show."""
    covers = [_file(each) for each in _listed(data.get("covers"))]
    for path in covers:
        if path.lower().endswith((".png", ".jpg", ".jpeg", ".webp")) and beside(path) is not None:
            own["image"] = path
            return {"covers"} if len(covers) == 1 else set()
    return set()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _file(value: Any) -> str:
    """The path of a file of the folder; empty for addresses and what leads out."""
    given = value.get("source") if isinstance(value, dict) else value
    if not isinstance(given, str):
        return ""
    path = given.removeprefix("./")
    return path if "://" not in path and inside(path) else ""


def _weights(
    data: Mapping[str, Any], beside: Beside, raw: dict[str, Any], own: dict[str, Any]
) -> set[str]:
    """A SavedModel becomes the module's model; of other weights the address is linked."""
    weights = data.get("weights")
    if not isinstance(weights, dict):
        return {"weights"} if not weights else set()
    for kind, told in weights.items():
        source = told.get("source") if isinstance(told, dict) else None
        if isinstance(source, str) and source.startswith(("https://", "http://")):
            raw["links"].setdefault("weights", source)
        if kind == SAVED_MODEL and isinstance(told, dict):
            _saved_model(told, beside, own)
    return set() if weights else {"weights"}


def _saved_model(told: Mapping[str, Any], beside: Beside, own: dict[str, Any]) -> None:
    digest, source, path = told.get("sha256"), told.get("source"), _file(told)
    if not isinstance(digest, str) or not _HEX.match(digest):
        return
    model = {"format": "tensorflow-savedmodel", "sha256": digest}
    if isinstance(source, str) and source.startswith("https://"):
        own["model"] = model | {"source": source}
    elif path and hashlib.sha256(beside(path) or b"").hexdigest() == digest:
        own["model"] = model | {"path": path}


def _told(data: Mapping[str, Any], raw: dict[str, Any]) -> str:
    """The description; its first line is the summary."""
    text = data.get("description")
    if not isinstance(text, str) or not text.strip():
        return ""
    raw["summary"] = text.strip().split("\n")[0].strip()
    return text.strip()


def _documentation(data: Mapping[str, Any], beside: Beside) -> str:
    content = beside(path) if (path := _file(data.get("documentation"))) else None
    return content.decode(errors="replace") if content else ""


def _tensors(data: Mapping[str, Any]) -> str:
    inputs, outputs = (
        [_tensor(each) for each in mappings(data.get(key))] for key in ("inputs", "outputs")
    )
    return section(inputs, outputs)


def _tensor(told: Mapping[str, Any]) -> Tensor:
    """An input or output, as 0.4 writes it (letters and a shape) or 0.5 (a list of axes)."""
    name = next(iter(texts([told.get("id"), told.get("name")])), "")
    note = next(iter(texts(told.get("description"))), "")
    axes = told.get("axes")
    if isinstance(axes, list):
        sizes = ", ".join(_axis(each) for each in axes)
        return Tensor(name, _type(told.get("data")), sizes, note)
    shape = _shape(told.get("shape"))
    return Tensor(name, str(told.get("data_type", "")), f"{axes} {shape}".strip(), note)


def _type(data: Any) -> str:
    kinds = [each.get("type") for each in mappings(data if isinstance(data, list) else [data])]
    return ", ".join(dict.fromkeys(texts(kinds))) or "float32"


def _axis(axis: Any) -> str:
    if not isinstance(axis, dict):
        return str(axis)
    name = str(axis.get("id") or axis.get("type") or "")
    size = axis.get("size")
    if size is None and isinstance(axis.get("channel_names"), list):
        size = len(axis["channel_names"])
    return name if size is None else f"{name} {_size(size)}"


def _size(size: Any) -> str:
    if not isinstance(size, dict):
        return str(size)
    if "min" in size:
        return f"{size['min']} + n·{size.get('step', 0)}"
    return f"as {size.get('tensor_id', '')}.{size.get('axis_id', '')}"


def _shape(shape: Any) -> str:
    if isinstance(shape, dict) and "min" in shape:
        return f"{shape['min']} + n·{shape.get('step', 0)}"
    if isinstance(shape, dict):
        return f"as {shape.get('reference_tensor', '')}, scaled by {shape.get('scale', 1)}"
    return "" if shape is None else str(shape)


def _say_tensors(data: Mapping[str, Any], repairs: Repairs) -> None:
    for key in ("inputs", "outputs"):
        if mappings(data.get(key)):
            message = f"`{key}` stand as a table in the description"
            repairs.say((key,), "described", message)
