"""Small trees in memory, so that a review's rules are tried without Git."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from deepcat.catalog.reading.tree import Entry
from deepcat.forge.values import People, Role, Says, Vote
from deepcat.review.facts import submission
from deepcat.review.values import Changed, How, Submission


class MemoryTree:
    """A `Tree` of path -> text."""

    commit = "0" * 40

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        return tuple(
            Entry(path, len(text), False, hashlib.sha256(text.encode()).hexdigest())
            for path, text in sorted(self.files.items())
            if not under or path.startswith(f"{under}/")
        )

    def size(self, path: str) -> int | None:
        return len(self.files[path]) if path in self.files else None

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path].encode()


def module(name: str = "digits", **fields: Any) -> dict[str, str]:
    """The files of one module."""
    data = {
        "name": name,
        "version": "1.0.0",
        "title": "Digits",
        "maintainers": ["ada"],
        "model": {"format": "tensorflow-savedmodel", "path": "model.tar.gz", "sha256": "a" * 64},
        "changes": [{"version": "1.0.0", "date": "2026-01-01", "kind": "added", "text": "First."}],
    } | fields
    return {
        f"modules/{name}/module.yaml": json.dumps(data),
        f"modules/{name}/tosca.yaml": "topology_template: {}\n",
        f"modules/{name}/model.tar.gz": "weights",
        f"modules/{name}/README.md": "Words.\n",
    }


def settings(**fields: Any) -> dict[str, str]:
    return {
        "deepcat.yaml": json.dumps({"title": "t", "groups": {"maintainers": ["root"]}, **fields})
    }


Review = Callable[..., Submission]


@pytest.fixture
def submitted() -> Review:
    """A pull request from the files before and after."""

    def make(
        before: Mapping[str, str],
        after: Mapping[str, str],
        author: str = "ada",
        approvers: tuple[str, ...] = (),
        tip: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Submission:
        changed = [
            Changed(
                path,
                How.ADDED
                if path not in before
                else How.DELETED
                if path not in after
                else How.MODIFIED,
            )
            for path in sorted({*before, *after})
            if before.get(path) != after.get(path)
        ]
        if tip is not None:
            more["tip"] = MemoryTree(tip)
        votes = tuple(Vote(each, Says.YES, "h", Role.WRITER) for each in approvers)
        people = People("h", author, votes=votes)
        return submission(MemoryTree(before), MemoryTree(after), changed, people, **more)

    return make


@pytest.fixture
def files() -> Callable[..., dict[str, str]]:
    """A catalog of one module: `files(version=…)`; `files(None)` has no module."""

    def make(
        name: str | None = "digits", more: Mapping[str, str] | None = None, **fields: Any
    ) -> dict[str, str]:
        base = settings() | (module(name, **fields) if name else {})
        return base | dict(more or {})

    return make


@pytest.fixture
def tree() -> Callable[[Mapping[str, str]], MemoryTree]:
    """A tree of path -> text."""
    return MemoryTree
