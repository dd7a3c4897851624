"""The settings of a catalog, `deepcat.yaml`: read by everyone here, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from deepcat.catalog.findings import Finding
from deepcat.catalog.judging.schema import is_valid
from deepcat.catalog.reading.parse import read_bytes
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.reading.units import MARKER, UnitKind, marker_unit
from deepcat.errors import DeepcatError

UNBOXED = "DEEPCAT_UNBOXED"
# What the schema lets pass of it may let everybody in.
_ACCESS = "deployment/access"


def read_settings(tree: Tree) -> Mapping[str, Any]:
    """What the file says, as far as it can be read; empty when it cannot.

    For what only shows or judges a catalog: there the file's own findings say what is wrong.
    """
    return _read(tree)[0] or {}


def require_settings(tree: Tree) -> Mapping[str, Any]:
    """What the file says, for what acts by it: a mistake in it must not lift a bound.

    Raises:
        DeepcatError: there is no such file (``catalog/none``), or it is wrong
            (``catalog/settings``).
    """
    found, is_read_whole = _read(tree)
    if found is None:
        where = f"the root of {tree.commit[:12]}" if tree.commit else "the folder"
        raise DeepcatError(
            f"no catalog here: {where} holds no `{MARKER}`",
            hint="name a commit of the catalog, or begin one with `deepcat new catalog`",
            code="catalog/none",
        )
    is_sound = is_read_whole and is_valid(UnitKind.CATALOG, found)
    if is_sound and "access" not in found:
        return found  # as nearly always; the rules, which say what else is wrong, are not needed
    from deepcat.catalog.judging.judge import judge

    errors = [each for each in judge(tree, marker_unit(tree), found).findings if each.is_error]
    if is_sound:
        errors = [each for each in errors if each.code == _ACCESS]
    if errors:
        raise _wrong(errors[0])
    return found


def does_without_box(settings: Mapping[str, Any]) -> bool:
    """Whether code of modules may run on a host that gives it no box.

    The catalog's owners say so for everybody, and who calls deepcat for what is done by that call.
    A review asks the owners alone.
    """
    return settings.get("unboxed") is True or os.environ.get(UNBOXED) == "1"


def _wrong(finding: Finding) -> DeepcatError:
    return DeepcatError(
        f"{finding.place}: {finding.message}",
        hint=finding.hint or "see `deepcat check`",
        code="catalog/settings",
    )


def _read(tree: Tree) -> tuple[Mapping[str, Any] | None, bool]:
    """The document, empty when it is none, None when there is no file; and whether it is all.

    Where the parser found something, the document may say less than the file.
    """
    try:
        document, findings = read_bytes(tree.read(MARKER), MARKER)
    except FileNotFoundError:
        return None, False
    data = document.data if document and isinstance(document.data, dict) else {}
    return data, not findings
