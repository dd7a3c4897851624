"""Wishes for trainings that have no file: what one would say, and under which name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.records.record import Record


UPLOADS = ("credential", "endpoint", "region", "tenant")


def wish(
    root: Path,
    module: str,
    version: str,
    inputs: Mapping[str, Any],
    clouds: Sequence[str],
    owner: str,
    limits: Mapping[str, Any],
    read: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a file would say; `read` as `data` gives it.

    Raises:
        UsageError: the catalog has no such module or cloud.
    """
    from deepcat.catalog.beginning.deployment import deployment_data

    require_known(root, module, clouds)
    bounds = {name: value for name, value in limits.items() if value}
    data = deployment_data(
        module,
        version=version or "*",
        profile="train",
        clouds=clouds,
        max_price=None,
        lifetime="",
        owner=owner,
        inputs=inputs,
    )
    found = {**data, "limits": bounds} if bounds else data
    return {**found, "data": read} if read else found


def require_known(root: Path, module: str, clouds: Sequence[str]) -> None:
    """Hold names against the catalog.

    Raises:
        UsageError: it has no such module or cloud.
    """
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.reading.units import UnitKind, units
    from deepcat.catalog.wording import unknown

    every = units(work_tree(root))
    for kind, names in ((UnitKind.MODULE, (module,)), (UnitKind.CLOUD, clouds)):
        known = {unit.name for unit in every if unit.kind is kind}
        for each in names:
            if each not in known:
                raise unknown(kind.value, each, known)


def words(name: str, given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A part of the wish of what was said; nothing where none was."""
    said = {key: value for key, value in given.items() if value not in (None, "")}
    return {name: said} if said else {}


def upload(root: Path, owner: str, address: str, pairs: Sequence[str]) -> dict[str, Any]:
    """What a file would say of where what it makes is uploaded to; nothing where that is nowhere.

    Raises:
        UsageError: nothing can be uploaded there, or its secret is of somebody else.
    """
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import require_settings
    from deepcat.loop.trained.uploaded import why_not

    said: dict[str, str] = {"address": address} if address else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not address or not equals or name not in UPLOADS or name in said:
            hint = f"write each once, beside `--upload`: {', '.join(UPLOADS)}, as `NAME=VALUE`"
            raise UsageError(f"`--upload-with {pair[:200]}` says nothing", hint=hint)
        said[name] = value
    if said and (fault := why_not(said, owner, require_settings(work_tree(root)))):
        raise UsageError(f"`--upload`: {fault.message}", hint=fault.hint)
    return {"upload": said} if said else {}


def data(
    root: Path, module: str, pairs: Sequence[str], mounted: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """What a file would say of other data than the module's, and of what is mounted.

    Args:
        root: the catalog's folder.
        module: that reads it.
        pairs: `NAME=DATASET` or `NAME=ADDRESS`.
        mounted: names of data that is mounted.

    Raises:
        UsageError: the catalog has no such module or data.
        DeepcatError: it cannot be had, or not be mounted.
    """
    from deepcat.cli.say import waiting
    from deepcat.loop.own_data import entries

    require_known(root, module, ())
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name or not text or name in given:
            hint = "write each once, as `NAME=DATASET` or `NAME=ADDRESS`"
            raise UsageError(f"`{pair[:200]}` is no data", hint=hint)
        given[name] = text
    with waiting("looking at {}", ", ".join(given) or "no data"):
        return entries(root, module, given, mounted)


def prove(root: Path, name: str, data: Mapping[str, Any]) -> None:
    """Hold what is asked for against what a file may say.

    Raises:
        UsageError: it would not pass the check, or a file of that name is there.
    """
    from deepcat.catalog.converting.dump import dump
    from deepcat.catalog.reading.units import UnitKind
    from deepcat.cli.new.ask import check_name
    from deepcat.cli.new.prove import prove_file

    check_name(name, "deployment")
    path = f"deployments/{name}.yaml"
    prove_file(UnitKind.DEPLOYMENT, path, dump(dict(data)))
    if (root / path).exists():
        raise UsageError(
            f"`{path}` wishes for `{name}` already",
            hint=f"run `deepcat apply {name}`, or choose another `--name`",
        )


def tell_changed(records: Mapping[str, Record], data: Mapping[str, Any]) -> None:
    """Say of data by which address an earlier training has read something else."""
    from deepcat.cli.say import say
    from deepcat.loop.own_data import changed

    seen = set()
    named = data.get("data") or {}
    for name, before in changed(records.values(), data["module"], named):
        if name not in seen:
            say("`{}` is not what `{}` has read by the same address: it changed.", name, before,
                fg="yellow", err=True)  # fmt: skip
        seen.add(name)
