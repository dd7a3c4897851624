"""EDGE of the forge: the Git that a workflow or a hook works with."""

from __future__ import annotations

import base64
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deepcat import git
from deepcat.catalog.reading.tree import Entry
from deepcat.errors import DeepcatError
from deepcat.forge.values import Part

RECORDS = "refs/heads/records"
# A tree of a kilobyte can stand for billions of files.
MOST_FILES = 250_000
_MOST_LISTED = 64 << 20
_GITS_OWN = re.compile(rb"(?:\A|/)(?:\.git|git~1|\.{0,2})(?:/|\Z)", re.IGNORECASE)
_IDENTITY = {
    "GIT_AUTHOR_NAME": "deepcat",
    "GIT_AUTHOR_EMAIL": "deepcat@localhost",
    "GIT_COMMITTER_NAME": "deepcat",
    "GIT_COMMITTER_EMAIL": "deepcat@localhost",
}


class Repository:
    """One repository, by a folder in its work tree or by itself when it is bare.

    Raises:
        DeepcatError: from every method, when Git refuses (``git/failed``).
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def commit(self, name: str) -> str:
        """The full hash of a commit; empty when there is none of that name."""
        done = self.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def parents(self, commit: str) -> tuple[str, ...]:
        """The commits that one stands upon."""
        return tuple(self("rev-list", "--parents", "-n1", commit).decode().split()[1:])

    def tree(self, commit: str) -> str:
        """The hash of all that a commit holds."""
        return self("rev-parse", f"{commit}^{{tree}}").decode().strip()

    def tree_fault(self, commit: str, most: int = MOST_FILES) -> str:
        """Why a commit's files are not read: a crafted tree can hold what no checkout would.

        Of two entries of one name a reviewer sees one, and a checkout has the other.
        """
        argv = ("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit)
        with git.talk(self.root, argv) as (_, answer):
            listing = answer.read(min(_MOST_LISTED, most * 1024) + 1)
            if len(listing) > min(_MOST_LISTED, most * 1024) or listing.count(b"\0") > most:
                return f"it holds more than {most:,} files, or too long names"
        paths = listing.split(b"\0")[:-1]
        if len(set(paths)) < len(paths):
            return "it holds two files of one name in one folder"
        if any(_GITS_OWN.search(path) for path in paths):
            return "it holds a file whose name is Git's own, such as `.git`, which none checks out"
        return ""

    def merge_base(self, one: str, other: str) -> str:
        """The newest commit that both hold; empty when they share none."""
        done = self.run("merge-base", one, other)
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def merged(self, one: str, other: str) -> str:
        """A commit that merges the second into the first; empty where people must solve it."""
        done = self.run("merge-tree", "--write-tree", "--no-messages", one, other)
        if done.returncode:
            return ""
        tree = done.stdout.decode().strip()
        made = self("commit-tree", tree, "-p", one, "-p", other, "-m", "merge", identity=True)
        return made.decode().strip()

    def later(self, commit: str, others: Iterable[str]) -> frozenset[str]:
        """Those of other commits that came after this one; one that is not here did not."""
        asked = sorted({each for each in others if each and each != commit})
        if not asked:
            return frozenset()
        given = "\n".join([f"^{commit}", *asked]).encode()
        words = ("--ancestry-path", "--ignore-missing", "--stdin")
        found = self("rev-list", *words, stdin=given).decode().split()
        return frozenset(asked).intersection(found)

    def touched(self, before: str, after: str) -> frozenset[str]:
        """Files below the root that a first parent between two commits changed, if for a time."""
        words = ("log", "--first-parent", "-m", "--name-only", "--no-renames", "--relative", "-z")
        out = self("-c", "log.diffMerges=separate", *words, "--format=", f"{before}..{after}")
        return frozenset(out.decode("utf-8", "surrogateescape").strip("\0").split("\0")) - {""}

    def changed(self, before: str, after: str) -> tuple[tuple[str, str], ...]:
        """Files below the root that differ: (``A``, ``M`` or ``D``, POSIX path), sorted by path."""
        words = self("diff", "--name-status", "--no-renames", "--relative", "-z", before, after)
        parts = words.decode("utf-8", "surrogateescape").split("\0")
        pairs = zip(parts[::2], parts[1::2], strict=False)
        known = {"A": "A", "D": "D"}
        return tuple(sorted(((known.get(s[:1], "M"), p) for s, p in pairs), key=lambda x: x[1]))

    def submodules(self, before: str, after: str) -> tuple[str, ...]:
        """Other repositories that came to stand below the root, or moved on; sorted."""
        words = ("--raw", "--no-renames", "--relative", "--diff-filter=d", "-z", before, after)
        parts = self("diff", *words).decode("utf-8", "surrogateescape").split("\0")
        pairs = zip(parts[::2], parts[1::2], strict=False)
        return tuple(sorted(path for facts, path in pairs if facts.split()[1] == "160000"))

    def part(self, commit: str, path: str) -> Part | None:
        """What stands at a path below the root in a commit."""
        row = self("ls-tree", "-z", commit, "--", path).decode("utf-8", "surrogateescape")
        if not row:
            return None
        mode, kind, sha = row.split("\t", 1)[0].split()
        return Part(mode, kind, sha)

    @property
    def prefix(self) -> str:
        """The root's path in the repository, empty or ending in `/`."""
        return self("rev-parse", "--show-prefix").decode().strip()

    def author(self, commit: str) -> str:
        """Who wrote a commit, as Git knows it: the address's part before the `@`."""
        return self("log", "-1", "--format=%al", commit).decode().strip()

    def fetch(self, remote: str, *refs: str) -> None:
        """Fetch these refs of a remote."""
        self("fetch", "--quiet", "--no-tags", remote, *refs)

    def branches(self, below: str, remote: str = "") -> tuple[str, ...]:
        """Names of the branches below a folder of names, here or at a remote."""
        if remote:
            rows = self("ls-remote", remote, f"refs/heads/{below}/*").decode().splitlines()
            return tuple(row.partition("\trefs/heads/")[2] for row in rows)
        found = self("for-each-ref", "--format=%(refname:strip=2)", f"refs/heads/{below}")
        return tuple(found.decode().split())

    def symbolic_refs(self) -> dict[str, str]:
        """Refs that are names of others -> the ref that each stands for."""
        rows = self("for-each-ref", "--format=%(refname) %(symref)").decode().splitlines()
        return {name: target for name, _, target in (row.partition(" ") for row in rows) if target}

    def put_commit(
        self, branch: str, base: str, parts: Mapping[str, Part | None], text: str
    ) -> str:
        """Let a branch be one commit upon `base` with these parts; empty when base has them.

        A branch that has the same content upon the same base already is left as it is.
        """
        tree = self._tree(base, parts)
        if parts and tree == self.tree(base):
            return ""
        known = self.commit(f"refs/heads/{branch}")
        if known:
            facts = self("log", "-1", "--format=%T %P%n%B", known).decode().strip()
            if facts == f"{tree} {base}\n{text}".strip():
                return known
        made = self("commit-tree", tree, "-p", base, "-F", "-", stdin=text.encode(), identity=True)
        sha = made.decode().strip()
        self("update-ref", f"refs/heads/{branch}", sha)
        return sha

    def write(self, path: Path) -> Part:
        """A file's content as an object of the repository."""
        sha = self("hash-object", "-w", "--no-filters", "--", str(path)).decode().strip()
        return Part("100644", "blob", sha)

    def make_commit(self, base: str, parts: Mapping[str, Part | None], text: str, at: str) -> str:
        """One commit upon `base` with these parts; the same whenever it is made.

        Args:
            base: full hash.
            parts: as of `put_commit`.
            text: its message.
            at: ISO 8601 instant that it bears.
        """
        when = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
        argv = ("commit-tree", self._tree(base, parts), "-p", base, "-F", "-")
        made = self(*argv, stdin=text.encode(), identity=True, extra=when)
        return made.decode().strip()

    def message(self, commit: str) -> str:
        """What a commit says of itself."""
        return self("log", "-1", "--format=%B", commit).decode("utf-8", "replace")

    def says(self, commit: str, words: str) -> bool:
        """Whether a commit, or one that came before it, says these words in its message."""
        argv = ("log", "-1", "--format=%H", "--fixed-strings", f"--grep={words}", commit, "--")
        return bool(self(*argv).strip())

    def silent(self, before: str, after: str, words: str) -> bool:
        """Whether a commit that the second holds and the first does not says no such words."""
        argv = ("log", "-1", "--format=%H", "--fixed-strings", "--invert-grep", f"--grep={words}")
        return bool(self(*argv, f"{before}..{after}", "--").strip())

    def branch_at(self, branch: str, remote: str = "") -> str:
        """The commit that a branch names, here or at a remote; empty where there is none."""
        if not remote:
            return self.commit(f"refs/heads/{branch}")
        rows = self("ls-remote", remote, f"refs/heads/{branch}").decode().split()
        return rows[0] if rows else ""

    def lease_branch(self, branch: str, commit: str, known: str, remote: str = "") -> None:
        """Let a branch name a commit, here or at a remote, unless it names another than `known`.

        Args:
            branch: its name.
            commit: full hash.
            known: the commit that it names now; empty for none.
            remote: whose branch; empty for this repository's.
        """
        ref, no_hooks = f"refs/heads/{branch}", ("-c", "core.hooksPath=/dev/null")
        if not remote:
            self(*no_hooks, "update-ref", ref, commit, known or "0" * len(commit))
            return
        lease = f"--force-with-lease={ref}:{known}"
        self(*no_hooks, "push", "--quiet", lease, remote, f"{commit}:{ref}")

    def push_branch(self, branch: str, remote: str) -> None:
        """Let a remote's branch be as it is here; one that is ours alone."""
        self("push", "--quiet", "--force", remote, f"refs/heads/{branch}:refs/heads/{branch}")

    def delete_branch(self, branch: str, remote: str = "") -> None:
        """Let there be no such branch, here or at a remote."""
        if remote:
            self("push", "--quiet", remote, f":refs/heads/{branch}")
        self("update-ref", "-d", f"refs/heads/{branch}")

    def _tree(self, base: str, parts: Mapping[str, Part | None]) -> str:
        with tempfile.TemporaryDirectory(prefix="deepcat-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            self("read-tree", base, extra=index)
            rows = b"".join(self._rows(base, parts))
            self("update-index", "-z", "--index-info", stdin=rows, extra=index)
            return self("write-tree", extra=index).decode().strip()

    def _rows(self, base: str, parts: Mapping[str, Part | None]) -> Iterator[bytes]:
        """What brings an index from `base` to the parts; paths are from the repository's root."""
        none = b"0" * len(base)
        for name, part in sorted(parts.items()):
            path = os.fsencode(name)
            for row in self._list(base, name):
                yield b"0 " + none + b"\t" + row.partition(b"\t")[2] + b"\0"
            if part is not None and part.kind == "blob":
                yield f"{part.mode} {part.sha}\t".encode() + path + b"\0"
            elif part is not None:
                for row in self._list(part.sha):
                    facts, _, below = row.partition(b"\t")
                    mode, _, sha = facts.split(b" ")
                    yield mode + b" " + sha + b"\t" + path + b"/" + below + b"\0"

    def _list(self, tree: str, *paths: str) -> list[bytes]:
        found = self("ls-tree", "-r", "-z", "--full-tree", tree, "--", *paths)
        return [row for row in found.split(b"\0") if row]

    def __call__(
        self,
        *argv: str,
        stdin: bytes = b"",
        extra: Mapping[str, str] | None = None,
        identity: bool = False,
    ) -> bytes:
        """What a Git command prints."""
        done = self.run(*argv, stdin=stdin, extra=extra, identity=identity)
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise DeepcatError(
                f"`git {argv[0]}` failed: {lines[-1] if lines else 'no reason given'}",
                hint="mend what Git says, then run the same command again",
                code="git/failed",
            )
        return done.stdout

    def run(
        self,
        *argv: str,
        stdin: bytes = b"",
        extra: Mapping[str, str] | None = None,
        identity: bool = False,
    ) -> git.Done:
        """How a Git command ended, which may fail."""
        defaults = _IDENTITY if identity else {}
        return git.run(self.root, argv, stdin=stdin, defaults=defaults, extra=extra)


class Slice:
    """A catalog's `Tree` of a commit of which only a few folders are ever looked at."""

    def __init__(self, git: Repository, commit: str) -> None:
        self._git = git
        self.commit = commit

    def entries(self, under: str = "") -> tuple[Entry, ...]:
        """All files below a folder, sorted by path."""
        where = ("--", f"{under}/") if under else ()
        listing = self._git("ls-tree", "-r", "-l", "-z", self.commit, *where)
        rows = listing.decode("utf-8", "surrogateescape").split("\0")
        found = []
        for facts, _, path in (row.partition("\t") for row in rows if row):
            mode, kind, sha, size = facts.split()
            if kind == "blob":
                found.append(Entry(path, int(size), mode == "120000", sha))
        return tuple(sorted(found))

    def read(self, path: str) -> bytes:
        """A file's content.

        Raises:
            FileNotFoundError: there is none, or it is a link or a folder.
        """
        return self._git("cat-file", "blob", self._blob(path))

    def size(self, path: str) -> int | None:
        """A file's bytes, without reading it; None where `read` would find none."""
        try:
            return int(self._git("cat-file", "-s", self._blob(path)))
        except FileNotFoundError:
            return None

    def _blob(self, path: str) -> str:
        odd = "\0" in path or not {"", ".", ".."}.isdisjoint(path.split("/"))
        part = None if odd else self._git.part(self.commit, path)
        if part is None or part.kind != "blob" or part.mode == "120000":
            raise FileNotFoundError(path)
        return part.sha


@contextmanager
def signed_in(server: str, token: str) -> Iterator[None]:
    """Let Git show a token to one server, and to no other, for as long as this lasts.

    The token stands in a private file, never in an argument, an address or the environment.
    """
    if not token:
        yield
        return
    word = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    before = os.environ.get("GIT_CONFIG_GLOBAL")
    known = before or str(Path("~/.gitconfig").expanduser())
    text = (
        f"[include]\n\tpath = {known}\n"
        f'[http "{server.rstrip("/")}/"]\n\textraheader = AUTHORIZATION: basic {word}\n'
    )
    with git.private_file(text.encode()) as config:
        os.environ["GIT_CONFIG_GLOBAL"] = config
        try:
            yield
        finally:
            if before is None:
                del os.environ["GIT_CONFIG_GLOBAL"]
            else:
                os.environ["GIT_CONFIG_GLOBAL"] = before
