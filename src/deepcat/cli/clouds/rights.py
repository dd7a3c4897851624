"""`deepcat clouds rights`: what lets deepcat, or who uses what it runs, work on a cloud."""

from __future__ import annotations

import click

from deepcat.cli.completing import cloud_names
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say_document


@click.command("rights")
@click.argument("name", shell_complete=cloud_names)
@click.option(
    "--to",
    "who",
    multiple=True,
    metavar="WHO",
    help="user:NAME, group:NAME or account:NAME. May be repeated.  [default: of those who read,"
    " the groups of deepcat.yaml]",
)
@click.option(
    "--may",
    type=click.Choice(["apply", "read"]),
    default="apply",
    show_default=True,
    help="Bring up, change and take down; or ask what runs, and read its logs.",
)
@click.option(
    "--form",
    type=click.Choice(["rbac", "abac"]),
    default="rbac",
    show_default=True,
    help="Roles and bindings, as `kubectl apply -f -` takes them; or lines of a policy file.",
)
@click.option("--prefix", default="", help="What the cluster puts before the groups of tokens.")
@pass_context
def command(
    context: Context, name: str, who: tuple[str, ...], may: str, form: str, prefix: str
) -> None:
    """Write the least rights that somebody needs on the cloud NAME, for who runs it to apply.

    Nothing is asked or changed there.
    """
    from deepcat.loop.granted import granted

    say_document(granted(context.root, name, who, may, form, prefix))
