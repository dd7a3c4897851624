"""`deepcat runtime push`: bring our image to a registry."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat import __version__
from deepcat.cli.context import json_option
from deepcat.cli.runtime.whole import list_beside, sbom_beside, told, variants, whole
from deepcat.cli.say import say, say_json
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.runtime.push import Pushed
    from deepcat.runtime.reference import Reference

FORMAT = "deepcat-push/v1"
_STATES = {"there": "is there already", "sent": "sent", "due": "would be sent"}


@click.command("push")
@click.argument("reference", metavar="HOST/NAME[:TAG]")
@variants
@click.option(
    "--archive",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An image that `deepcat runtime build --form oci` wrote, and the list of parts beside it.",
)
@click.option(
    "--login",
    default="",
    metavar="REFERENCE",
    help="Where USER:PASSWORD lies, as env:NAME.  [default: what `podman login` keeps]",
)
@click.option("--plain-http", is_flag=True, help="Speak HTTP without TLS, as on the loopback.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@json_option
def command(
    reference: str,
    python: str,
    gpu: bool,
    lite: bool,
    archive: Path | None,
    login: str,
    plain_http: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Build our image unless it lies there, and bring it to a registry with its list of parts.

    The tag is deepcat's version unless one is named. What the registry has already is not sent
    again, so that a push that was cut off goes on when it is run again.
    """
    from dataclasses import replace

    from deepcat.runtime.logins import login_of
    from deepcat.runtime.push import image_of, pushed
    from deepcat.runtime.reference import parse
    from deepcat.runtime.registry import Registry

    where = parse(reference, is_plain=plain_http)
    if archive is not None and (python or gpu or lite):
        raise UsageError("`--archive` is built already", hint="leave out what says how to build it")
    registry = Registry(where, login_of(where.host, where.name, login))
    with tempfile.TemporaryDirectory(prefix="deepcat-push-") as made:
        if archive is None:
            archive = _built(Path(made, "image.tar"), python, gpu=gpu, lite=lite)
        image = image_of(archive)
        where = replace(where, tag=where.tag or image.tag or __version__)
        found = []
        parts = list_beside(archive, image.digest)
        for each in pushed(registry, where, image, parts, only_look=dry_run, say=told):
            found.append(each)
            told(
                f"{each.what} {each.digest[7:19]}, {each.size / 1e6:.1f} MB: {_STATES[each.state]}"
            )
    _say(where, image.digest, found, as_json=as_json)


def _built(path: Path, python: str, *, gpu: bool, lite: bool) -> Path:
    from deepcat.runtime.build import compression
    from deepcat.runtime.image import oci

    image = whole(python, gpu=gpu, lite=lite)
    sbom_beside(image, oci(image, compression(), path), path, python)
    return path


def _say(where: Reference, digest: str, found: list[Pushed], *, as_json: bool) -> None:
    sent = sum(each.size for each in found if each.state == "sent")
    listed = next((each.digest for each in found if each.what == "sbom-manifest"), None)
    if as_json:
        parts = [each.as_dict() for each in found]
        facts = {"reference": str(where), "digest": digest, "sbom": listed, "sent": sent}
        say_json({"format": FORMAT, **facts, "parts": parts})
        return
    say("{}@{}", f"{where.host}/{where.name}", digest)
    say("  {}, {:.1f} MB sent", f"tag {where.tag}", sent / 1e6)
    say("  list of parts {}", listed or "is not there")
