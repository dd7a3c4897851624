"""EDGE of the catalog: which modules have had more than one version, and what each of them was.

Unlike `history`, which tells all of few modules, this looks at all modules at once, and tells of
those alone that have a past: Git lists what changed, once, and after that only what came since.
"""

from __future__ import annotations

import marshal
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deepcat import git
from deepcat.catalog.judging.schema import is_valid
from deepcat.catalog.keeping import row_file
from deepcat.catalog.load import load_module
from deepcat.catalog.past import PastTree
from deepcat.catalog.reading.history import (
    LOG,
    NAME,
    Carried,
    History,
    carried,
    states_version,
    touches,
)
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import Unit, UnitKind
from deepcat.catalog.values import Module
from deepcat.errors import DeepcatError

# So many versions of a module are told of, the newest first.
MOST = 20
_OWNER = "lineage/1"
_HEAD = "HEAD"
# So many modules that had no past are asked of by name.
_FEW = 200
_QUICK = re.compile(rb"^version:[ \t]*[\"']?(\d+\.\d+\.\d+[0-9A-Za-z.+-]{0,60})[\"']?[ \t]*$", re.M)
_SEMVER = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?\Z")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a module as the branch last had it.

    Attributes:
        version: SemVer.
        commit: the last that changed the module while it stated this version.
        date: of that commit, ISO 8601.
        folder: the hash that Git has for the module's folder there.
    """

    version: str
    commit: str
    date: str
    folder: str


@dataclass(frozen=True)
class Lineage:
    """The versions that modules have had, and how to open them.

    Attributes:
        root: the catalog's folder.
        tree: today's.
        versions: name -> the versions of a module, the newest first; modules that have had but one
            are left out.
    """

    root: Path
    tree: Tree
    versions: Mapping[str, tuple[Version, ...]]

    @cached_property
    def _history(self) -> History:
        return History(self.root, self.tree.commit)

    def opened(self, name: str, version: Version) -> tuple[Module, Tree] | None:
        """A module as it was, and its files; None where today's schema does not take it.

        It was checked when it came to the branch, and is not judged again by all of today's rules.
        """
        path = f"modules/{name}"
        try:
            tree = PastTree(self.tree, self._history, name, version.folder)
            unit = Unit(UnitKind.MODULE, name, path, version.folder, True, tree.entries)
            document, _ = read_bytes(tree.read(unit.document), unit.document)
            if document is None or not is_valid(UnitKind.MODULE, document.data):
                return None
            module = load_module(tree, unit, version.folder, marshal.dumps(document.data))
        except (DeepcatError, FileNotFoundError):
            return None
        is_it = (module.name, module.version) == (name, version.version)
        return (module, tree) if is_it else None


def lineage(root: Path, commit: str, file: Path | None) -> Mapping[str, tuple[Version, ...]]:
    """Name -> the versions of a module in the history of a commit, the newest first.

    Modules that have had but one are left out.

    Args:
        root: the catalog's folder, in a repository.
        commit: whose history it is; empty where there is none.
        file: where what was found is kept for the next time; None for nowhere.
    """
    if not commit:
        return {}
    rows = row_file.read(file, _OWNER)[1] if file else {}
    before = rows.pop(_HEAD, "")
    if before != commit:
        rows = _since(root, before, commit, rows) if _leads(root, before, commit) else {}
        rows = rows or _told(root, commit, ("modules",), {})
        if file:
            with suppress(OSError):  # a full or read-only disk costs speed, not the answer
                row_file.write(file, _OWNER, {**rows, _HEAD: commit})
    found = {name: _kept(row)[:MOST] for name, row in rows.items()}
    return {name: versions for name, versions in found.items() if len(versions) > 1}


def _leads(root: Path, before: str, commit: str) -> bool:
    """Whether one commit is among the first parents of another."""
    if not before:
        return False
    line = git.says(root, "rev-list", "--first-parent", f"{before}~1..{commit}")
    return before.encode() in line.split()


def _since(root: Path, before: str, commit: str, rows: Mapping[str, str]) -> dict[str, str]:
    """What is known of all modules after what came since; empty where all must be looked at."""
    log = _log(root, f"{before}..{commit}", ("modules",))
    names = _names(log)
    new = sorted(names - rows.keys())
    if len(new) > _FEW:
        return {}
    found = _carried(root, log, rows, names & rows.keys())
    if new:
        paths = tuple(f"modules/{name}" for name in new)
        found |= _told(root, commit, paths, {})
    return {**rows, **found}


def _told(root: Path, span: str, paths: tuple[str, ...], rows: Mapping[str, str]) -> dict[str, str]:
    """What a span of history made of modules."""
    log = _log(root, span, paths)
    return _carried(root, log, rows, _names(log))


def _log(root: Path, span: str, paths: tuple[str, ...]) -> str:
    said = git.says(root, *LOG[:-1], "--format=%H %cI", span, "--", *paths)
    return said.decode("utf-8", "replace")


def _names(log: str) -> set[str]:
    paths = (line.partition("\t")[2].split("/") for line in log.splitlines() if line[:1] == ":")
    return {path[1] for path in paths if len(path) > 1 and NAME.match(path[1])}


def _carried(
    root: Path, log: str, rows: Mapping[str, str], names: Collection[str]
) -> dict[str, str]:
    version, found = _reader(git.Blobs(root)), {}
    for name, done in touches(log, names).items():
        # Most modules have had one file and one version: nothing of them is read.
        if name in rows or len({touch.document for touch in done if touch.document}) > 1:
            found[name] = _row(carried(done, _past(rows.get(name, "")), version))
    return found


def _reader(blobs: git.Blobs) -> Callable[[str], str]:
    known: dict[str, str] = defaultdict(str)

    def version(blob: str) -> str:
        if blob not in known:
            content = blobs.read(blob) or b""
            found = _QUICK.findall(content)
            known[blob] = found[0].decode() if len(found) == 1 else states_version(content)
        return known[blob]

    return version


def _past(row: str) -> tuple[Carried, ...]:
    return tuple(
        Carried(each.version, f"{each.commit} {each.date}", each.folder) for each in _kept(row)
    )


def _row(past: tuple[Carried, ...]) -> str:
    return "\t".join(f"{each.version} {each.commit} {each.folder}" for each in past if each.folder)


def _kept(row: str) -> tuple[Version, ...]:
    columns = (column.split(" ") for column in row.split("\t") if column)
    return tuple(Version(*each) for each in columns if len(each) == 4 and _SEMVER.match(each[0]))
