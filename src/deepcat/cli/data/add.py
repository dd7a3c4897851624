"""`deepcat data add`: a data set's file, from what its source has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from deepcat.catalog.beginning.disk import put_file, replace_files
from deepcat.catalog.beginning.texts import API
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.datasets import faults
from deepcat.catalog.reading.units import UnitKind
from deepcat.cli.context import Context, pass_context
from deepcat.cli.new.ask import check_name, handle
from deepcat.cli.new.prove import prove_file
from deepcat.cli.say import say, waiting
from deepcat.errors import UsageError
from deepcat.host.data.address import MOUNT, mount_fault_at

_KEYS = ("license", "doi", "homepage", "citation", "croissant")


@click.command("add")
@click.argument("name")
@click.argument("address")
@click.option("--title", help="The name that readers see.")
@click.option("--license", help="What others may do with it: an SPDX identifier.")
@click.option("--doi", help="The DOI by which it is cited.")
@click.option("--homepage", help="The page that tells of it.")
@click.option("--citation", help="How it is cited.")
@click.option("--croissant", help="Where its own description as Croissant lies.")
@click.option("--maintainer", "maintainers", multiple=True, help="Who answers for it.")
@click.option("--credential", help="Where the secret lies: env:NAME or vault:PATH#KEY.")
@click.option("--host", "hosts", multiple=True, help="Of a DOI: who may be told the secret.")
@click.option(
    "--endpoint", help="Of S3 the server, of Swift what lets us in, of a DOI the resolver."
)
@click.option("--region", help="Of S3 and Swift the region.")
@click.option("--tenant", help="Of Swift the project.")
@click.option(
    "--files",
    "listed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The list of its files, as `sha256sum` writes it, where ADDRESS is a folder of the web.",
)
@click.option(
    "--mount/--no-mount", default=None, help="Whether it is mounted, and so never fetched."
)
@click.option("--bytes", "size", default="", help="How large what is mounted is, such as 2TiB.")
@click.option("--replace", is_flag=True, help="Take what the source has now; the rest stays.")
@pass_context
def command(
    context: Context,
    /,
    name: str,
    address: str,
    maintainers: tuple[str, ...],
    hosts: tuple[str, ...],
    listed: Path | None,
    mount: bool | None,
    size: str,
    replace: bool,
    **given: str | None,
) -> None:
    """Name the data at ADDRESS as the data set NAME.

    All of it is fetched once, for its checksums; `deepcat data check` says later whether it
    changed. With `--mount` nothing is fetched, and nothing held against a checksum.
    """
    from deepcat.loop.data import manifest_path
    from deepcat.loop.looked import looked_at

    root = context.root
    check_name(name, "dataset")
    _require_own_folder(name, address)
    path = f"datasets/{name}.yaml"
    before = _before(root / path, replace=replace)
    data: dict[str, Any] = {"apiVersion": API, **before}
    data["title"] = given["title"] or before.get("title") or name.replace("-", " ").capitalize()
    data["address"] = address
    for key in (*_KEYS, "credential", "endpoint", "region", "tenant"):
        if given[key]:
            data[key] = given[key]
    if hosts:
        data["hosts"] = list(hosts)
    data["maintainers"] = list(maintainers) or before.get("maintainers") or [handle(root)]
    if mount is not None:
        data["how"] = MOUNT if mount else None
    _require_address(data)  # before anything is asked: a secret might go along
    is_mounted = data.get("how") == MOUNT
    for key in ("sha256", "manifest", "files", *(() if is_mounted else ("how", "bytes"))):
        data.pop(key, None)
    files: dict[str, bytes] = {}
    if is_mounted:
        data["bytes"] = _mounted(address, listed, size, before)
        told = "mounted"
    else:
        if size:
            raise UsageError("`--bytes` is of what is mounted", hint="leave it out: it is counted")
        with waiting("fetching {}", name):
            found = looked_at(root, data, listed)
        pieces = found.manifest.pieces
        told = "1 file" if len(pieces) == 1 else f"{len(pieces)} files"
        if found.is_file:
            data["sha256"] = pieces[0].sha256
        else:
            data["manifest"] = manifest_path(name)
            files[data["manifest"]] = found.manifest.text.encode()
        data |= {"bytes": found.bytes, "files": len(pieces)}
    text = dump(data)
    prove_file(UnitKind.DATASET, path, text)
    if not replace:
        put_file(root / path, text.encode())
    else:
        files[path] = text.encode()
    replace_files(root, files)
    say("Wrote {}: {}, {} bytes. Name it in a module: `training.data`.", path, told, data["bytes"])


def _mounted(address: str, listed: Path | None, size: str, before: Mapping[str, Any]) -> int:
    """How large what is mounted is, by whoever names it.

    Raises:
        UsageError: nothing mounts it, or nobody says how large it is.
    """
    from deepcat.quantities import SIZES

    if fault := mount_fault_at(address):
        raise UsageError(
            f"`{address[:200]}` {fault}", hint="leave out `--mount`", code="dataset/address"
        )
    if listed is not None:
        raise UsageError("what is mounted has no `--files`", hint="leave it out")
    if not size and "bytes" not in before:
        raise UsageError(
            "nothing is fetched of what is mounted, so nothing tells how large it is",
            hint="say it: `--bytes 2TiB`",
        )
    told = SIZES.read(size) if size else int(before["bytes"])
    if told is None:
        raise UsageError(f"`{size[:40]}` is no size", hint="such as `2TiB`")
    return int(told)


def _require_address(data: Mapping[str, Any]) -> None:
    """Raise UsageError where nothing may be asked of the address (``dataset/address``)."""
    for fault in faults(data):
        raise UsageError(fault.message, hint=fault.hint, code="dataset/address")


def _require_own_folder(name: str, address: str) -> None:
    """Raise UsageError where files of the catalog are another data set's (``dataset/files``)."""
    own = f"datasets/{name}/"
    if address.startswith("datasets/") and not f"{address}/".startswith(own):
        raise UsageError(
            f"`{address}` does not lie below `{own}`, as the files of this data set have to",
            hint="copy it there, or name the data set as its folder",
            code="dataset/files",
        )


def _before(path: Path, *, replace: bool) -> dict[str, Any]:
    """What the file says already, where it is to be replaced.

    Raises:
        UsageError: it is there, and is not to be; or the other way round.
    """
    from deepcat.catalog.reading.parse import read_bytes

    if path.exists() != replace:
        if replace:
            raise UsageError(f"there is no `{path.name}` to replace", hint="leave out `--replace`")
        hint = "choose another name, or take what the source has now with `--replace`"
        raise UsageError(f"there is a data set `{path.stem}` already", hint=hint)
    if not replace:
        return {}
    document, _ = read_bytes(path.read_bytes(), path.name)
    data = document.data if document else None
    return dict(data) if isinstance(data, dict) else {}
