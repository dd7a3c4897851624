"""What a bare server's hooks are told of who pushes, beyond what signatures prove."""

from __future__ import annotations

from collections.abc import Mapping

import click

from deepcat.forge.bare_people import Told
from deepcat.review.values import handle, handles

owner_option = click.option(
    "--owner",
    multiple=True,
    metavar="HANDLE",
    help="An owner of the repository, where the catalog's `groups` name no maintainers.",
)
handle_option = click.option(
    "--handle-from",
    default="DEEPCAT_HANDLE",
    show_default=True,
    metavar="VARIABLE",
    help="The variable in which the transport says who pushes, such as gitolite's GL_USER.",
)


def told_by(environment: Mapping[str, str], owner: tuple[str, ...], handle_from: str) -> Told:
    """Who pushes, as whoever set up the server lets the transport say it."""
    return Told(handle(environment.get(handle_from, "")), handles(owner))
