"""What the version before was trained with, and what of that a training changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.forge.git import Repository
    from deepcat.loop.trained.values import Provenance


# So many names are told.
_MOST = 5


@dataclass(frozen=True, slots=True)
class Others:
    """What a training had that the version before had not.

    Attributes:
        data: names of the data that is other data.
        inputs: names of the inputs that have another value.
        is_lock: whether its environment is another.
    """

    data: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    is_lock: bool = False

    @property
    def words(self) -> str:
        """Such as ``other data (digits) and other inputs (epochs)``; empty for nothing."""
        named = (("other data", self.data), ("other inputs", self.inputs))
        parts = [f"{what} ({_listed(names)})" for what, names in named if names]
        return " and ".join([*parts, *(["another environment"] if self.is_lock else [])])


def others(module: Mapping[str, Any], source: Provenance, data: Mapping[str, str]) -> Others:
    """What differs. Pure.

    Args:
        module: `module.yaml` of the version before, as parsed.
        source: how the training came to be.
        data: of the version before, by name, what each is known by; as `data_before` gives it.
    """
    training = module.get("training") or {}
    run = training.get("run") or {}
    usual = {
        name: each["default"]
        for name, each in (training.get("inputs") or {}).items()
        if "default" in each
    }
    now = digests(source.data)
    return Others(
        _differing(data, now) if data and now else (),
        _differing(run.get("inputs", usual), source.inputs),
        bool(run) and source.lock != run.get("lock", ""),
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _differing(one: Mapping[str, Any], two: Mapping[str, Any]) -> tuple[str, ...]:
    nothing = object()
    names = sorted({*one, *two})
    return tuple(name for name in names if one.get(name, nothing) != two.get(name, nothing))


def digests(data: Mapping[str, Any]) -> dict[str, str]:
    """Name -> what data is known by, of a record's data; what names none is left out. Pure."""
    return {
        str(name): str(each["digest"])
        for name, each in data.items()
        if isinstance(each, Mapping) and each.get("digest")
    }


def data_before(
    git: Repository, root: Path, base: str, name: str, module: Mapping[str, Any]
) -> dict[str, str]:
    """Name -> what the data is known by that the version before learnt from; empty if unknown.

    The training that made it says so, else its data sets as they were when its file was changed
    last.

    Args:
        git: the catalog's repository.
        root: the catalog's folder.
        base: the commit whose version it is.
        name: the module's.
        module: its `module.yaml`, as parsed.
    """
    from deepcat.catalog.datasets import asked, found
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree

    training = module.get("training") or {}
    if run := training.get("run"):
        return digests(run.get("data") or {})
    if not training.get("data"):
        return {}
    path = f"{git.prefix}modules/{name}/module.yaml"
    with suppress(DeepcatError, ValueError, FileNotFoundError):
        argv = ("log", "-1", "--first-parent", "--format=%H", base, "--", f":(top){path}")
        if not (commit := git(*argv).decode().strip()):
            return {}
        tree = git_tree(root, commit)
        known = load(tree).datasets
        named = asked(training, {}).items()
        return {each: found(entry, known, tree.read).digest for each, entry in named}
    return {}
