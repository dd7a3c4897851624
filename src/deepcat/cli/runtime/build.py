"""`deepcat runtime build`: make the archives that hosts are given."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat import __version__
from deepcat.cli.context import json_option
from deepcat.cli.say import say, say_json

if TYPE_CHECKING:
    from deepcat.runtime.values import Built

FORMAT = "deepcat-runtime/v1"


@click.command("build")
@click.option(
    "--python", default="", metavar="PROGRAM", help="The Python it is for.  [default: this one]"
)
@click.option("--gpu", is_flag=True, help="With the libraries of NVIDIA's graphics cards.")
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
    python: str, gpu: bool, with_python: bool, form: str, out: Path | None, as_json: bool
) -> None:
    """Fetch what a server imports, see what of it is opened, and pack just that.

    The same deepcat and the same Python give the same bytes, whoever builds them.
    """
    from deepcat.runtime.build import built

    whole = form != "plain"
    made = built(
        python,
        gpu=gpu,
        with_python=with_python or whole,
        say=lambda line: say("{}", line, err=True),
    )
    if whole:
        _wrapped(made, form, out or Path(), as_json=as_json)
        return
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


def _wrapped(made: Built, form: str, out: Path, *, as_json: bool) -> None:
    """Write all of it as one file, and say by what it is known."""
    from deepcat.remote.agent import agent
    from deepcat.runtime.build import compression, folder
    from deepcat.runtime.image import oci, root_file_system

    ours, how = agent(folder()).archive, compression()
    gpu = "-gpu" if made.site.gpu else ""
    name = f"deepcat-{form}-{__version__}-{made.site.machine}{gpu}.tar"
    path = out / (name if form == "oci" else f"{name}.{how}")
    out.mkdir(parents=True, exist_ok=True)
    digest = (oci if form == "oci" else root_file_system)(made, ours, how, path)
    if as_json:
        facts = {"file": str(path), "digest": digest, "size": path.stat().st_size}
        say_json({"format": FORMAT, "archives": [facts]})
        return
    say("{}", path)
    say("  {:.0f} MB, {}", path.stat().st_size / 1e6, digest)
