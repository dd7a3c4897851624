"""`deepcat new catalog`: a folder with the marker, this machine, a working module; and its Git."""

from __future__ import annotations

from pathlib import Path

import click

from deepcat import resources
from deepcat.catalog.beginning.catalog import Start, documents, other_files
from deepcat.catalog.beginning.disk import put_folder
from deepcat.catalog.beginning.repository import Begun, begin_repository
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.reading.units import MARKER, UnitKind
from deepcat.catalog.wording import count
from deepcat.cli.context import Context, pass_context
from deepcat.cli.new.ask import ask, check_handle, handle
from deepcat.cli.new.prove import prove_file


@click.command("catalog")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--title", help="The name that readers see.")
@click.option("--repository", default="", metavar="URL", help="Where it will be kept.")
@click.option("--owner", help="Your handle on the forge: who is asked before something changes.")
@click.option("--no-example", is_flag=True, help="Leave the example module out.")
@pass_context
def command(
    context: Context,
    path: Path,
    title: str | None,
    repository: str,
    owner: str | None,
    no_example: bool,
) -> None:
    """Begin a catalog: a folder at PATH (here by default), and a Git repository in it."""
    target = (context.directory / path).resolve()
    shown = ask(title, "Title", target.name.replace("-", " ").capitalize() or "Catalog")
    keeper = ask(owner, "Owner, a handle on the forge", handle(context.directory))
    check_handle(keeper)
    example = resources.example()
    licence = resources.licence().read_bytes()
    module = {} if no_example else _files(example)
    start = Start(shown, repository, keeper, licence, module)
    texts = {path: dump(data) for path, data in documents(start, example.name).items()}
    prove_file(UnitKind.CATALOG, MARKER, texts[MARKER])
    files = {path: text.encode() for path, text in texts.items()}
    files |= other_files(start, example.name)
    put_folder(target, files)
    begun = begin_repository(target, files)
    click.echo(f"Made {path}: {count(len(files), 'file')}{_repository(begun)}.")
    if owner is None:
        click.echo(f"Its owner is `{keeper}`: in .github/CODEOWNERS{_wish(module, example.name)}.")
    for line in _remarks(begun):
        click.echo(line)
    there = "" if target == Path.cwd() else f"cd {path} && "
    click.echo(f"Next: {there}deepcat check && deepcat site build")


def _files(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def _wish(module: dict[str, bytes], name: str) -> str:
    return f" and deployments/{name}.yaml" if module else ""


def _repository(begun: Begun) -> str:
    made = ", a Git repository" if begun.made else ""
    return f"{made}, a first commit" if begun.commit else made


def _remarks(begun: Begun) -> list[str]:
    """What a person should know of the repository, or do there."""
    lines = []
    if begun.outer:
        lines.append(f"The Git repository `{begun.outer}` holds it: commit it there.")
    if begun.refusal:
        lines.append(f"It is not committed yet: {begun.refusal}.")
    if begun.stranger:
        lines.append(
            f"Git does not know your name and address, so the commit is by `{begun.stranger}`:\n"
            "set user.name and user.email, then `git commit --amend --reset-author --no-edit`."
        )
    return lines
