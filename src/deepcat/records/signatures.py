"""Who may write records, and whether they did: SSH signatures by keys that the main branch names.

What was verified once is remembered by its commit in the repository's own folder, where no commit
can put a file; so is the newest commit that was seen, so that older records are noticed.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.git import SSH_ALONE
from deepcat.records.git import Plumbing

FILE = "deepcat.yaml"
VOUCHES = "Deepcat-Vouches"
SEEN = "refs/deepcat/records/seen"
BRANCH_SETTING = "deepcat.branch"
_MEMORY = "deepcat-records-seen"
_KEY = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*")


@dataclass(frozen=True, slots=True)
class Link:
    """A commit of the chain that leads to the records.

    Attributes:
        parents: the commits it is built upon.
        vouches: whether it says that all before it is right, too.
    """

    parents: tuple[str, ...]
    vouches: bool


def reached(tip: str, links: Mapping[str, Link]) -> tuple[str, ...]:
    """The commits that must be signed so that a tip can be believed, the tip first. Pure.

    Args:
        tip: where to begin.
        links: those that are not known to be right already.
    """
    found: dict[str, None] = {}
    waiting = [tip]
    while waiting:
        commit = waiting.pop()
        if commit in found or commit not in links:
            continue
        found[commit] = None
        if not links[commit].vouches:
            waiting += reversed(links[commit].parents)
    return tuple(found)


class Trust:
    """What of a repository's records can be believed.

    Args:
        git: of the repository.
        prefix: the catalog's folder in it, empty or ending in `/`.
        remote: name of the one whose main branch counts, where there is one.
        branch: that is said to be the main one; Git's configuration is asked when None.
    """

    def __init__(
        self, git: Plumbing, prefix: str, remote: str = "origin", branch: str | None = None
    ) -> None:
        self._git = git
        self._prefix = prefix
        self._remote = remote
        self._branch = branch

    @cached_property
    def allowed(self) -> str:
        """The file by which Git knows who may sign; empty where nobody is named.

        Raises:
            DeepcatError: the main branch's `deepcat.yaml` cannot be read (``records/signers``).
        """
        lines = []
        for number, signer in enumerate(_signers(self._settings()), 1):
            key = _KEY.match(str(signer.get("key", ""))) if isinstance(signer, Mapping) else None
            if key is None:
                raise _unreadable(f"signer {number} has no SSH key")
            lines.append(f'signer-{number} namespaces="git" {key[0]}\n')
        return "".join(lines)

    def require(self, tip: str) -> None:
        """Raise DeepcatError unless the records at a commit can be believed.

        Raises:
            DeepcatError: one that leads to it is signed by nobody who may
                (``records/signature``), or newer ones were seen here (``records/older``).
        """
        if not tip:
            return
        by, seen = self._remembered()
        if (by, seen) == (self._by, tip):
            return
        if seen and seen != tip and not self._is_later(tip, seen):
            raise _older(tip, seen)
        if self.allowed and (wrong := self.wrong(tip, seen if by == self._by else "")):
            raise unsigned(wrong[0])
        self.remember(tip)

    def require_signed(self, commit: str) -> None:
        """Raise DeepcatError (``records/key``) unless a signer signed this very commit."""
        if not self._good((commit,)):
            raise DeepcatError(
                f"this machine's key is of no signer that the main branch's `{FILE}` names",
                hint="add its public key under `signers` there, and merge that first",
                code="records/key",
            )

    def signed(self, commits: Iterable[str]) -> frozenset[str] | None:
        """Those of the commits that somebody signed who may; None where nobody is named."""
        return self._good(commits) if self.allowed else None

    def wrong(self, tip: str, known: str = "") -> tuple[str, ...]:
        """The commits on which a tip depends, and that nobody signed who may; the newest first."""
        needed = reached(tip, self._links(tip, known))
        good = self._good(needed)
        return tuple(commit for commit in needed if commit not in good)

    def last_good(self, tip: str) -> str:
        """The newest commit, from a tip back, that can be believed; empty when none can."""
        links = self._links(tip, "")
        good = self._good(links)
        commit = tip
        while commit and not good.issuperset(reached(commit, links)):
            commit = next(iter(links[commit].parents), "")
        return commit

    def remember(self, tip: str) -> None:
        """Let this be the newest that was seen, and all that leads to it right."""
        path = self._git.place.git_folder / _MEMORY
        new = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        with suppress(OSError):  # a disk that cannot be written costs time alone
            try:
                new.write_text(f"{self._by} {tip}\n")
                new.replace(path)
            finally:
                new.unlink(missing_ok=True)
        self._git.run(("update-ref", SEEN, tip))

    @property
    def seen(self) -> str:
        """The newest commit that was seen here; empty when none was."""
        return self._remembered()[1]

    def _is_later(self, tip: str, seen: str) -> bool:
        """Whether a tip holds what was seen; in a shallow clone, whose history is cut, it may."""
        if self._git.is_ancestor(seen, tip):
            return True
        return self._git.out("rev-parse", "--is-shallow-repository").strip() == b"true"

    @cached_property
    def _by(self) -> str:
        return hashlib.sha256(self.allowed.encode()).hexdigest()

    def _remembered(self) -> tuple[str, str]:
        try:
            words = (self._git.place.git_folder / _MEMORY).read_text().split()
        except (OSError, ValueError):
            return "", ""
        is_one = len(words) == 2 and re.fullmatch(r"[0-9a-f]{40,64}", words[1])
        return (words[0], words[1]) if is_one else ("", "")

    def _links(self, tip: str, known: str) -> dict[str, Link]:
        trailer = f"%(trailers:key={VOUCHES},valueonly,separator=%x2C)"
        but = ("--not", known) if known else ()
        out = self._git.out("log", "-z", f"--format=%H%x00%P%x00{trailer}", tip, *but, "--")
        parts = out.decode(errors="replace").split("\0")
        return {
            parts[n]: Link(tuple(parts[n + 1].split()), bool(parts[n + 2].strip()))
            for n in range(0, len(parts) - 2, 3)
        }

    def _good(self, commits: Iterable[str]) -> frozenset[str]:
        """Those of the commits that somebody signed who may."""
        asked = "".join(f"{each}\n" for each in commits).encode()
        if not asked:
            return frozenset()
        with tempfile.TemporaryDirectory(prefix="deepcat-signers-") as folder:
            file = Path(folder, "allowed")
            file.write_text(self.allowed, "utf-8")
            words = (*SSH_ALONE, "-c", f"gpg.ssh.allowedSignersFile={file}")
            log = ("log", "--no-walk=unsorted", "--stdin", "--format=%H %G? %GS")
            rows = self._git.out(*words, *log, stdin=asked).decode(errors="replace").splitlines()
        parts = (row.split(" ") for row in rows)
        return frozenset(
            row[0] for row in parts if row[1:2] == ["G"] and row[2:][:1] and len(row) == 3
        )

    def _settings(self) -> Any:
        """What the main branch's `deepcat.yaml` says; None where there is none."""
        from deepcat.catalog.reading.parse import read_bytes

        content = self._content()
        if content is None:
            return None
        document, findings = read_bytes(content, FILE)
        if document is None or findings:
            raise _unreadable(findings[0].message if findings else "it holds nothing")
        return document.data

    def _content(self) -> bytes | None:
        """The file at the tip of the main branch: the remote's where it is known, else ours."""
        branch = self._branch
        if branch is None:
            branch = self._git.run(("config", "--get", BRANCH_SETTING)).stdout.decode().strip()
        theirs = f"refs/remotes/{self._remote}"
        names = (f"{theirs}/HEAD", f"{theirs}/main", "refs/heads/main", "HEAD")
        with self._git.objects() as objects:
            for name in (f"refs/heads/{branch}",) if branch else names:
                if commit := objects.get(name):
                    found = objects.get(f"{commit[0]}:{self._prefix}{FILE}")
                    return found[1] if found else None
        return None


def _signers(settings: Any) -> Iterable[Any]:
    found = settings.get("signers") if isinstance(settings, Mapping) else None
    if found is not None and not isinstance(found, list):
        raise _unreadable("`signers` is no list")
    return found or ()


def _unreadable(why: str) -> DeepcatError:
    return DeepcatError(
        f"who may sign records cannot be read from the main branch's `{FILE}`: {why}",
        hint="mend the file there; until then no record is believed",
        code="records/signers",
    )


def unsigned(commit: str) -> DeepcatError:
    """The error for records that nobody vouches for."""
    return DeepcatError(
        f"the records cannot be believed: no signer of `{FILE}` signed their commit {commit[:12]}",
        hint="see it with `deepcat records log`; `deepcat records repair` goes back to what is"
        " signed, `deepcat records sign` vouches for all that is there",
        code="records/signature",
    )


def _older(tip: str, seen: str) -> DeepcatError:
    return DeepcatError(
        f"these records ({tip[:12]}) are older than, or other than, those seen here ({seen[:12]})",
        hint="somebody moved the ref back; `deepcat records repair` brings back what was seen,"
        " `deepcat records repair --as-is` takes what is there",
        code="records/older",
    )
