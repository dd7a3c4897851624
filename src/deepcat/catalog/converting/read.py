"""A file's bytes as plain values with their places; what cannot be read is said clearly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NoReturn

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.parse import MAX_BYTES, not_utf8, read_yaml, too_large
from deepcat.catalog.reading.profile import MAX_DEPTH, Pointer, Profile

_FRONT = re.compile(r"---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_MARKDOWN = (".md", ".markdown")
# Other catalogs' programs write what two fields share once; how much may be shared is bounded.
_FOREIGN = Profile(aliases=True)
_BLOCK = re.compile(r"^(\s*)[^#\n]*[|>][-+0-9]*\s*(#.*)?$")


@dataclass(frozen=True, slots=True)
class Source:
    """What a file holds.

    Attributes:
        data: the mapping at its top.
        place_of: the place of a value by its pointer.
        is_yaml: whether it is YAML, in which unquoted dates are a flaw.
        lines: the text's lines.
        body: the text after the metadata, in a file that begins with it.
        is_front: whether there is such a text.
    """

    data: dict[str, Any]
    place_of: Callable[[Pointer], Place]
    is_yaml: bool
    lines: tuple[str, ...]
    body: str = ""
    is_front: bool = False


def read(content: bytes, path: str) -> tuple[Source | None, tuple[Finding, ...]]:
    """Read a metadata file: JSON, YAML, or YAML before a text.

    Args:
        content: the file's bytes.
        path: how the file is named in findings.

    Returns:
        What it holds, or None; and the errors, of which there is one at least when it is None.
    """
    if len(content) > MAX_BYTES:
        return None, (too_large(path, len(content)),)
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return None, (not_utf8(path, content, error.start),)
    is_json = path.lower().endswith(".json")
    if is_json or text.lstrip()[:1] == "{":
        source, findings = _read_json(text, path)
        if is_json or source:
            return source, findings
    text = text.replace("\r\n", "\n")
    front = _FRONT.match(text)
    if front and (path.lower().endswith(_MARKDOWN) or text[front.end() :].strip()):
        return _read_front(text, front, path)
    if path.lower().endswith(_MARKDOWN):
        message = "no metadata stands before the text, between two lines of `---`"
        hint = "name a model card, or the metadata file itself"
        return None, (Finding(Place(path), "import/shape", message, hint),)
    return _read_yaml(text, path)


def _read_front(
    text: str, front: re.Match[str], path: str
) -> tuple[Source | None, tuple[Finding, ...]]:
    # The line of `---` stays as an empty one, so that places are those of the file.
    source, findings = _read_yaml(f"\n{front[1] or ''}", path)
    if source is None:
        return None, findings
    return replace(source, body=text[front.end() :], is_front=True), findings


def _read_yaml(text: str, path: str) -> tuple[Source | None, tuple[Finding, ...]]:
    document, findings = read_yaml(text, path, _FOREIGN)
    if document is None:
        return None, tuple(_clearer(finding, text.split("\n")) for finding in findings)
    if findings:
        return None, findings
    if not isinstance(document.data, dict):
        return None, (_no_mapping(path),)
    return Source(document.data, document.place, True, tuple(text.split("\n"))), ()


def _read_json(text: str, path: str) -> tuple[Source | None, tuple[Finding, ...]]:
    try:
        data = json.loads(text, object_pairs_hook=_pairs, parse_constant=_refuse)
        json.dumps(data, ensure_ascii=False).encode()
        _measure(data if isinstance(data, dict | list) else [])
    except json.JSONDecodeError as error:
        place = Place(path, error.lineno, error.colno)
        hint = "check commas, quotes and brackets just before this place"
        return None, (Finding(place, "import/syntax", f"not JSON: {error.msg}", hint),)
    except UnicodeEncodeError:
        message = "half of a character (a lone surrogate) stands in a text"
        return None, (Finding(Place(path), "import/syntax", message, "remove it"),)
    except RecursionError:
        return None, (Finding(Place(path), "import/syntax", "nested too deep", "flatten it"),)
    except ValueError as error:
        return None, (Finding(Place(path), "import/syntax", str(error), "keep one value"),)
    if not isinstance(data, dict):
        return None, (_no_mapping(path),)
    return Source(data, _json_places(text, path), False, tuple(text.split("\n"))), ()


def _measure(data: Any) -> None:
    """Raise what a parser would, where data is nested deeper than YAML may be."""
    level = [data]
    for _ in range(MAX_DEPTH):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for each in inner for item in each if isinstance(item, dict | list)]
        if not level:
            return
    raise RecursionError


def _json_places(text: str, path: str) -> Callable[[Pointer], Place]:
    """Places in JSON, which is YAML but for its tabs; of the whole file where that is not so."""

    @cache
    def document() -> Document | None:
        return read_yaml(text.replace("\t", " "), path)[0]

    def place(pointer: Pointer) -> Place:
        found = document()
        return found.place(pointer) if found else Place(path)

    return place


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key `{key}` stands twice")
        result[key] = value
    return result


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"`{word}` is no number that JSON knows")


def _no_mapping(path: str) -> Finding:
    message = "metadata is a list of `key: value` pairs, and this file is not"
    return Finding(Place(path), "import/shape", message, "name the metadata file itself")


def _clearer(finding: Finding, lines: list[str]) -> Finding:
    """The same finding, with a hint that says which line to indent."""
    if finding.code != "yaml/syntax" or not 0 < finding.place.line <= len(lines):
        return finding
    number = finding.place.line
    line = lines[number - 1]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        hint = f"line {number} is indented with a tab; YAML wants spaces"
        return Finding(finding.place, "import/indentation", finding.message, hint)
    begun = _block_above(lines, number)
    if begun is None:
        return finding
    first, wanted = begun
    found = len(line) - len(line.lstrip())
    message = (
        f"line {number} is indented by {found}, but the text it belongs to, which begins on line"
        f" {first}, by {wanted}"
    )
    hint = f"indent lines {first} and {number} and all between them alike"
    return Finding(finding.place, "import/indentation", message, hint)


def _block_above(lines: list[str], number: int) -> tuple[int, int] | None:
    """The first line of the block of text that a line falls out of, and its indentation."""
    own = len(lines[number - 1]) - len(lines[number - 1].lstrip())
    for index in range(number - 2, -1, -1):
        header = _BLOCK.match(lines[index])
        if not header:
            continue
        for below in range(index + 1, number - 1):
            if lines[below].strip():
                wanted = len(lines[below]) - len(lines[below].lstrip())
                outer = len(header[1])
                return (below + 1, wanted) if outer < own < wanted else None
    return None
