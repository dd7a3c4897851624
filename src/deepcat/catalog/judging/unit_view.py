"""A unit as the rules see it: what its schema let pass of its document, its files, its places."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.profile import Pointer
from deepcat.catalog.reading.tree import Entry, Tree
from deepcat.catalog.reading.units import Unit, UnitKind

MEGABYTE = 1_000_000
TEXT_BYTES = 1_048_576
_TEXTS = (
    ".yaml", ".yml", ".md", ".json", ".py", ".txt", ".svg", ".cff", ".toml", ".cfg", ".ini",
    ".sh", ".html", ".htm", ".css", ".js", ".rst", ".bib", ".csv", ".tsv", ".j2", ".ipynb",
)  # fmt: skip

_PRINTING = bytes([9, 10, 13, *range(32, 127)])
_ESCAPES = (b"\\u", b"\\U", b"\\x")


def _is_plain(content: bytes) -> bool:
    if content.translate(None, _PRINTING):
        return False
    return b"\\" not in content or not any(escape in content for escape in _ESCAPES)


class View:
    """One unit, each part read when it is first asked for and kept.

    Attributes:
        tree: where it is read from.
        unit: what it is.
        settings: `deepcat.yaml`, as far as it could be read.
        data: the document's mapping, without the values that the schema refused; rules find
            nothing else there than the schema allows, but keys may be missing.
        files: its files by their path relative to the unit's folder.
    """

    def __init__(self, tree: Tree, unit: Unit, settings: Mapping[str, Any]) -> None:
        self.tree = tree
        self.unit = unit
        self.settings = settings
        start = len(unit.path) + 1 if unit.kind is UnitKind.MODULE else unit.path.rfind("/") + 1
        self.files: dict[str, Entry] = {entry.path[start:]: entry for entry in unit.entries}
        self.data: Mapping[str, Any] = {}
        self._start = unit.path[: max(start - 1, 0)]
        self._kept: dict[Any, Any] = {}
        self._contents: dict[str, bytes | None] = {}

    @cached_property
    def parsed(self) -> tuple[Document | None, tuple[Finding, ...]]:
        """The document as it stands, and what the parser found; (None, ()) when there is none."""
        name = self.unit.document.rpartition("/")[2]
        content = self.content(name)
        return (None, ()) if content is None else read_bytes(content, self.unit.document)

    @cached_property
    def limit(self) -> int:
        """The size, in bytes, above which no file is read."""
        return int(self._limit("weights_MB", 10) * MEGABYTE)

    @cached_property
    def readme_limit(self) -> int:
        """The size, in bytes, above which a README is not looked at."""
        return int(self._limit("readme_kB", 200) * 1000)

    def _limit(self, key: str, otherwise: float) -> float:
        limits = self.settings.get("limits")
        value = limits.get(key) if isinstance(limits, Mapping) else None
        return value if isinstance(value, int | float) and value > 0 else otherwise

    def path(self, name: str) -> str:
        """The path of one of its files, relative to the catalog's root."""
        return f"{self._start}/{name}" if self._start else name

    def content(self, name: str) -> bytes | None:
        """A file's content; None when there is none, or it is a link, or above the limit."""
        if name not in self._contents:
            self._contents[name] = self._read(name)
        return self._contents[name]

    def _read(self, name: str) -> bytes | None:
        entry = self.files.get(name)
        if entry is None or entry.is_link or entry.size > max(self.limit, TEXT_BYTES):
            return None
        try:
            return self.tree.read(entry.path)
        except FileNotFoundError:
            return None

    def text(self, name: str) -> str | None:
        """A file's text; None when it has no content to give, or it is not UTF-8."""
        content = self.content(name)
        if content is None or len(content) > TEXT_BYTES:
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            return None

    @cached_property
    def all_text(self) -> bytes:
        """All its texts in one, for a first quick look."""
        return b"\n".join(self.content(name) or b"" for name in self.text_names())

    @cached_property
    def is_plain(self) -> bool:
        """Whether all its texts are ASCII that prints, and spell no character by an escape."""
        return _is_plain(self.all_text)

    def keep(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was made for a key before, or is made now."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def text_names(self) -> Iterator[str]:
        """The files whose names say that they hold text."""
        return (name for name in self.files if name.lower().endswith(_TEXTS))

    def place(self, *pointer: str | int) -> Place:
        """Where a value of the document stands."""
        document = self.parsed[0]
        return document.place(pointer) if document else Place(self.unit.document)

    def file_place(self, name: str, line: int = 0, column: int = 0) -> Place:
        """A place in one of its files."""
        return Place(self.path(name), line, column)

    def each(self, *pointer: str | int) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
        """The mappings in a list of the document, each with its pointer."""
        value: Any = self.data
        for key in pointer:
            if isinstance(value, Mapping):
                value = value.get(str(key))
            elif isinstance(value, list) and isinstance(key, int):
                value = value[key]
            else:
                return
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, dict):
                yield (*pointer, index), item

    @cached_property
    def digest(self) -> str:
        """sha256 over every file by name and content; of what is not read, by name and size."""
        total = hashlib.sha256()
        for name, entry in sorted(self.files.items()):
            content = self.content(name)
            part = content if content is not None else f"unread {entry.size}".encode()
            total.update(f"{name}\0{len(part)}\0".encode(errors="surrogateescape"))
            total.update(part)
        return total.hexdigest()
