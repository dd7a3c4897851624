"""EDGE of the catalog: which versions of a module the history that led to a commit has carried.

The history is that of the first parents: what a merge brought counts as of the merge, and what lies
on the merged branch alone was never what the branch stood for. Git is asked once for all modules;
what it said can be kept by the commit, so that only what came since is asked the next time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deepcat import git
from deepcat.catalog.reading.listing import files
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Entry
from deepcat.catalog.reading.units import MODULE_FILE
from deepcat.errors import DeepcatError

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,200}\Z")
# What a person has configured must change neither which commits are listed nor how.
LOG = (
    "-c", "core.quotePath=false", "-c", "log.diffMerges=separate", "-c", "log.follow=false",
    "-c", "log.showRoot=true", "-c", "log.showSignature=false", "--literal-pathspecs", "log",
    "--first-parent", "-m", "--raw", "-t", "--no-abbrev", "--no-renames", "--relative",
    "--no-color", "--format=%H",
)  # fmt: skip
_FOLDER, _FILE = "040000", ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Carried:
    """One version of a module as history last had it.

    Attributes:
        version: as `module.yaml` states it.
        commit: the last that changed the module while it stated this version.
        folder: the hash that Git has for the module's folder there.
    """

    version: str
    commit: str
    folder: str


@dataclass(frozen=True, slots=True)
class Touch:
    """What one commit made of a module's folder.

    Attributes:
        commit: its hash.
        folder: the folder's tree; empty when it went.
        document: the blob of `module.yaml`; empty when it went, None when it stayed.
    """

    commit: str
    folder: str
    document: str | None


def touches(log: str, names: Iterable[str]) -> dict[str, list[Touch]]:
    """What `git log --raw -t` tells of modules, the newest first. Pure."""
    folders = {f"modules/{name}": name for name in names}
    documents = {f"{path}/{MODULE_FILE}": name for path, name in folders.items()}
    found: dict[str, list[Touch]] = defaultdict(list)
    commit = ""
    for line in log.splitlines():
        if not line.startswith(":"):
            commit = line or commit
            continue
        facts, _, path = line.partition("\t")
        _, mode, _, new, _ = facts.split(" ")
        if path in folders:
            folder = new if mode == _FOLDER else ""
            found[folders[path]].append(Touch(commit, folder, None if folder else ""))
        elif path in documents:
            rows = found[documents[path]]
            if rows and rows[-1].commit == commit:
                document = new if mode in _FILE else ""
                rows[-1] = Touch(commit, rows[-1].folder, document)
    return found


def carried(
    rows: Sequence[Touch], before: Sequence[Carried], version: Callable[[str], str]
) -> tuple[Carried, ...]:
    """The versions that a module had, the newest first; the first is what it is now. Pure.

    Args:
        rows: what was done to it since, the newest first.
        before: the versions that it had until then; the first is what it was.
        version: what a `module.yaml` of this blob states; empty for one that states none.
    """
    now = before[0].version if before else ""
    states = list(reversed(before))
    for row in reversed(rows):
        if row.document is not None:
            now = version(row.document) if row.document else ""
        states.append(Carried(now, row.commit, row.folder))
    found: dict[str, Carried] = {}
    for at, each in enumerate(reversed(states)):
        if at == 0 or each.version:
            found.setdefault(each.version, each)
    return tuple(found.values())


def states_version(content: bytes) -> str:
    """The version that a `module.yaml` states; empty when it states none that could be one."""
    document, _ = read_bytes(content, MODULE_FILE)
    data = document.data if document else None
    said = data.get("version") if isinstance(data, dict) else None
    return said if isinstance(said, str) and _VERSION.match(said) else ""


class History:
    """The versions of modules in the history of one commit.

    Args:
        root: the catalog's folder, in a repository.
        commit: whose history it is; empty where there is none.

    Attributes:
        rows: name and commit -> what was known of a module then, as a line that can be kept; what
            is given here is not asked again.
    """

    def __init__(self, root: Path, commit: str) -> None:
        self.root = root
        self.commit = commit
        self.rows: dict[str, str] = {}
        self._blobs = git.Blobs(root)
        self._known: dict[str, tuple[Carried, ...]] = {}

    def of(self, names: Iterable[str]) -> Mapping[str, tuple[Carried, ...]]:
        """Name -> the versions that the module had, the newest first; the first is as it is now."""
        if not self.commit:
            return {}
        wanted = sorted({name for name in names if NAME.match(name)} - self._known.keys())
        if wanted:
            self._ask(wanted)
            self.rows |= {f"{name} {self.commit}": _row(self._known[name]) for name in wanted}
        return self._known

    def _ask(self, names: Sequence[str]) -> None:
        """Ask Git of what is not known; of what was known at an older commit, what came since."""
        kept: dict[str, dict[str, str]] = defaultdict(dict)
        for key, row in self.rows.items():
            name, _, at = key.partition(" ")
            kept[name][at] = row
        line = self._line() if any(kept[n] and self.commit not in kept[n] for n in names) else ()
        by_commit: dict[str, list[str]] = defaultdict(list)
        for name in names:
            at = next((each for each in (self.commit, *line) if each in kept[name]), "")
            self._known[name] = _kept(kept[name][at]) if at else ()
            by_commit[at].append(name)
        for at, named in by_commit.items():
            if at != self.commit:
                self._since(named, f"{at}..{self.commit}" if at else self.commit)

    def _since(self, names: Sequence[str], span: str) -> None:
        paths = [f"modules/{name}" for name in names]
        done = git.run(self.root, (*LOG, span, "--", *paths))
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise DeepcatError(
                f"Git cannot tell which versions there were: {said}",
                hint="run `git fsck`",
                code="git/failed",
            )
        found = touches(done.stdout.decode("utf-8", "replace"), names)
        for name in names:
            self._known[name] = carried(found.get(name, ()), self._known[name], self._version)

    def _line(self) -> tuple[str, ...]:
        """The first parents that led here, the last first."""
        said = git.says(self.root, "rev-list", "--first-parent", self.commit)
        return tuple(said.decode().split())

    def _version(self, blob: str) -> str:
        content = self._blobs.read(blob)
        return states_version(content) if content is not None else ""

    def at(self, commit: str, name: str) -> Carried | None:
        """A module as a commit of this history has it, whatever came after; None where it has not.

        Only a commit that led to this one counts: no other was agreed to.
        """
        if not NAME.match(name) or not re.fullmatch(r"[0-9a-f]{40,64}", commit):
            return None
        base = git.says(self.root, "merge-base", commit, self.commit).decode().strip()
        named = (f"{commit}:./modules/{name}", f"{commit}:./modules/{name}/{MODULE_FILE}")
        found = git.says(self.root, "rev-parse", "--verify", "--end-of-options", named[0])
        if base != commit or not found:
            return None
        blob = git.says(self.root, "rev-parse", "--verify", "--end-of-options", named[1])
        version = self._version(blob.decode().strip()) if blob else ""
        return Carried(version, commit, found.decode().strip()) if version else None

    def entries(self, name: str, folder: str) -> dict[str, Entry]:
        """The files of a module's folder, by path, by the hash that Git has for it."""
        start = f"modules/{name}/"
        listing = files(git.says(self.root, "ls-tree", "-r", "-l", "-z", "--full-tree", folder))
        return {
            start + path: Entry(start + path, each.size, each.is_link, each.fingerprint)
            for path, each in listing.items()
        }

    def read(self, entry: Entry) -> bytes:
        """A file's content.

        Raises:
            FileNotFoundError: this clone does not hold it.
        """
        content = self._blobs.read(entry.fingerprint)
        if content is None:
            raise FileNotFoundError(entry.path)
        return content

    @cached_property
    def is_shallow(self) -> bool:
        """Whether this clone was cut off, so that it may not know what others know."""
        return git.says(self.root, "rev-parse", "--is-shallow-repository").strip() == b"true"


def _row(known: Iterable[Carried]) -> str:
    return "\t".join(f"{each.version} {each.commit} {each.folder}" for each in known)


def _kept(row: str) -> tuple[Carried, ...]:
    columns = (column.split(" ") for column in row.split("\t") if column)
    return tuple(Carried(version, commit, folder) for version, commit, folder in columns)
