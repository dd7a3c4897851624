"""`deepcat render`: a deployment as manifests, for who brings them to a cluster by other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_document
from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.plan.values import Wish

FORMS = ("kubernetes", "kustomize", "helm", "kserve")
_SHOWN = ("kubernetes", "kserve")


@click.command("render")
@click.argument("name", metavar="DEPLOYMENT", shell_complete=deployments)
@click.option("--to", "form", type=click.Choice(FORMS), required=True, help="The form.")
@click.option(
    "--image",
    required=True,
    metavar="IMAGE",
    help="Of the server: what `deepcat runtime build --form oci` makes, or TensorFlow Serving's.",
)
@click.option(
    "--fetcher",
    default="",
    metavar="IMAGE",
    help="Of the step that fetches models, where the server's is TensorFlow Serving's own.",
)
@click.option("--namespace", default="", help="Of all objects.  [default: none is written]")
@click.option("--pull-secret", default="", metavar="NAME", help="What the images are pulled with.")
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files into this folder instead of the terminal.",
)
@pass_context
def command(
    context: Context,
    name: str,
    form: str,
    image: str,
    fetcher: str,
    namespace: str,
    pull_secret: str,
    output: Path | None,
) -> None:
    """Write the manifests of DEPLOYMENT, for those who use Argo CD, Flux or `kubectl` themselves.

    Nothing is asked and nothing is changed. A model whose archive lies in the catalog comes along;
    one that has an address is fetched from there, and held against its checksum.
    """
    from deepcat.clouds.manifests.values import Served
    from deepcat.loop.manifests import manifests

    if output is None and form not in _SHOWN:
        raise UsageError(f"`{form}` is a folder of files", hint="say where: `--output FOLDER`")
    wish, tree = _wish(context.root, name)
    settings = Served("", image, (), namespace=namespace, fetcher=fetcher, pull_secret=pull_secret)
    files = manifests(wish, tree, form, settings)
    if output is None:
        say_document("".join(files.values()))
        return
    for path, text in files.items():
        target = output / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        say("{}", target)


def _wish(root: Path, name: str) -> tuple[Wish, Tree]:
    """A deployment as the files here say it, and the tree that its module is read from.

    Raises:
        DeepcatError: it cannot be read (``render/wish``).
        UsageError: there is none of that name.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import require_settings
    from deepcat.catalog.wording import unknown
    from deepcat.loop.wishes import read_wish

    tree = work_tree(root)
    catalog = load(tree)
    deployment = catalog.deployments.get(name)
    if deployment is None:
        path = f"deployments/{name}.yaml"
        for finding in catalog.findings:
            if finding.place.path == path:
                raise _unread(name, finding.message)
        raise unknown("deployment", name, catalog.deployments)
    wish = read_wish(tree, catalog, require_settings(tree), deployment, None)
    if isinstance(wish, tuple):
        raise _unread(name, wish[0])
    return wish, wish.lies_in(tree)


def _unread(name: str, why: str) -> DeepcatError:
    hint = f"see `deepcat check deployments/{name}.yaml`"
    return DeepcatError(f"`{name}` cannot be read: {why}", hint=hint, code="render/wish")
