"""`deepcat new catalog`: a folder with the marker, this machine, a working module; and its Git."""

from __future__ import annotations

from pathlib import Path

import click

from deepcat import resources
from deepcat.catalog.beginning.catalog import IGNORE, catalog_data, catalog_readme
from deepcat.catalog.beginning.deployment import deployment_data
from deepcat.catalog.beginning.disk import put_folder
from deepcat.catalog.beginning.site import site_files
from deepcat.catalog.beginning.texts import API
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.reading.open_tree import begin_repository
from deepcat.catalog.wording import count
from deepcat.cli.context import MARKER, Context, pass_context
from deepcat.cli.new.ask import ask


@click.command("catalog")
@click.argument("path", metavar="NAME", type=click.Path(path_type=Path))
@click.option("--title", help="The name that readers see.")
@click.option("--repository", default="", metavar="URL", help="Where it will be kept.")
@click.option("--no-example", is_flag=True, help="Leave the example module out.")
@pass_context
def command(
    context: Context, path: Path, title: str | None, repository: str, no_example: bool
) -> None:
    """Begin a catalog: a folder, and a Git repository in it."""
    target = context.directory.resolve() / path
    shown = ask(title, "Title", target.name.replace("-", " ").capitalize())
    files = _catalog_files(shown, repository, with_example=not no_example)
    put_folder(target, files)
    made = begin_repository(target)
    click.echo(f"Made {path}: {count(len(files), 'file')}{', a Git repository' if made else ''}.")
    click.echo(f"Next: cd {path} && deepcat check && deepcat site build")


def _catalog_files(title: str, repository: str, *, with_example: bool) -> dict[str, bytes]:
    local = {
        "apiVersion": API,
        "name": "local",
        "kind": "local",
        "summary": "This machine.",
    }
    files = {
        MARKER: dump(catalog_data(title, repository)).encode(),
        "README.md": catalog_readme(title).encode(),
        ".gitignore": IGNORE.encode(),
        "clouds/local.yaml": dump({**local, "price": 0}).encode(),
        **site_files(title),
    }
    if not with_example:
        return files | {"modules/.gitkeep": b"", "deployments/.gitkeep": b""}
    example = resources.example()
    for file in sorted(example.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            name = file.relative_to(example).as_posix()
            files[f"modules/{example.name}/{name}"] = file.read_bytes()
    wish = deployment_data(
        example.name,
        version="^1.0.0",
        profile="serve",
        clouds=["local"],
        max_price=None,
        lifetime="",
        owner="",
        inputs={},
    )
    return files | {f"deployments/{example.name}.yaml": dump(wish).encode()}
