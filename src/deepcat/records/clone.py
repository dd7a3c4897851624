"""The records as a clone has them: those of its remote wherever it has one."""

from __future__ import annotations

import os
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.records.choice import ASKED, Choice, choose
from deepcat.records.git import NO_RECORDS, Plumbing
from deepcat.records.record import Record
from deepcat.records.store import Store
from deepcat.records.told import tell

OFFLINE = "DEEPCAT_OFFLINE"
REMOTE = "DEEPCAT_RECORDS_REMOTE"
# So old may be what is read; what is changed starts from what is there now.
MAX_AGE_S = 60.0
# Who only looks does not wait as long as who acts.
_PATIENT = 6


def open_store(
    root: Path, remote: str = "", *, to_act: bool = False, offline: bool = False
) -> Store:
    """The records of the catalog that lies here.

    Args:
        root: the catalog's folder.
        remote: whose records count; found out when empty.
        to_act: whether something is to be changed by them: then the remote is asked now, and must
            answer.
        offline: whether the remote is not asked, whatever the environment says.
    """
    found = chosen(root, remote)
    if not found.remote:
        if found.others and not found.why:
            names = ", ".join(f"`{name}`" for name in found.others)
            tell(f"note: none of the remotes {names} is asked for records; name one by"
                 " `git config deepcat.recordsRemote NAME`")  # fmt: skip
        return Store(root, branch=found.branch)
    if to_act and found.words:
        tell(f"note: {found.words}")
    from deepcat.records.remote import Manner

    is_offline = offline or os.environ.get(OFFLINE, "") not in ("", "0")
    manner = Manner(
        is_needed=to_act,
        max_age_s=MAX_AGE_S,
        is_offline=is_offline,
        timeout_s=found.timeout_s * (_PATIENT if to_act else 1),
    )
    return Store(root, remote=found.remote, manner=manner, branch=found.branch)


def chosen(root: Path, remote: str = "") -> Choice:
    """Whose records count here; the clone's own where Git cannot be asked."""
    git = Plumbing(root)
    try:
        out = git.run(("config", "--null", "--get-regexp", ASKED)).stdout.decode(errors="replace")
    except DeepcatError:  # without Git; whoever reads the records says so
        return Choice()
    pairs = (row.partition("\n") for row in out.split("\0") if row)
    settings = {key: value for key, _, value in pairs}
    return choose(settings, lambda: _branch(git), remote or os.environ.get(REMOTE, ""))


def _branch(git: Plumbing) -> str:
    return git.run(("symbolic-ref", "--quiet", "--short", "HEAD")).stdout.decode().strip()


def read_records(store: Store) -> dict[str, Record]:
    """All records by name, for what only shows; where there can be none, that is said.

    Raises:
        DeepcatError: they are damaged, or cannot be believed.
    """
    try:
        return store.read_all()
    except DeepcatError as error:
        if error.code not in NO_RECORDS:
            raise
        tell(f"note: no records are read: {error.message}; {error.hint}")
        return {}
