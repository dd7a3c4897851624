"""Whether the ref holds records, or is a branch of the same name that somebody else uses."""

from __future__ import annotations

import re

from deepcat.errors import DeepcatError
from deepcat.records.git import Plumbing
from deepcat.records.layout import FOLDER, TRAININGS

_RECORD = re.compile(rf"(?:.*/)?(?:{FOLDER}|{TRAININGS})/(?:[0-9a-f]{{2}}/)?[^/]+\.yaml\Z")


def require_ours(git: Plumbing, tip: str) -> None:
    """Raise where a commit holds files and not one record, of whichever catalog.

    Args:
        git: the clone.
        tip: the commit; empty when there is none.

    Raises:
        DeepcatError: it is a branch of others (``records/foreign``).
    """
    if not tip:
        return
    out = git.out("ls-tree", "-r", "-z", "--name-only", "--full-tree", tip)
    paths = [path for path in out.decode(errors="replace").split("\0") if path]
    if paths and not any(_RECORD.match(path) for path in paths):
        raise DeepcatError(
            f"the branch `records` is somebody else's: it holds `{paths[0]}`, and no record",
            hint="rename it on the remote and here; deepcat needs a branch of that name",
            code="records/foreign",
        )
