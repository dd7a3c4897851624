"""A template with everything it imports: documents, type definitions, libraries.

An import is a file inside the module's folder, or one of the vendored libraries, by name or by the
public address that templates of the field use. Nothing else is read, and nothing is fetched.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from deepcat.catalog.findings import Finding, Place
from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.parse import read_bytes, too_large
from deepcat.catalog.reading.profile import TOSCA
from deepcat.tosca.reading.definitions import Definition, listed, mapping
from deepcat.tosca.reading.files import Files, inside
from deepcat.tosca.reading.library import KINDS, library, library_of
from deepcat.tosca.reading.names import Names
from deepcat.tosca.reading.report import Report, Spot, nearest, shown, words
from deepcat.tosca.reading.suspicious_text import report_suspicious
from deepcat.tosca.reading.type_places import NODE, whole_topology
from deepcat.tosca.reading.version_2_0 import VERSION, as_1_3

# Templates of the field have some kilobytes; a larger one is no template, or no good one.
MAX_TEMPLATE = 262_144
# A review looks for operations in these files; so nothing else may bring some.
ENDINGS: Final = (".yaml", ".yml")
MAX_DOCUMENTS = 32
MAX_TYPES = 2_000
VERSIONS: Final = (*(f"tosca_simple_yaml_1_{minor}" for minor in range(4)), VERSION)
_KEYS: Final = words(
    "tosca_definitions_version tosca_default_namespace namespace metadata template_name "
    "template_author template_version description dsl_definitions repositories imports "
    "topology_template"
) | frozenset(KINDS)


@dataclass(slots=True)
class Source:
    """A template and what it imports.

    Attributes:
        main: the template itself.
        own: kind -> type's name -> definition.
        libraries: vendored libraries that are imported, in their order.
        nested: imported documents that bring a topology which can stand for a node.
        names: what the names of types mean in each document.
    """

    main: Document
    own: dict[str, dict[str, Definition]] = field(default_factory=dict)
    libraries: dict[str, None] = field(default_factory=dict)
    nested: list[Document] = field(default_factory=list)
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        self.names = Names(self.own, self.libraries)

    def whole(self, document: Document) -> Document:
        """A document whose topology names every type in full."""
        topology = mapping(mapping(document.data).get("topology_template"))
        nodes = mapping(topology.get("node_templates"))

        def meant(kind: str, name: str) -> str:
            if kind == NODE:
                return (
                    name if name in nodes else self.names.meant(document.path, "node_types", name)
                )
            return self.names.meant(document.path, kind, name)

        data = whole_topology(document.data, meant)
        return document if data is document.data else replace(document, data=data)


class Reader:
    """Reads a template and follows its imports, each file once.

    Args:
        files: what may be read.
        report: where findings go.
    """

    def __init__(self, files: Files, report: Report) -> None:
        self.files = files
        self.report = report
        self.seen: set[str] = set()
        self.open: list[str] = []

    def read(self, path: str) -> Source | None:
        """The template with its imports; None where nothing can be said of it."""
        document = self._document(path, Place(path))
        if document is None:
            return None
        source = Source(document)
        if not self._accepted(document, main=True):
            return None
        self._take(document, source)
        source.main = source.whole(document)
        source.nested = [source.whole(nested) for nested in source.nested]
        return source

    def _document(self, path: str, asked: Place) -> Document | None:
        self.seen.add(path)
        size = self.files.size(path)
        if size is None or not path.endswith(ENDINGS):
            message, hint = f"there is no file `{shown(path)}`", "check the name"
            if size is not None:
                message = f"`{shown(path)}` is no YAML file by its name"
                hint = "let templates, and what they import, end with `.yaml` or `.yml`"
            self.report.add([Finding(asked, "tosca/file", message, hint)])
            return None
        if size > MAX_TEMPLATE:
            self.report.add([too_large(path, size, MAX_TEMPLATE)])
            return None
        try:
            content = self.files.read(path)
        except FileNotFoundError:
            message = f"the file `{shown(path)}` cannot be read"
            self.report.add([Finding(asked, "tosca/file", message, "pack the archive anew")])
            return None
        return self._parsed(content, path)

    def _parsed(self, content: bytes, path: str) -> Document | None:
        document, findings = read_bytes(content, path, TOSCA)
        self.report.add(findings)
        if document is None or any(finding.is_error for finding in findings):
            return None
        report_suspicious(document, self.report)
        if not isinstance(document.data, dict):
            message = "the file holds no TOSCA template"
            hint = "begin with `tosca_definitions_version: tosca_simple_yaml_1_3`"
            self.report.add([Finding(Place(path), "tosca/file", message, hint)])
            return None
        if document.data.get("tosca_definitions_version") == VERSION:
            return as_1_3(document, self.report)
        return document

    def _accepted(self, document: Document, *, main: bool) -> bool:
        spot = Spot(document)
        version = document.data.get("tosca_definitions_version")
        where = spot / "tosca_definitions_version"
        if version is None and not main:
            return True
        if version in VERSIONS:
            return True
        hint = f"write the template in one of {', '.join(VERSIONS)}"
        if version is None:
            message = "the template does not say its `tosca_definitions_version`"
        elif str(version).startswith("tosca_simple_profile_for_"):
            message = f"the profile `{shown(version)}`, of network functions, is not read"
        elif str(version).startswith("alien_dsl"):
            message = f"Alien4Cloud's dialect `{shown(version)}` is not read"
        else:
            message = f"the version `{shown(version)}` is not known"
        self.report.error(where, "version", message, hint)
        return False

    def _take(self, document: Document, source: Source) -> None:
        """Take a document's types, and those of all it imports."""
        self.open.append(document.path)
        spot = Spot(document)
        for key in document.data:
            if key not in _KEYS:
                message = f"a template has no section `{shown(key)}`"
                self.report.error(spot / key, "unknown-key", message, nearest(key, _KEYS))
        for kind in KINDS:
            self._types(kind, document, source)
        for target, where in self._imports(document):
            self._import(target, where, document, source)
        self.open.pop()

    def _types(self, kind: str, document: Document, source: Source) -> None:
        store = source.own.setdefault(kind, {})
        section = document.data.get(kind)
        if section is not None and not isinstance(section, dict):
            where = Spot(document) / kind
            self.report.error(where, "definition", f"`{kind}` is a mapping of types by name")
        space = source.names.spaces.get(document.path, "")
        for short, data in mapping(section).items():
            where, name = Spot(document) / kind / short, f"{space}{short}"
            if name in store:
                self._again(name, store[name], data, where)
            elif name in library("deepcat")[kind]:
                message = f"the type `{shown(name)}` is deepcat's own"
                self.report.error(where, "duplicate-type", message, "give yours another name")
            elif sum(map(len, source.own.values())) >= MAX_TYPES:
                message = f"more than {MAX_TYPES} types"
                self.report.error(where, "size", message, "import only what is used")
                return
            else:
                self.report.name(where, "type", name, is_used=False)
                store[name] = Definition(mapping(data), where, raw=data)

    def _again(self, name: str, known: Definition, data: Any, where: Spot) -> None:
        """A type that is defined twice: what imports a file has its own say before that file."""
        if known.spot.document.path in self.open[:-1] or known.raw == data:
            return
        message = f"the type `{shown(name)}` is defined twice"
        hint = f"the other stands at {known.spot.place}"
        self.report.error(where, "duplicate-type", message, hint)

    def _imports(self, document: Document) -> Iterator[tuple[Any, Spot]]:
        section = document.data.get("imports")
        spot = Spot(document) / "imports"
        if section is not None and not isinstance(section, list):
            self.report.error(spot, "import", "`imports` is a list", "write `- FILE` below it")
        for index, item in enumerate(listed(section)):
            where = spot / index
            if isinstance(item, dict) and len(item) == 1 and "file" not in item:
                name, target = next(iter(item.items()))
                yield target, where / name
            else:
                yield item, where

    def _import(self, item: Any, where: Spot, document: Document, source: Source) -> None:
        target = self._target(item, where, document)
        if target is None:
            return
        prefix = self._prefix(item, where)
        known = source.names.prefixes.setdefault(document.path, {})
        vendored = library_of(target)
        if vendored is not None:
            source.libraries[vendored] = None
            known |= {prefix: ""} if prefix else {}
            return
        path = self._path(target, document, where)
        if path is None:
            message = f"`{shown(target)}` lies outside the module, or on the network"
            hint = "copy the types into the module, or import `deepcat`, `indigo` or `grycap`"
            self.report.error(where, "import", message, hint)
        elif path in self.open:
            message = f"`{shown(target)}` imports itself in the end"
            self.report.error(where, "import-cycle", message, "remove one of the imports")
        else:
            known |= {prefix: path} if prefix else {}
            if path not in self.seen:
                space = source.names.spaces.get(document.path, "")
                source.names.spaces[path] = f"{space}{prefix}:" if prefix else space
                self._follow(path, where, source)

    def _path(self, target: str, document: Document, where: Spot) -> str | None:
        """An import's path: beside the document, or else beside the template, as some take it."""
        path = inside(self.files.folder, posixpath.dirname(document.path), target)
        if path is None or self.files.size(path) is not None:
            return path
        main = posixpath.dirname(self.open[0])
        other = inside(self.files.folder, main, target)
        if other is None or other == path or self.files.size(other) is None:
            return path
        message = f"`{shown(target)}` lies beside the template, not beside the file that imports it"
        self.report.hint(where, "import", message, "name it from where that file lies")
        return other

    def _follow(self, path: str, where: Spot, source: Source) -> None:
        if len(self.seen) >= MAX_DOCUMENTS:
            message = f"more than {MAX_DOCUMENTS} files are imported"
            self.report.error(where, "size", message, "put types together")
            return
        document = self._document(path, where.place)
        if document is None or not self._accepted(document, main=False):
            return
        topology = mapping(document.data.get("topology_template"))
        if mapping(topology.get("substitution_mappings")):
            source.nested.append(document)
        self._take(document, source)

    def _prefix(self, item: Any, where: Spot) -> str:
        prefix = mapping(item).get("namespace_prefix")
        if prefix is None:
            return ""
        plain = self.report.name(where / "namespace_prefix", "prefix", str(prefix))
        return str(prefix) if plain else ""

    def _target(self, item: Any, where: Spot, document: Document) -> str | None:
        """What an import names: text, or `{file, repository, …}`."""
        if isinstance(item, str) and item:
            return item
        if isinstance(item, dict) and isinstance(item.get("file"), str):
            repository = item.get("repository")
            if repository is None:
                return str(item["file"])
            known = mapping(mapping(document.data).get("repositories"))
            entry = known.get(repository) if isinstance(repository, str) else None
            address = entry.get("url") if isinstance(entry, dict) else entry
            if isinstance(address, str):
                return f"{address.rstrip('/')}/{item['file']}"
            message = f"there is no repository `{shown(repository)}`"
            self.report.error(where, "import", message, nearest(repository, known))
            return None
        self.report.error(where, "import", "this import names no file", "write `- FILE`")
        return None
