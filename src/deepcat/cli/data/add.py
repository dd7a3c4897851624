"""`deepcat data add`: a data set's file, from what its source has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from deepcat.catalog.beginning.disk import put_file, replace_files
from deepcat.catalog.beginning.texts import API
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.reading.units import UnitKind
from deepcat.cli.context import Context, pass_context
from deepcat.cli.new.ask import check_name, handle
from deepcat.cli.new.prove import prove_file
from deepcat.cli.say import say, waiting
from deepcat.errors import UsageError

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
    replace: bool,
    **given: str | None,
) -> None:
    """Name the data at ADDRESS as the data set NAME.

    All of it is fetched once, for its checksums; `deepcat data check` says later whether it
    changed.
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
    with waiting("fetching {}", name):
        found = looked_at(root, data, listed)
    for key in ("sha256", "manifest", "bytes", "files"):
        data.pop(key, None)
    files = {}
    pieces = found.manifest.pieces
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
    number = "1 file" if len(pieces) == 1 else f"{len(pieces)} files"
    say("Wrote {}: {}, {} bytes. Name it in a module: `training.data`.", path, number, found.bytes)


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
