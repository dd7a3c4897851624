"""A module as a new version would have it: its files, and what its new model answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from deepcat.catalog.beginning.put import put, without
from deepcat.catalog.check import below, examine
from deepcat.catalog.converting.proof import Files
from deepcat.catalog.load import load
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.units import MARKER, MODULE_FILE
from deepcat.errors import DeepcatError
from deepcat.host.model_server.compare import differences
from deepcat.loop.trained.output import bad
from deepcat.loop.trained.values import Answered
from deepcat.loop.trained.written import moved

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Module

# Of a module in a tree: why its model gives no answers, else one for each sample.
Ask: TypeAlias = "Callable[[Tree, Module], tuple[str, Sequence[Mapping[str, Any]]]]"


@dataclass(frozen=True, slots=True)
class Folder:
    """A module's folder at a commit.

    Attributes:
        name: the module's.
        files: by their paths in it; links are left out.
        data: `module.yaml`, as parsed.
        beside: what else of the catalog it is judged by, by path: `deepcat.yaml`, data sets.
    """

    name: str
    files: Mapping[str, bytes]
    data: Mapping[str, Any]
    beside: Mapping[str, bytes]

    def changed(self, made: Mapping[str, bytes | None]) -> Folder:
        """The same with other files."""
        kept = {path: data for path, data in self.files.items() if path not in made}
        files = kept | {path: data for path, data in made.items() if data is not None}
        return Folder(self.name, files, _data(files[MODULE_FILE]), self.beside)

    def with_archive(self, path: str, content: bytes) -> Folder:
        """The same with its model in the folder, wherever it lies.

        Raises:
            DeepcatError: `module.yaml` cannot be changed so (``edit/form``).
        """
        sha256 = hashlib.sha256(content).hexdigest()
        model = self.data["model"]
        text = self.files[MODULE_FILE].decode()
        text = put(text, MODULE_FILE, {("model", "sha256"): sha256, ("model", "path"): path})
        if "source" in model:
            text = without(text, MODULE_FILE, "model", "source")
        made = {MODULE_FILE: text.encode(), path: content}
        topology = str(self.data.get("topology") or "")
        if topology in self.files:
            where = str(model.get("path") or model.get("source"))
            made[topology] = moved(
                self.files[topology], (where, str(model.get("sha256"))), (path, sha256)
            )
        return self.changed(made)

    @property
    def tree(self) -> Files:
        """A catalog that holds it alone."""
        files = {f"modules/{self.name}/{path}": data for path, data in self.files.items()}
        return Files({**self.beside, **files})

    @property
    def errors(self) -> set[tuple[str, str]]:
        """What the check has against it."""
        found = below(examine(self.tree, cached=False).findings, [f"modules/{self.name}"])
        return {(each.code, each.message) for each in found if each.is_error}

    @property
    def module(self) -> Module:
        """The module.

        Raises:
            DeepcatError: the check has something against it (``job/bad-output``).
        """
        found = load(self.tree).modules.get(self.name)
        if found is None:
            words = "; ".join(sorted(f"{message} [{code}]" for code, message in self.errors))
            raise bad(f"the module would not pass the check: {words[:600] or 'it is not read'}")
        return found


def folder_at(tree: Tree, name: str) -> Folder:
    """A module's folder in a tree.

    Raises:
        DeepcatError: there is no such module (``propose/module``).
    """
    path = f"modules/{name}"
    entries = [each for each in tree.entries(path) if not each.is_link]
    files = {each.path[len(path) + 1 :]: tree.read(each.path) for each in entries}
    if MODULE_FILE not in files:
        raise DeepcatError(
            f"the module `{name}` is not in the catalog any more",
            hint="bring its folder back first",
            code="propose/module",
        )
    return folder_of(tree, name, files)


def folder_of(tree: Tree, name: str, files: Mapping[str, bytes]) -> Folder:
    """A module's folder of these files, `module.yaml` among them, beside what a tree has."""
    sets = (each.path for each in tree.entries("datasets") if not each.is_link)
    described = [each for each in sets if each.endswith(".yaml") and each.count("/") == 1]
    beside = {path: tree.read(path) for path in (MARKER, *described)}
    return Folder(name, files, _data(files[MODULE_FILE]), beside)


def answers_of(new: Folder, ask: Ask) -> list[Answered]:
    """What the new model says to the module's samples.

    Raises:
        DeepcatError: it cannot be served, or gives a sample no answer (``job/bad-output``).
    """
    module = new.module
    if not module.samples:
        return []
    why, bodies = ask(new.tree, module)
    if why:
        raise bad(why)
    return [
        Answered(each.name, body, differences(each.response, body, each.tolerance))
        for each, body in zip(module.samples, bodies, strict=True)
    ]


def _data(content: bytes) -> Mapping[str, Any]:
    document, _ = read_bytes(content, MODULE_FILE)
    return document.data if document and isinstance(document.data, dict) else {}
