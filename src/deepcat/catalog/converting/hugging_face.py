"""A model card of Hugging Face (`README.md` with YAML before its text) in the shape of AI4OS v2."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from deepcat.catalog.converting import card_words
from deepcat.catalog.converting.modern import (
    Beside,
    Modern,
    is_texts,
    keep,
    mappings,
    say_not_taken,
    texts,
)
from deepcat.catalog.converting.prose import safe_markdown
from deepcat.catalog.converting.read import Source
from deepcat.catalog.converting.repairs import Repairs
from deepcat.catalog.converting.texts import plain_text
from deepcat.catalog.wording import count, shown

ASIDE = "x-hugging-face"
HUB = "https://huggingface.co"
CONFIG = "config.json"
# The keys of a card that fields of ours say whole; of others, what is left is kept aside.
_TEXTS = ("library_name", "pipeline_tag", "tags", "datasets", "model_name", "language")
_READ = frozenset([*_TEXTS, "base_model", "model-index", "metrics", "co2_eq_emissions"])
_IDENTIFIER = re.compile(r"[\w.-]+(?:/[\w.-]+)?\Z")
_MOST_LANGUAGES = 12
_OF_CONFIG = ("architectures", "model_type", "torch_dtype", "dtype", "transformers_version")
# One that is never closed takes all that is left, as in a browser: its end is looked for once.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}# +(.{1,300}?)[ #]*$", re.MULTILINE)
_NEXT_PART = re.compile(r"^ {0,3}#{1,6} ", re.MULTILINE)
_MARKS = re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\n]{0,1000}\)|<[^>\n]{0,500}>|[*_`]{1,3}")
_NUMBER = re.compile(r"\s*([-+]?\d{1,12}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,2})?)\s*(%?)\s*\Z")
_UNKNOWN_SPLIT = "not stated"


def modernise(source: Source, beside: Beside, repairs: Repairs) -> Modern:
    """The same card in the shape of v2.

    Args:
        source: the card.
        beside: the files in its folder.
        repairs: learns what was concluded, and what no field of ours takes.
    """
    data = source.data
    own: dict[str, Any] = {}
    config = _config(beside, own, repairs)
    raw: dict[str, Any] = {"links": {}, "categories": ["AI4 pre trained"]}
    if "license" in data:
        raw["license"] = _licence(data["license"])
    _kinds(data, config, raw)
    _languages(data, raw)
    _base_models(data, raw)
    _datasets(data, raw, own)
    names = _measured(data, own, repairs)
    _emissions(data, own)
    _told(source.body, raw, repairs)
    title = data.get("model_name")
    if isinstance(title, str) and title.strip():
        raw["title"] = title.strip()
    keep(data, _said_whole(data, raw, own), _READ, ASIDE, own, repairs)
    readme = safe_markdown(source.body.lstrip("\n"), (), repairs)
    named = tuple(text for text in (*texts(title), *names, raw.get("title", "")) if text)
    return Modern(raw, own, readme, named)


def _licence(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _config(beside: Beside, own: dict[str, Any], repairs: Repairs) -> Mapping[str, Any]:
    """What `config.json` says of the architecture; the rest of it is not the module's."""
    content = beside(CONFIG)
    if content is None:
        return {}
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        repairs.say((), "unknown", f"`{CONFIG}` is no JSON, and is passed over")
        return {}
    if not isinstance(data, dict):
        return {}
    found = {key: data[key] for key in _OF_CONFIG if key in data}
    kept = {key: value for key, value in found.items() if is_texts(value)}
    if kept:
        own[ASIDE] = {"config": kept}
    say_not_taken([str(key) for key in data.keys() - kept.keys()], CONFIG, (), repairs)
    return kept


def _kinds(data: Mapping[str, Any], config: Mapping[str, Any], raw: dict[str, Any]) -> None:
    """Tasks, kinds of data, libraries and tags."""
    tags = list(dict.fromkeys(texts(data.get("tags"))))
    does = texts(data.get("pipeline_tag")) or [tag for tag in tags if card_words.is_task(tag)][:1]
    if does:
        tasks, kinds = card_words.of_task(does[0])
        raw["tasks"], raw["data-type"] = list(tasks), list(kinds)
        if not kinds:
            del raw["data-type"]
    made = texts(data.get("library_name"))
    found = card_words.libraries([*made, *tags])
    if not found and ("torch_dtype" in config or "dtype" in config):
        found = ["PyTorch"]
    if found or made:
        raw["libraries"] = found or ["Other"]
    raw["tags"] = list(dict.fromkeys([*tags, *does, *made]))


def _languages(data: Mapping[str, Any], raw: dict[str, Any]) -> None:
    found = texts(data.get("language"))
    if len(found) <= _MOST_LANGUAGES:
        raw["tags"] += [tag for each in found if (tag := f"language:{each}") not in raw["tags"]]


def _base_models(data: Mapping[str, Any], raw: dict[str, Any]) -> None:
    named = texts(data.get("base_model"))
    if named and (address := _address(named[0])):
        raw["links"]["base_model"] = address


def _address(name: str, kind: str = "") -> str:
    if name.startswith("https://"):
        return name
    return f"{HUB}/{kind}{name}" if _IDENTIFIER.match(name) else ""


def _datasets(data: Mapping[str, Any], raw: dict[str, Any], own: dict[str, Any]) -> None:
    named = texts(data.get("datasets"))
    if not named:
        return
    own["training"] = {"dataset": ", ".join(named)[:500]}
    # A name without an owner may be one of the first data sets of the hub, or none at all.
    if len(named) == 1 and "/" in named[0] and (address := _address(named[0], "datasets/")):
        raw["links"]["dataset"] = address


