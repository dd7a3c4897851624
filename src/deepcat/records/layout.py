"""Where a record's file lies on the ref: flat while there are few, in folders when many. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from deepcat.errors import DeepcatError
from deepcat.records.shape import NAME, is_training

FOLDER = "deployments"
# Of trainings, which outlive what asked for them; always in folders.
TRAININGS = "trainings"
MANY = 256


@dataclass(frozen=True, slots=True)
class Layout:
    """How the records lie now: all flat, or all in folders.

    Attributes:
        is_sharded: whether they lie in folders.
        flat_names: the names of those that lie flat.
    """

    is_sharded: bool = False
    flat_names: frozenset[str] = frozenset()

    def path(self, name: str) -> str:
        """Where the record lies, or would."""
        return sharded(name) if self.is_sharded else flat(name)


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change in the tree, in this order.

    Attributes:
        moves: old path -> new path.
        deletes: paths that are there.
        puts: path -> text.
    """

    moves: Mapping[str, str]
    deletes: tuple[str, ...]
    puts: Mapping[str, str]


def is_name(text: str) -> bool:
    """Whether a text can be a deployment's name."""
    return bool(NAME.match(text))


def require_name(name: str) -> str:
    """The name again.

    Raises:
        DeepcatError: it cannot be a file's name (``records/name``).
    """
    if not is_name(name):
        raise DeepcatError(
            f"{name!r} cannot be a deployment's name",
            hint="use letters, digits, `-`, `_` and `.`",
            code="records/name",
        )
    return name


def flat(name: str) -> str:
    """The path of a record among few."""
    return f"{FOLDER}/{require_name(name)}.yaml"


def sharded(name: str) -> str:
    """The path of a record among many."""
    shard = hashlib.sha256(name.encode()).hexdigest()[:2]
    return f"{FOLDER}/{shard}/{require_name(name)}.yaml"


def name_of(path: str) -> str:
    """The name of the record at a path; empty when no record lies there."""
    stem = path.rpartition("/")[2].removesuffix(".yaml")
    if not NAME.match(stem) or path not in (flat(stem), sharded(stem)):
        return ""
    return stem


def of_training(training: str) -> str:
    """The path of a training's record."""
    return f"{TRAININGS}/{training[:2]}/{training}.yaml"


def of_curves(training: str) -> str:
    """The path of a training's curves."""
    return f"{TRAININGS}/{training[:2]}/{training}.curves.json"


def training_at(path: str) -> str:
    """The id of the training whose record lies at a path; empty where none does."""
    stem = path.rpartition("/")[2].removesuffix(".yaml")
    return stem if is_training(stem) and path == of_training(stem) else ""


def curves_at(path: str) -> str:
    """The id of the training whose curves lie at a path; empty where none do."""
    stem = path.rpartition("/")[2].removesuffix(".curves.json")
    return stem if is_training(stem) and path == of_curves(stem) else ""


def edit(
    layout: Layout, before: Collection[str], after: Mapping[str, str | None]
) -> tuple[Edit, Layout]:
    """How to bring records to what they shall be.

    Args:
        layout: how they lie now.
        before: which of the names in `after` have a record now.
        after: name -> text, or None for no record.

    Returns:
        What to change, and how they lie then. Once there are `MANY`, all move into folders.
    """
    kept = {name for name, text in after.items() if text is not None}
    names = layout.flat_names - after.keys() | kept
    then = (
        Layout(True) if layout.is_sharded or len(names) >= MANY else Layout(False, frozenset(names))
    )
    moving = layout.flat_names if then.is_sharded else frozenset[str]()
    moves = {flat(name): sharded(name) for name in sorted(moving)}
    deletes = tuple(then.path(name) for name in sorted(before) if after[name] is None)
    puts = {then.path(name): text for name, text in sorted(after.items()) if text is not None}
    return Edit(moves, deletes, puts), then
