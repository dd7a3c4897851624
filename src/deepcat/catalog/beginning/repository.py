"""EDGE: the Git repository of a new catalog, and its first commit."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deepcat import git
from deepcat.errors import DeepcatError

# Who commits where Git knows nobody.
STRANGER = "deepcat"
# The first commit runs no program of somebody's configuration: no hook, no signature.
_PLAIN = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false")


@dataclass(frozen=True, slots=True)
class Begun:
    """What became of a new catalog's repository.

    Attributes:
        outer: the repository that the folder lies in, which is left as it is; empty for none.
        made: whether the folder was made a repository.
        commit: the first commit; empty for none.
        stranger: by whom it is, where Git knows no name or no address; else empty.
        refusal: what Git said where it would not; empty when all went well.
    """

    outer: str = ""
    made: bool = False
    commit: str = ""
    stranger: str = ""
    refusal: str = ""


def begin_repository(root: Path, files: Iterable[str]) -> Begun:
    """Make a folder a repository whose branch is `main`, and commit its files.

    A folder inside a repository is left to whoever keeps that, and one that has commits already
    to whoever made them.

    Args:
        root: the folder.
        files: paths of what is committed.
    """
    try:
        return _begin(root, list(files))
    except DeepcatError as error:
        return Begun(refusal=error.message)


def _begin(root: Path, files: list[str]) -> Begun:
    outer = git.says(root, "rev-parse", "--show-toplevel").decode(errors="replace").strip()
    if outer and Path(outer).resolve() != root.resolve():
        return Begun(outer=outer)
    if outer and git.says(root, "rev-parse", "--verify", "--quiet", "HEAD"):
        return Begun(outer=outer)
    if not outer:
        _do(root, "init", "--quiet", "--initial-branch=main", ".")
    try:
        return _commit(root, files, made=not outer)
    except DeepcatError as error:
        return Begun(made=not outer, refusal=error.message)


def _commit(root: Path, files: list[str], *, made: bool) -> Begun:
    _do(root, "add", "--force", "--", *files)
    missing = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", STRANGER), ("EMAIL", f"{STRANGER}@localhost"))
        if not _is_known(root, who, what)
    }
    _do(root, *_PLAIN, "commit", "--quiet", "-m", "Begin the catalog", defaults=missing)
    said = git.says(root, "log", "-1", "--format=%H %an <%ae>").decode(errors="replace").strip()
    commit, _, author = said.partition(" ")
    return Begun(made=made, commit=commit, stranger=author if missing else "")


def _is_known(root: Path, who: str, what: str) -> bool:
    """Whether a person said it; what Git makes up from the login and the host does not count."""
    keys = [f"{part}.{what.lower()}" for part in (who.lower(), "user")]
    configured = any(git.says(root, "config", "--get", key).strip() for key in keys)
    return configured or bool(os.environ.get(f"GIT_{who}_{what}"))


def _do(root: Path, *argv: str, defaults: dict[str, str] | None = None) -> None:
    done = git.run(root, argv, defaults=defaults)
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise DeepcatError(f"`git {argv[0]}` failed: {said}", hint="", code="git/failed")
