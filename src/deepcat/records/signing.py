"""EDGE of the records: the runner's key, and commits that it signs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.git import private_file
from deepcat.records.git import Plumbing
from deepcat.secrets.mask import remember
from deepcat.secrets.reference import parse
from deepcat.secrets.resolve import resolve

VARIABLE = "DEEPCAT_RECORDS_KEY"
SETTING = "deepcat.recordsKey"
_BEGIN = "-----BEGIN "


class Signing:
    """Signs commits by the key that this machine was given, if it was.

    Args:
        git: of the repository.
    """

    def __init__(self, git: Plumbing) -> None:
        self._git = git
        self._where: str | None = None

    @property
    def where(self) -> str:
        """The key's path, a reference to it or itself; empty where none was given."""
        if self._where is None:
            said = os.environ.get(VARIABLE, "")
            self._where = (
                said or self._git.run(("config", "--get", SETTING)).stdout.decode().strip()
            )
        return self._where

    def signed(self, commit: str) -> str:
        """A commit that says the same, signed; gives its id.

        Raises:
            DeepcatError: there is no such key (``secret/missing``), or it cannot be used
                (``records/key``).
        """
        raw = self._git.out("cat-file", "commit", commit)
        head, _, text = raw.partition(b"\n\n")
        rows = [row.split(b" ", 1) for row in head.split(b"\n")]
        tree = next(row[1] for row in rows if row[0] == b"tree").decode()
        parents = [row[1].decode() for row in rows if row[0] == b"parent"]
        words = [word for parent in parents for word in ("-p", parent)]
        with self._key() as key:
            settings = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}")
            argv = (*settings, "commit-tree", "-S", tree, *words, "-F", "-")
            done = self._git.run(argv, text, _same(rows))
        if done.returncode:
            raise _unusable(done.stderr.decode(errors="replace"))
        return done.stdout.decode().strip()

    @contextmanager
    def _key(self) -> Iterator[str]:
        if self.where.lstrip().startswith(_BEGIN):
            remember(self.where)
            with private_file(f"{self.where.strip()}\n".encode()) as path_of_key:
                yield path_of_key
            return
        if parse(self.where) is None:
            path = Path(self.where).expanduser()
            if not path.is_file():
                raise _unusable(f"`{self.where}` is no file")
            yield str(path.absolute())
            return
        with private_file(f"{resolve(self.where).strip()}\n".encode()) as path_of_key:
            yield path_of_key


def _same(rows: list[list[bytes]]) -> dict[str, str]:
    """The variables by which Git writes the same people and times again."""
    found: dict[str, str] = {}
    for row in rows:
        role = row[0].decode().upper()
        if role in ("AUTHOR", "COMMITTER"):
            who, _, when = row[1].decode(errors="replace").rpartition("> ")
            name, _, mail = who.rpartition(" <")
            found |= {f"GIT_{role}_NAME": name or "deepcat", f"GIT_{role}_EMAIL": mail}
            found |= {f"GIT_{role}_DATE": f"@{when}"}
    return found


def _unusable(why: str) -> DeepcatError:
    lines = [line for line in why.strip().splitlines() if line.strip()]
    return DeepcatError(
        f"the key for the records cannot be used: {lines[0] if lines else 'Git gave no reason'}",
        hint=f"let {VARIABLE}, or `git config {SETTING}`, name an SSH key without a passphrase",
        code="records/key",
    )


def missing_key() -> DeepcatError:
    """The error for a machine that may not write records."""
    return DeepcatError(
        "this machine has no key to sign records by, as they must be here",
        hint=f"let {VARIABLE}, or `git config {SETTING}`, name the runner's key; or merge, and let"
        " the runner do it",
        code="records/key",
    )
