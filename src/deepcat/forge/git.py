"""EDGE of the forge: the Git that a workflow or a hook works with."""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.forge.values import Part

RECORDS = "refs/heads/records"
_TIMEOUT_S = 300
# Git sets these for its hooks; here the folder alone says which repository is meant.
_OF_HOOKS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
    "GIT_PUSH_OPTION_COUNT",
)
_IDENTITY = {
    "GIT_AUTHOR_NAME": "deepcat",
    "GIT_AUTHOR_EMAIL": "deepcat@localhost",
    "GIT_COMMITTER_NAME": "deepcat",
    "GIT_COMMITTER_EMAIL": "deepcat@localhost",
}


class Git:
    """One repository, by a folder in its work tree or by itself when it is bare.

    Raises:
        DeepcatError: from every method, when Git refuses (``git/failed``).
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def commit(self, name: str) -> str:
        """The full hash of a commit; empty when there is none of that name."""
        done = self._run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def merge_base(self, one: str, other: str) -> str:
        """The newest commit that both hold; empty when they share none."""
        done = self._run("merge-base", one, other)
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def changed(self, before: str, after: str) -> tuple[tuple[str, str], ...]:
        """Files below the root that differ: (``A``, ``M`` or ``D``, POSIX path), sorted by path."""
        words = self("diff", "--name-status", "--no-renames", "--relative", "-z", before, after)
        parts = words.decode("utf-8", "surrogateescape").split("\0")
        pairs = zip(parts[::2], parts[1::2], strict=False)
        known = {"A": "A", "D": "D"}
        return tuple(sorted(((known.get(s[:1], "M"), p) for s, p in pairs), key=lambda x: x[1]))

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

    def adopt_records(self, remote: str = "origin") -> None:
        """Where the records were fetched as a remote's branch only, know them by their own name."""
        theirs = self.commit(f"refs/remotes/{remote}/records")
        if theirs and not self.commit(RECORDS):
            self("update-ref", RECORDS, theirs)

    def branches(self, below: str) -> tuple[str, ...]:
        """Names of the branches below a folder of names."""
        found = self("for-each-ref", "--format=%(refname:strip=2)", f"refs/heads/{below}")
        return tuple(found.decode().split())

    def put_commit(
        self, branch: str, base: str, parts: Mapping[str, Part | None], text: str
    ) -> str:
        """Let a branch be one commit upon `base` with these parts; empty when base has them.

        A branch that has the same content upon the same base already is left as it is.
        """
        tree = self._tree(base, parts)
        if parts and tree == self("rev-parse", f"{base}^{{tree}}").decode().strip():
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

    def delete_branch(self, branch: str) -> None:
        """Let there be no such branch."""
        self("update-ref", "-d", f"refs/heads/{branch}")

    def _tree(self, base: str, parts: Mapping[str, Part | None]) -> str:
        with tempfile.TemporaryDirectory(prefix="deepcat-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            self("read-tree", base, extra=index)
            for path, part in sorted(parts.items()):
                self("rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", path, extra=index)
                if part is None:
                    continue
                if part.kind == "tree":
                    self("read-tree", f"--prefix={path}/", part.sha, extra=index)
                else:
                    info = f"{part.mode},{part.sha},{path}"
                    self("update-index", "--add", "--cacheinfo", info, extra=index)
            return self("write-tree", extra=index).decode().strip()

    def __call__(
        self,
        *argv: str,
        stdin: bytes = b"",
        extra: Mapping[str, str] | None = None,
        identity: bool = False,
    ) -> bytes:
        """What a Git command prints."""
        done = self._run(*argv, stdin=stdin, extra=extra, identity=identity)
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise DeepcatError(
                f"`git {argv[0]}` failed: {lines[-1] if lines else 'no reason given'}",
                hint="mend what Git says, then run the same command again",
                code="git/failed",
            )
        return done.stdout

    def _run(
        self,
        *argv: str,
        stdin: bytes = b"",
        extra: Mapping[str, str] | None = None,
        identity: bool = False,
    ) -> subprocess.CompletedProcess[bytes]:
        environment = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
        environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(extra or {})}
        if identity:
            environment = _IDENTITY | environment
        try:
            return subprocess.run(
                ["git", "-C", str(self.root), *argv],
                input=stdin,
                capture_output=True,
                check=False,
                env=environment,
                timeout=_TIMEOUT_S,
            )
        except FileNotFoundError:
            raise DeepcatError(
                "the program `git` is not installed", hint="install Git", code="git/failed"
            ) from None
        except subprocess.TimeoutExpired:
            raise DeepcatError(
                f"`git {argv[0]}` did not end within {_TIMEOUT_S} s",
                hint="check that the remote answers",
                code="git/failed",
            ) from None


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
    with tempfile.TemporaryDirectory(prefix="deepcat-git-") as folder:
        config = Path(folder, "config")
        config.touch(mode=0o600)
        known = before or str(Path("~/.gitconfig").expanduser())
        config.write_text(
            f"[include]\n\tpath = {known}\n"
            f'[http "{server.rstrip("/")}/"]\n\textraheader = AUTHORIZATION: basic {word}\n'
        )
        os.environ["GIT_CONFIG_GLOBAL"] = str(config)
        try:
            yield
        finally:
            if before is None:
                del os.environ["GIT_CONFIG_GLOBAL"]
            else:
                os.environ["GIT_CONFIG_GLOBAL"] = before
