"""A catalog in which every rule finds nothing, and trees in memory to break it in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.judging import schema
from deepcat.catalog.judging.breach import Breach, Schema
from deepcat.catalog.judging.reference_validator import Reference
from deepcat.catalog.judging.validators import Quick
from deepcat.catalog.reading.tree import Entry

BASE = Path(__file__).parent / "base"


@dataclass
class MemoryTree:
    """A `Tree` of files, links, and files that are only said to be large."""

    files: dict[str, bytes]
    links: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    commit: str = ""

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        names = {*self.files, *self.links, *self.sizes}
        return tuple(
            self._entry(name) for name in sorted(names) if not under or name.startswith(f"{under}/")
        )

    def _entry(self, name: str) -> Entry:
        if name in self.links:
            return Entry(name, len(self.links[name]), True, self.links[name])
        content = self.files.get(name, b"")
        fingerprint = hashlib.sha256(content).hexdigest()
        return Entry(name, self.sizes.get(name, len(content)), False, fingerprint)

    def read(self, path: str) -> bytes:
        if path in self.sizes:
            pytest.fail(f"{path} is too large to be read")
        if path in self.links or path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def size(self, path: str) -> int | None:
        if path in self.links:
            return None
        return self.sizes.get(path, len(self.files[path]) if path in self.files else None)


class BothValidators:
    """A schema held by the quick validator and the reference; fails when they differ."""

    def __init__(self, held: Schema) -> None:
        self.quick, self.reference = Quick(held), Reference(held)

    def is_valid(self, data: Any) -> bool:
        verdict = self.quick.is_valid(data)
        assert self.reference.is_valid(data) is verdict, data
        return verdict

    def breaches(self, data: Any) -> Iterator[Breach]:
        found = list(self.quick.breaches(data))
        assert _told(found) == _told(self.reference.breaches(data)), data
        return iter(found)


def _told(found: Iterable[Breach]) -> set[tuple[object, ...]]:
    """All that the wording of a breach rests on, one entry a name."""
    told = ((one, json.dumps(one.field, sort_keys=True)) for one in found)
    return {
        (one.pointer, one.keyword, name, field)
        for one, field in told
        for name in one.names or ("",)
    }


@pytest.fixture(scope="module", autouse=True)
def both_validators() -> Iterator[type[BothValidators]]:
    """Let every case of this folder be judged by both validators, which must agree."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "validator", BothValidators)
        schema._validator_of.cache_clear()
        yield BothValidators
    schema._validator_of.cache_clear()


@pytest.fixture(scope="session")
def base_files(repository: Path) -> Mapping[str, bytes]:
    """The files of the catalog in which every rule finds nothing."""
    model = (repository / "modules" / "half-plus-two" / "model.tar.gz").read_bytes()
    digest = hashlib.sha256(model).hexdigest().encode()
    files = {
        path.relative_to(BASE).as_posix(): path.read_bytes().replace(b"SHA256", digest)
        for path in sorted(BASE.rglob("*"))
        if path.is_file()
    }
    return files | {"modules/plain/model.tar.gz": model}


@pytest.fixture
def memory_tree(base_files: Mapping[str, bytes]) -> Callable[..., MemoryTree]:
    """Make a tree of the base catalog with some files replaced, added or (None) taken out."""

    def make(changes: Mapping[str, bytes | str | None] | None = None) -> MemoryTree:
        files = dict(base_files)
        for name, content in (changes or {}).items():
            if content is None:
                del files[name]
            else:
                files[name] = content.encode() if isinstance(content, str) else content
        return MemoryTree(files)

    return make
