"""`deepcat runtime build`: make the archives that hosts are given."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat import __version__
from deepcat.cli.context import json_option
from deepcat.cli.runtime.whole import sbom_beside, told, variants, whole
from deepcat.cli.say import say, say_json
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.runtime.image import Whole

FORMAT = "deepcat-runtime/v1"


@click.command("build")
@variants
@click.option("--with-python", is_flag=True, help="That Python, too, for hosts that have none.")
@click.option(
    "--form",
    type=click.Choice(["plain", "rootfs", "oci"]),
    default="plain",
    show_default=True,
    help="As archives, or all of it as one root file system or one image for container engines.",
)
@click.option(
    "-o", "--out", type=click.Path(file_okay=False, path_type=Path), help="Copy them there, too."
)
@json_option
def command(
    python: str,
    gpu: bool,
    lite: bool,
    with_python: bool,
    form: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Fetch what a server imports, see what of it is opened, and pack just that.

    The same deepcat and the same Python give the same bytes, whoever builds them.
    """
    from deepcat.runtime.build import built

    if form != "plain":
        _wrapped(whole(python, gpu=gpu, lite=lite), form, out or Path(), python, as_json=as_json)
        return
    if lite:
        raise UsageError("`--lite` is of an image", hint="add `--form oci` or `--form rootfs`")
    made = built(python, gpu=gpu, with_python=with_python, say=told)
    archives = [each for each in (made.site, made.python) if each]
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for each in archives:
            for packed in each.packed.values():
                shutil.copyfile(packed.path, out / packed.path.name)
    if as_json:
        say_json({"format": FORMAT, "archives": [each.as_dict() for each in archives]})
        return
    for each in archives:
        for packed in each.packed.values():
            say("{}", (out or packed.path.parent) / packed.path.name)
            say(
                "  {} files, {:.0f} MB, packed {:.0f} MB, sha256 {}",
                each.files, each.unpacked / 1e6, packed.size / 1e6, packed.sha256,
            )  # fmt: skip


def _wrapped(image: Whole, form: str, out: Path, python: str, *, as_json: bool) -> None:
    """Write all of it as one file with its list of parts, and say by what it is known."""
    from deepcat.runtime.build import compression
    from deepcat.runtime.image import oci, root_file_system

    how = compression()
    name = f"deepcat-{form}-{__version__}-{image.built.site.machine}{image.variant}.tar"
    path = out / (name if form == "oci" else f"{name}.{how}")
    out.mkdir(parents=True, exist_ok=True)
    digest = (oci if form == "oci" else root_file_system)(image, how, path)
    listed = sbom_beside(image, digest, path, python)
    if as_json:
        facts = {"file": str(path), "digest": digest, "size": path.stat().st_size}
        facts["sbom"] = str(listed) if listed else None
        say_json({"format": FORMAT, "archives": [facts]})
        return
    say("{}", path)
    say("  {:.0f} MB, {}", path.stat().st_size / 1e6, digest)
    if listed:
        say("{}", listed)
