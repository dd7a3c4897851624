"""YAML read event by event: slow, exact, never deeper or larger than the bounds.

The parser's events are taken one by one and the values built without recursion, for the quick way
of composing a tree overruns the C stack on deeply nested text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from deepcat.catalog.findings import Finding, Place, Severity
from deepcat.catalog.reading.libyaml import SafeLoader
from deepcat.catalog.reading.profile import MAX_DEPTH, MAX_NODES, Pointer, Profile, Written

FAILED: Any = object()

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z|[-+]?0o[0-7]+\Z|[-+]?0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|(?:0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z"
    r"|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"
)
_NAMED_FLOAT = re.compile(r"\.(?=[iInN])")
_BOOL_12 = {
    word: truth
    for truth, base in ((True, "true"), (False, "false"))
    for word in (base, base.capitalize(), base.upper())
}
_BOOL_11 = _BOOL_12 | {
    word: truth
    for truth, words in ((True, ("yes", "on")), (False, ("no", "off")))
    for base in words
    for word in (base, base.capitalize(), base.upper())
}
_NULL = {"", "~", "null", "Null", "NULL"}


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that has begun and not ended."""

    value: Any
    pointer: Pointer
    anchor: str | None
    first: int
    key: str | None = None
    skip: bool = False
    awaits_key: bool = True
    twice: int | None = None


@dataclass(slots=True)
class _Builder:
    path: str
    profile: Profile
    written: Written = field(default_factory=Written)
    findings: list[Finding] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int, Pointer]] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    twice: list[tuple[int, Any, Any]] = field(default_factory=list)
    count: int = 0
    result: Any = None
    documents: int = 0

    def report(self, event: yaml.Event, code: str, message: str, hint: str) -> None:
        place = Place(self.path, *_position(event))
        self.findings.append(Finding(place, code, message, hint))

    def grow(self, by: int = 1) -> None:
        self.count += by
        if self.count > MAX_NODES:
            raise _TooLargeError

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                hint = "keep one document, and remove the line `---`"
                self.report(event, "yaml/syntax", "a second document begins here", hint)
                raise _StopError
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = self.stack.pop()
            if done.anchor is not None:
                self.anchors[done.anchor] = (done.value, self.count - done.first + 1, done.pointer)
            self._closed()

    def _awaits_key(self) -> bool:
        return bool(self.stack) and type(self.stack[-1].value) is dict and self.stack[-1].awaits_key

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self.grow()
        self._tag(event)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if self._awaits_key():
            self.report(event, "yaml/key", "a key is not text", "use plain text as the key")
            self.stack[-1].skip = True
            self.stack.append(_Open(value, (), event.anchor, self.count, skip=True))
        else:
            pointer = self._put(value, event)
            self.stack.append(_Open(value, pointer, event.anchor, self.count))
        if len(self.stack) > MAX_DEPTH:
            self.report(event, "yaml/depth", f"nested more than {MAX_DEPTH} deep", "flatten it")
            raise _StopError

    def _closed(self) -> None:
        """A mapping or sequence ended: if it stood as a key, the value is due."""
        if self._awaits_key() and self.stack[-1].skip and self.stack[-1].key is None:
            self.stack[-1].awaits_key = False

    def _put(self, value: Any, event: yaml.Event) -> Pointer:
        """Set a value where it belongs, and say where that is."""
        if not self.stack:
            self.result = value
            pointer: Pointer = ()
        else:
            top = self.stack[-1]
            if type(top.value) is list:
                pointer = (*top.pointer, len(top.value))
                top.value.append(value)
            else:
                pointer = (*top.pointer, top.key or "")
                if not top.skip and top.key is not None:
                    top.value[top.key] = value
                if top.twice is not None:
                    self.twice.append((top.twice, top.value[top.key], value))
                top.awaits_key, top.skip, top.key, top.twice = True, False, None, None
        self.written.marks.setdefault(pointer, _position(event))
        return pointer

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self.grow()
        self._tag(event)
        if self._awaits_key():
            self._key(event)
            return
        value = event.value if event.style else self._plain(event.value)
        pointer = self._put(value, event)
        if type(value) is not str:
            self.written.texts.setdefault(pointer, event.value)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1, pointer)

    def _key(self, event: yaml.ScalarEvent) -> None:
        top, key = self.stack[-1], event.value
        top.key, top.awaits_key = key, False
        if not event.style and key == "<<":
            self.report(event, "yaml/merge", "merge keys are not allowed", "write the keys out")
            top.skip = True
        elif key in top.value:
            first = self.written.marks[(*top.pointer, key)][0]
            hint = f"keep one `{key}`; the first stands on line {first}"
            self.report(event, "yaml/duplicate-key", f"the key `{key}` stands twice", hint)
            top.skip, top.twice = True, len(self.findings) - 1
        else:
            self.written.marks[(*top.pointer, key)] = _position(event)

    def excuse(self) -> None:
        """Keys that stand twice with the same value mislead nobody."""
        for index, first, second in self.twice if self.profile.same_twice else ():
            if repr(first) == repr(second):  # `==` takes 1 for true
                self.findings[index] = replace(self.findings[index], severity=Severity.HINT)

    def _alias(self, event: yaml.AliasEvent) -> None:
        value, size, source = None, 1, None
        if not self.profile.aliases:
            self.report(event, "yaml/alias", "an alias repeats a value", "write the value out")
        elif event.anchor in self.anchors:
            value, size, source = self.anchors[event.anchor]
        else:
            hint = "an anchor `&name` must end before an alias `*name` repeats it"
            message = f"the alias `*{event.anchor}` repeats nothing"
            self.report(event, "yaml/alias", message, hint)
        self.grow(size)
        if self._awaits_key():
            self.stack[-1].skip, self.stack[-1].awaits_key = True, False
            return
        target = self._put(value, event)
        if source is not None:
            self._repeat(value, source, target)

    def _repeat(self, value: Any, source: Pointer, target: Pointer) -> None:
        """Let what stands below an alias have the marks and texts of what it repeats."""
        marks, texts = self.written.marks, self.written.texts
        pending = [(value, source, target)]
        while pending:
            value, old, new = pending.pop()
            if old in texts:
                texts.setdefault(new, texts[old])
            if old in marks:
                marks.setdefault(new, marks[old])
            if type(value) is dict:
                pending.extend((item, (*old, key), (*new, key)) for key, item in value.items())
            elif type(value) is list:
                pending.extend((item, (*old, i), (*new, i)) for i, item in enumerate(value))

    def _tag(self, event: yaml.NodeEvent) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.report(event, "yaml/tag", f"the tag `{tag}` is not allowed", "remove the tag")

    def _plain(self, text: str) -> Any:
        booleans = _BOOL_11 if self.profile.yaml11_booleans else _BOOL_12
        if text in booleans:
            return booleans[text]
        if text in _NULL:
            return None
        if len(text) > 400:
            return text
        if _INT.match(text):
            digits = text.lstrip("+-")
            base = {"0o": 8, "0x": 16}.get(digits[:2], 10)
            return int(text, base)
        if _FLOAT.match(text):
            number = float(_NAMED_FLOAT.sub("", text))
            return text if number in _INFINITE and not _NAMED_FLOAT.search(text) else number
        return text