def _measured(data: Mapping[str, Any], own: dict[str, Any], repairs: Repairs) -> list[str]:
    """Metrics of `model-index`, each once; gives the models' names."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    left: list[str] = []
    guessed = 0
    index = mappings(data.get("model-index"))
    results = [result for model in index for result in mappings(model.get("results"))]
    for result in results:
        dataset = result.get("dataset")
        of = dataset if isinstance(dataset, dict) else {}
        name = next(iter(texts([of.get("name"), of.get("type")])), "not named")[:200]
        split = next(iter(texts(of.get("split"))), _UNKNOWN_SPLIT)[:60]
        for metric in mappings(result.get("metrics")):
            words = next(iter(texts([metric.get("name"), metric.get("type")])), "")[:80]
            value, unit = _value(metric.get("value"))
            key = (name, split, words)
            if not words or value is None or key in found:
                left.append(words or "a metric without a name")
                continue
            found[key] = {"dataset": name, "split": split, "name": words, "value": value}
            guessed += split == _UNKNOWN_SPLIT
            if unit:
                found[key]["unit"] = unit
    if found:
        own["metrics"] = list(found.values())
    _say_measured(left, guessed, repairs)
    return [name for model in index for name in texts(model.get("name"))]


def _say_measured(left: list[str], guessed: int, repairs: Repairs) -> None:
    pointer = ("model-index",)
    if guessed:
        message = f"{count(guessed, 'metric')} of no part of the data that is named"
        hint = f"write the split where `{_UNKNOWN_SPLIT}` stands"
        repairs.say(pointer, "metric", message, hint)
    for name in dict.fromkeys(left):
        repairs.say(pointer, "metric", f"{shown(name)} has no value of its own, and is left out")


def _value(value: Any) -> tuple[float | int | None, str]:
    """A measured value and its unit, also when it is written as text."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value, ""
    found = _NUMBER.match(value) if isinstance(value, str) else None
    return (float(found[1]), found[2]) if found else (None, "")


def _emissions(data: Mapping[str, Any], own: dict[str, Any]) -> None:
    """Carbon dioxide, which cards give in grams."""
    told = data.get("co2_eq_emissions")
    of = told if isinstance(told, dict) else {"emissions": told}
    grams, unit = _value(of.get("emissions"))
    if grams is not None and not unit and grams >= 0:
        own.setdefault("training", {})["emissions_kg"] = grams / 1000
    hardware = of.get("hardware_used")
    if isinstance(hardware, str) and hardware.strip():
        own.setdefault("training", {})["hardware"] = hardware.strip()[:300]


def _told(body: str, raw: dict[str, Any], repairs: Repairs) -> None:
    """Title, summary and description, from the text of the card."""
    text = _COMMENT.sub("", plain_text(body, (), repairs))
    heading = _HEADING.search(text)
    begin = heading.end() if heading else 0
    if heading:
        raw["title"] = _MARKS.sub(r"\1", heading[1]).strip()[:120]
    rest = text[begin:]
    following = _NEXT_PART.search(rest)
    intro = rest[: following.start()] if following else rest
    if not _sentence(intro) and following:
        # Many cards begin with a heading of a second part.
        after = rest[following.end() :].partition("\n")[2]
        following = _NEXT_PART.search(after)
        intro = after[: following.start()] if following else after
    if summary := _sentence(intro):
        raw["summary"] = summary
        raw["description"] = intro.strip()


def _sentence(text: str) -> str:
    """The first paragraph that says something, as one line of plain words."""
    for paragraph in re.split(r"\n\s*\n", text):
        words = " ".join(_MARKS.sub(r"\1", paragraph).split()).removeprefix("- ")
        if re.search(r"\w{2}", words) and not words.startswith(("|", "```", "[")):
            return words if len(words) <= 400 else words[:399].rstrip() + "…"
    return ""


def _said_whole(
    data: Mapping[str, Any], raw: Mapping[str, Any], own: Mapping[str, Any]
) -> frozenset[str]:
    """The keys of the card of which nothing is left over."""
    whole = ["license", *(key for key in _TEXTS if is_texts(data.get(key)))]
    if len(texts(data.get("language"))) > _MOST_LANGUAGES:
        whole.remove("language")
    if "base_model" in raw["links"] and len(texts(data["base_model"])) == 1:
        whole.append("base_model")
    results = [
        r for model in mappings(data.get("model-index")) for r in mappings(model.get("results"))
    ]
    if all(map(_is_plain, results)):
        whole.append("model-index")
    known = {metric["name"].casefold() for metric in own.get("metrics", ())}
    named = data.get("metrics")
    if is_texts(named) and {name.casefold() for name in texts(named)} <= known:
        whole.append("metrics")
    if not isinstance(data.get("co2_eq_emissions"), dict) and "emissions_kg" in own.get(
        "training", {}
    ):
        whole.append("co2_eq_emissions")
    return frozenset(whole)


def _is_plain(result: Mapping[str, Any]) -> bool:
    """Whether a result says no more than a metric of ours can."""
    dataset = result.get("dataset")
    of = dataset if isinstance(dataset, dict) else {}
    metrics = mappings(result.get("metrics"))
    return (
        result.keys() <= {"dataset", "metrics", "task"}
        and of.keys() <= {"name", "type", "split"}
        and all(metric.keys() <= {"name", "type", "value"} for metric in metrics)
    )
