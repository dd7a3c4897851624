"""YAML in a strict profile, with the place of every value.

The profile: one document, no duplicate keys, no tags, no merge keys, YAML 1.2's core scalars (so
`no` is text and a date is text), bounded size and depth. Aliases are refused, or, where TOSCA needs
them, bounded. What is wrong comes back as findings, never as an exception.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from deepcat.catalog.findings import Finding, Place

MAX_BYTES = 1_048_576
MAX_DEPTH = 64
MAX_NODES = 200_000

Pointer: TypeAlias = tuple[str | int, ...]

_INT = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z"
    r"|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"
)
_BOOL_12 = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_BOOL_11 = _BOOL_12 | {
    word: truth
    for truth, words in ((True, ("yes", "on")), (False, ("no", "off")))
    for base in words
    for word in (base, base.capitalize(), base.upper())
}
_NULL = {"", "~", "null", "Null", "NULL"}
_NAMED_FLOAT = re.compile(r"\.(?=[iInN])")
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq")}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kind of file may hold beyond the strict core."""

    aliases: bool = False
    yaml11_booleans: bool = False
    texts: bool = False


STRICT = Profile()
TOSCA = Profile(aliases=True, yaml11_booleans=True, texts=True)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file, parsed.

    Attributes:
        path: POSIX path relative to the catalog's root.
        data: plain Python values: dict, list, str, int, float, bool, None.
        marks: the place of each value by its pointer; of a mapping's value, where its key stands.
        texts: where the profile asks for it, what was written for each scalar that is not text.
    """

    path: str
    data: Any
    marks: dict[Pointer, tuple[int, int]] = field(repr=False, compare=False)
    texts: dict[Pointer, str] = field(default_factory=dict, repr=False, compare=False)

    def place(self, pointer: Pointer = ()) -> Place:
        """The place of a value, or of its nearest known ancestor."""
        while pointer and pointer not in self.marks:
            pointer = pointer[:-1]
        line, column = self.marks.get(pointer, (1, 1))
        return Place(self.path, line, column)


@dataclass(slots=True)
class _Builder:
    path: str
    profile: Profile
    marks: dict[Pointer, tuple[int, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    texts: dict[Pointer, str] = field(default_factory=dict)
    count: int = 0

    def report(self, node: yaml.Node, code: str, message: str, hint: str) -> None:
        mark = node.start_mark
        place = Place(self.path, mark.line + 1, mark.column + 1)
        self.findings.append(Finding(place, code, message, hint))

    def build(self, node: yaml.Node, pointer: Pointer) -> Any:
        self.count += 1
        if self.count > MAX_NODES:
            raise _TooLargeError
        self.marks.setdefault(pointer, (node.start_mark.line + 1, node.start_mark.column + 1))
        if node.tag not in _PLAIN_TAGS:
            self.report(node, "yaml/tag", f"the tag `{node.tag}` is not allowed", "remove the tag")
        if isinstance(node, yaml.ScalarNode):
            value = self._scalar(node)
            if self.profile.texts and not isinstance(value, str):
                self.texts[pointer] = node.value
            return value
        if id(node) in self.seen and not self.profile.aliases:
            self.report(node, "yaml/alias", "an alias repeats this value", "write the value out")
            return None
        self.seen.add(id(node))
        if len(pointer) >= MAX_DEPTH:
            self.report(node, "yaml/depth", f"nested more than {MAX_DEPTH} deep", "flatten it")
            return None
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*pointer, i)) for i, item in enumerate(node.value)]
        return self._mapping(node, pointer)

    def _mapping(self, node: yaml.Node, pointer: Pointer) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.report(key_node, "yaml/key", "a key is not text", "use plain text as the key")
                continue
            key = key_node.value
            if key_node.style is None and key == "<<":
                self.report(key_node, "yaml/merge", "merge keys are not allowed", "write it out")
                continue
            if key in result:
                hint = (
                    f"keep one `{key}`; the first stands on line {self.marks[(*pointer, key)][0]}"
                )
                self.report(key_node, "yaml/duplicate-key", f"the key `{key}` stands twice", hint)
                continue
            mark = key_node.start_mark
            self.marks[(*pointer, key)] = (mark.line + 1, mark.column + 1)
            result[key] = self.build(value_node, (*pointer, key))
        return result

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.style is not None:
            return text
        booleans = _BOOL_11 if self.profile.yaml11_booleans else _BOOL_12
        if text in booleans:
            return booleans[text]
        if text in _NULL:
            return None
        if _INT.match(text):
            base = 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10
            return int(text, base) if len(text) < 400 else text
        if _FLOAT.match(text):
            return float(_NAMED_FLOAT.sub("", text))
        return text


class _TooLargeError(Exception):
    """The document expands beyond the bounds."""


class _Loader(yaml.CSafeLoader):
    """Composes nodes; resolves nothing, so that scalars stay as written."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own interface


def read_yaml(
    text: str, path: str, profile: Profile = STRICT
) -> tuple[Document | None, tuple[Finding, ...]]:
    """Parse one YAML document.

    Args:
        text: the file's text.
        path: POSIX path relative to the catalog's root, for places.
        profile: what the kind of file may hold.

    Returns:
        The document, or None when nothing can be said of its content; and the findings.
    """
    if len(text) > MAX_BYTES:
        return None, (too_large(path, len(text)),)
    builder = _Builder(path, profile)
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        data = None if node is None else builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        return None, (_syntax(error, path),)
    except yaml.reader.ReaderError as error:
        place = Place(path, text.count("\n", 0, error.position) + 1)
        message = f"a character that YAML does not allow: {error.character!r}"
        return None, (Finding(place, "yaml/syntax", message, "remove it"),)
    except (_TooLargeError, RecursionError):
        hint = "write fewer values, and no aliases"
        return None, (
            Finding(Place(path), "yaml/bomb", f"expands to more than {MAX_NODES} values", hint),
        )
    return Document(path, data, builder.marks, builder.texts), tuple(builder.findings)


def too_large(path: str, size: int, limit: int = MAX_BYTES) -> Finding:
    """The finding for a file that is not even read."""
    message = f"{size:,} bytes; at most {limit:,} are read"
    return Finding(Place(path), "yaml/size", message, "keep large data out of this file")


def _syntax(error: yaml.MarkedYAMLError, path: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path)
    message = "; ".join(part for part in (error.context, error.problem) if part)
    hint = "check the indentation, and quote text that holds `: `, `#` or a leading `@`"
    return Finding(place, "yaml/syntax", message or "not YAML", hint)
