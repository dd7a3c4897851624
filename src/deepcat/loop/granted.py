"""What lets deepcat, or who uses what it runs, work on a cloud: for who runs that to apply."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deepcat.catalog.wording import unknown
from deepcat.errors import DeepcatError, UsageError


def granted(root: Path, name: str, who: Sequence[str], may: str, form: str, prefix: str) -> str:
    """The text.

    Args:
        root: the catalog's folder.
        name: of the cloud.
        who: ``user:NAME``, ``group:NAME`` or ``account:NAME``; of those who only read, the groups
            of the catalog where nobody is named.
        may: ``apply`` or ``read``.
        form: ``rbac`` or ``abac``.
        prefix: that the cloud puts before the groups of tokens.

    Raises:
        UsageError: there is no such cloud, or nobody is named.
        DeepcatError: its kind says no rights (``run/rights``).
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import read_settings
    from deepcat.clouds.kind import Granting
    from deepcat.clouds.registry import answering, kind_of

    tree = work_tree(root)
    known = load(tree).clouds
    if name not in known:
        raise unknown("cloud", name, known)
    groups = sorted(read_settings(tree).get("groups") or {}) if may == "read" else []
    named = [_named(each) for each in who] or [("group", each) for each in groups]
    if not named:
        hint = "name them: `--to group:NAME`, `--to user:NAME` or `--to account:NAME`"
        raise UsageError("nobody is named whom this would let do anything", hint=hint)
    subjects = [(k, f"{prefix}{n}" if k == "group" else n) for k, n in dict.fromkeys(named)]
    cloud = known[name]
    with answering(cloud):
        kind = kind_of(cloud)
        if not isinstance(kind, Granting):
            raise DeepcatError(
                f"the kind `{cloud.kind}` says no rights: who may log in there may do all",
                hint="ask who runs the cloud",
                code="run/rights",
            )
        return kind.rights(cloud, subjects, may, form)


def _named(text: str) -> tuple[str, str]:
    kind, mark, name = text.partition(":")
    if kind not in ("user", "group", "account") or not mark or not name.strip():
        hint = "write `group:NAME`, `user:NAME` or `account:NAME`"
        raise UsageError(f"`{text[:200]}` names nobody", hint=hint)
    return kind, name