_INFINITE = (float("inf"), float("-inf"))


class _TooLargeError(Exception):
    """The document expands beyond the bounds."""


class _StopError(Exception):
    """What is wrong was reported, and nothing more can be said."""


def read_events(text: str, path: str, profile: Profile) -> tuple[Any, Written, tuple[Finding, ...]]:
    """Parse one YAML document.

    Returns:
        The data, or `FAILED`; what the text tells beyond it; the findings.
    """
    builder = _Builder(path, profile)
    try:
        for event in yaml.parse(text.lstrip("\ufeff"), Loader=SafeLoader):
            builder.take(event)
    except _StopError:
        return FAILED, builder.written, tuple(builder.findings)
    except _TooLargeError:
        message = f"expands to more than {MAX_NODES:,} values"
        hint = "write fewer values, and no aliases"
        builder.findings.append(Finding(Place(path), "yaml/bomb", message, hint))
        return FAILED, builder.written, tuple(builder.findings)
    except UnicodeEncodeError as error:
        place = Place(path, text.count("\n", 0, error.start) + 1)
        message = f"a character that UTF-8 does not know: {_shown(text[error.start])}"
        builder.findings.append(Finding(place, "yaml/syntax", message, "remove it"))
        return FAILED, builder.written, tuple(builder.findings)
    except yaml.MarkedYAMLError as error:
        builder.findings.append(_syntax(error, path))
        return FAILED, builder.written, tuple(builder.findings)
    except yaml.reader.ReaderError as error:
        place = Place(path, text.count("\n", 0, error.position) + 1)
        message = f"a character that YAML does not allow: {_shown(error.character)}"
        builder.findings.append(Finding(place, "yaml/syntax", message, "remove it"))
        return FAILED, builder.written, tuple(builder.findings)
    builder.excuse()
    return builder.result, builder.written, tuple(builder.findings)


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def _shown(character: str | int) -> str:
    number = character if isinstance(character, int) else ord(character[:1] or "\0")
    return f"U+{number:04X}"


def _syntax(error: yaml.MarkedYAMLError, path: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path)
    message = "; ".join(part for part in (error.context, error.problem) if part)
    hint = "check the indentation, and quote text that holds `: `, `#` or a leading `@`"
    return Finding(place, "yaml/syntax", message or "not YAML", hint)
