"""The trainings as a commit of the records holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepcat.records import curves as curve_files
from deepcat.records import layout as lay
from deepcat.records import trainings
from deepcat.records.cache import parsed
from deepcat.records.curves import Curves
from deepcat.records.git import Plumbing, blobs, contents
from deepcat.records.trainings import Training, require_id

_CACHE = ".deepcat/cache/trainings.json"


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change leads to.

    Attributes:
        after: the training's record then.
        edit: of the tree; None where nothing changes.
    """

    after: Training | None
    edit: lay.Edit | None


def read_all(git: Plumbing, tip: str, prefix: str, root: Path) -> dict[str, Training]:
    """All trainings of a commit, by id.

    Args:
        git: of the repository.
        tip: the commit; empty when there are no records.
        prefix: the catalog's folder in the repository, empty or ending in `/`.
        root: the catalog's folder, which holds the cache.

    Raises:
        DeepcatError: one is damaged (``records/damaged``).
    """
    found = blobs(git, tip, prefix, lay.TRAININGS)
    named = {name: blob for path, blob in found.items() if (name := lay.training_at(path))}
    data = parsed(root, named, lambda ids: contents(git, ids), trainings.parse, _CACHE)
    return {name: trainings.from_data(data[blob], name) for name, blob in named.items()}


def read_curves(git: Plumbing, tip: str, prefix: str, training: str) -> Curves:
    """The curves of a training in a commit; none where none are kept."""
    text = _text(git, tip, f"{prefix}{lay.of_curves(require_id(training))}")
    return curve_files.curves_from(text) if text else {}


def curve_ids(git: Plumbing, tip: str, prefix: str) -> dict[str, str]:
    """Training's id -> the id of the content of its curves, of all that have some."""
    found = blobs(git, tip, prefix, lay.TRAININGS)
    return {name: blob for path, blob in found.items() if (name := lay.curves_at(path))}


def some_curves(git: Plumbing, ids: Sequence[str]) -> dict[str, Curves]:
    """Content's id -> the curves in it."""
    return {each: curve_files.curves_from(text) for each, text in contents(git, ids).items()}


def changed(
    git: Plumbing,
    tip: str,
    prefix: str,
    training: str,
    change: Callable[[Training | None], Training | None],
    curves: Curves | None,
) -> Changed:
    """What a change makes of a training's record in a commit, and how the tree is edited for it.

    Raises:
        DeepcatError: the record there is damaged, or what `change` raises.
    """
    path, beside = lay.of_training(require_id(training)), lay.of_curves(training)
    old = _text(git, tip, prefix + path)
    after = change(trainings.from_text(old, training) if old else None)
    puts = {path: trainings.to_text(after)} if after is not None else {}
    if after is not None and curves is not None:
        puts[beside] = curve_files.curves_text(training, curves)
    now = {name: _text(git, tip, prefix + name) if name == beside else old for name in puts}
    differing = {name: text for name, text in puts.items() if text != now[name]}
    return Changed(after, lay.Edit({}, (), differing) if differing else None)


def _text(git: Plumbing, tip: str, path: str) -> str:
    """A file of a commit; empty where there is none."""
    if not tip:
        return ""
    with git.objects() as objects:
        found = objects.get(f"{tip}:{path}")
    return found[1].decode(errors="replace") if found else ""
