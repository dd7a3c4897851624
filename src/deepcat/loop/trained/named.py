"""The models that some commit of the catalog names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.forge.git import Repository

_SUM = re.compile(rb"\b[0-9a-f]{64}\b")


def named(git: Repository) -> frozenset[str]:
    """Every checksum that stands, or stood, in a `module.yaml` of any branch or tag.

    Branches of the remotes are fetched before: what others propose counts, too.

    Raises:
        DeepcatError: the clone does not hold the whole history (``store/shallow``), or a remote
            does not answer (``git/failed``).
    """
    if git("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise DeepcatError(
            "this clone does not hold the whole history, so nobody knows what older commits name",
            hint="fetch it: `git fetch --unshallow`",
            code="store/shallow",
        )
    for remote in git("remote").decode().split():  # where others propose what they made
        git.fetch(remote, f"+refs/heads/*:refs/remotes/{remote}/*")
    argv = ("log", "--all", "-p", "--no-color", "--no-ext-diff", "--no-textconv", "--format=")
    told = git(*argv, "-m", "--", ":(glob)modules/*/module.yaml")
    here = git("grep", "-h", "--untracked", "-e", "sha256", "--", ":(glob)modules/*/module.yaml")
    return frozenset(each.decode() for each in _SUM.findall(told + here))
