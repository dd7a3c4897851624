"""A module that `deepcat develop` begins: of a template, or of somebody's repository."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from deepcat.catalog.beginning.begun import Begun, of_repository, of_template
from deepcat.catalog.beginning.disk import put_folder
from deepcat.catalog.beginning.module import Answers
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.converting.fetched import fetch
from deepcat.catalog.converting.origin import Origin, parse
from deepcat.catalog.converting.taken import taken
from deepcat.catalog.reading.open_tree import git_setting, work_tree
from deepcat.catalog.reading.units import MODULE_FILE
from deepcat.catalog.settings import read_settings
from deepcat.cli.context import MARKER
from deepcat.cli.new.ask import ask, check_name
from deepcat.cli.new.module import code_of, proved
from deepcat.cli.say import say, waiting
from deepcat.errors import UsageError

_MOST_TOLD = 20


def from_template(root: Path, name: str, template: str, source_code: str | None) -> str:
    """Write a new module of a template; gives its name.

    Args:
        root: the catalog's folder.
        name: the module's.
        template: one of `TEMPLATES`.
        source_code: where its code will be kept; None where nobody said so.

    Raises:
        UsageError: there is one of that name, or it would not pass the check.
    """
    _require_new(root, name)
    summary = f"Begun from the template {template}."
    code = _code(source_code, code_of(root, read_settings(work_tree(root)), name))
    _put(root, name, of_template(_answers(root, name, summary, code), template))
    return name


def from_address(
    root: Path, address: str, branch: str, called: str, source_code: str | None
) -> str:
    """Write a new module of a repository's files; gives its name.

    Args:
        root: the catalog's folder.
        address: of the repository.
        branch: a branch, tag or commit; empty for what the address says, or the repository's own.
        called: the module's name; empty for one like the repository's.
        source_code: as of `from_template`.

    Raises:
        UsageError: as `from_template`, or the repository holds a module already.
        DeepcatError: it cannot be fetched, or is too large.
    """
    origin = parse(address)
    if branch:
        origin = parse(f"{origin.address}@{branch}")
    name = called or re.sub(r"[^a-z0-9]+", "-", origin.name.lower()).strip("-")[:63].strip("-")
    _require_new(root, name)
    code = _code(source_code, _page(origin))
    settings = read_settings(work_tree(root))
    with (
        waiting("fetching", str(origin)),
        fetch(origin, unboxed=settings.get("unboxed") is True) as (commit, *_),
    ):
        files, left = taken(commit)
    for path, why in list(left.items())[:_MOST_TOLD]:
        say("left out: {}: {}", path, why)
    if len(left) > _MOST_TOLD:
        say("left out: {} more", len(left) - _MOST_TOLD)
    summary = f"Begun from {origin.page or origin.name} at {commit.sha[:12]}."
    _put(root, name, of_repository(_answers(root, name, summary, code), files))
    return name


def _require_new(root: Path, name: str) -> None:
    check_name(name, "module")
    if (root / "modules" / name).exists():
        hint = f"develop it with `deepcat develop {name}`, or choose another name"
        raise UsageError(f"there is a module `{name}` already", hint=hint)


def _code(given: str | None, known: str) -> str:
    return ask(given, "Address of its code", known, "--source-code")


def _page(origin: Origin) -> str:
    return origin.page if origin.page.startswith("https://") else ""


def _answers(root: Path, name: str, summary: str, code: str) -> Answers:
    return Answers(
        name=name,
        title=name.replace("-", " ").capitalize(),
        summary=summary,
        source_code=code,
        licence="",
        libraries=("Other",),
        tasks=("Other",),
        categories=("AI4 tools",),
        data_types=(),
        tags=(),
        author=git_setting(root, "user.name"),
        orcid="",
        maintainers=(),
        today=datetime.now(tz=UTC).date().isoformat(),
    )


def _put(root: Path, name: str, begun: Begun) -> None:
    files = {**begun.files, MODULE_FILE: dump(begun.data).encode()}
    proved(name, files, (root / MARKER).read_bytes())
    (root / "modules").mkdir(exist_ok=True)
    put_folder(root / "modules" / name, files)
    say("Made modules/{}.", name, err=True)
