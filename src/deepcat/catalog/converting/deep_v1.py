"""DEEP v1 (`metadata.json`) in the shape of AI4OS v2; what v2 has no field for begins with `x-`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepcat.catalog.converting.repairs import Repairs, set_aside
from deepcat.catalog.converting.vocabulary import known_word
from deepcat.catalog.reading.profile import Pointer

# Where each field of v1 stands in v2.
_MOVES: dict[Pointer, Pointer] = {
    ("date_creation",): ("dates", "created"),
    ("sources", "code"): ("links", "source_code"),
    ("sources", "docker_registry_repo"): ("links", "docker_image"),
    ("sources", "pre_trained_weights"): ("links", "weights"),
    ("sources", "zenodo_doi"): ("links", "zenodo_doi"),
    ("dataset_url",): ("links", "dataset"),
    ("cite_url",): ("links", "citation"),
    ("training_files_url",): ("links", "x-training_files_url"),
    ("keywords",): ("tags",),
}
# Keywords by which v1's portals filtered, and the category that they became.
_CATEGORIES = {
    "trainable": "AI4 trainable",
    "inference": "AI4 inference",
    "pre-trained": "AI4 pre trained",
}


def modernise(data: Mapping[str, Any], repairs: Repairs) -> dict[str, Any]:
    """The same metadata in the shape of v2.

    Args:
        data: a `metadata.json`, parsed.
        repairs: learns where each value came from, and what was concluded.
    """
    result: dict[str, Any] = {}
    for key, value in data.items():
        if key == "sources" and isinstance(value, dict):
            for name, target in value.items():
                known = _MOVES.get((key, name), ("links", f"x-{name}"))
                _put(result, known, target, (key, name), repairs)
        else:
            _put(result, _MOVES.get((key,), (key,)), value, (key,), repairs)
    _conclude(result, repairs)
    _need_source(result, repairs)
    return result


def _put(
    result: dict[str, Any], target: Pointer, value: Any, origin: Pointer, repairs: Repairs
) -> None:
    holder, key = result, str(target[-1])
    if len(target) == 2:
        holder = result.setdefault(str(target[0]), {})
        if not isinstance(holder, dict):
            holder, key = result, str(origin[-1])
    if key in holder:
        key = set_aside(holder, str(origin[-1]), value)
    holder[key] = value
    repairs.moved[(*target[:-1], key)] = origin


def _conclude(result: dict[str, Any], repairs: Repairs) -> None:
    """Libraries and categories, which v1 kept among its keywords."""
    keywords = result.get("tags")
    listed = keywords if isinstance(keywords, list) else []
    words = [word for word in listed if isinstance(word, str)]
    for field in ("libraries", "categories"):
        if field in result:
            continue
        found = []
        for word in words:
            plain = word.removeprefix("library/")
            named = known_word("libraries", plain) if plain.casefold() != "other" else ""
            if field == "categories":
                named = _CATEGORIES.get(word.casefold(), "")
            elif not named and plain != word:
                named = "Other"
            if named and named not in found:
                found.append(named)
        result[field] = found
        repairs.moved[(field,)] = ("keywords",)
        if found:
            said = ", ".join(found)
            repairs.say((field,), "keywords", f"the keywords name these {field}: {said}")
    if any(word.casefold().startswith("deprecated") for word in words):
        hint = "add `deprecated` with the day and the reason"
        repairs.say(("tags",), "keywords", "the keywords say that the module is deprecated", hint)


def _need_source(result: dict[str, Any], repairs: Repairs) -> None:
    """Take the image's repository where that of the code is not named."""
    links = result.get("links")
    if isinstance(links, dict) and not links.get("source_code"):
        image_repository = links.get("x-dockerfile_repo")
        if isinstance(image_repository, str) and image_repository:
            links["source_code"] = image_repository
            repairs.moved["links", "source_code"] = ("sources", "dockerfile_repo")
            message = "no repository of the code is named; the image's stands for it"
            repairs.say(("links", "source_code"), "source", message, "name the code's repository")
