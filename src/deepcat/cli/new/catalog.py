"""`deepcat new catalog`: a folder with the marker, this machine, a working module; and its Git."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import click

from deepcat import resources
from deepcat.catalog.beginning.catalog import Start, documents, maintained, other_files
from deepcat.catalog.beginning.disk import put_folder, replace_files
from deepcat.catalog.beginning.forge import owners_path
from deepcat.catalog.beginning.forges.write import Forge, loop_files
from deepcat.catalog.beginning.repository import Begun, begin_repository
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.reading.units import MARKER, UnitKind
from deepcat.catalog.wording import count
from deepcat.cli.context import Context, pass_context
from deepcat.cli.new.ask import ask, check_handle, handle
from deepcat.cli.new.installed import source
from deepcat.cli.new.prove import prove_file
from deepcat.cli.new.workflows import chosen, forge_options, hint, must_be_at_the_top
from deepcat.cli.say import say, say_line, say_lines
from deepcat.errors import UsageError

_IGNORED = ".gitignore"
_KEPT = ("README.md", "LICENSE")


@click.command("catalog")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--title", help="The name that readers see.")
@click.option("--repository", default="", metavar="URL", help="Where it will be kept.")
@click.option("--owner", help="Your handle on the forge: who is asked before something changes.")
@click.option("--no-example", is_flag=True, help="Leave the example module out.")
@forge_options
@pass_context
def command(
    context: Context,
    path: Path,
    title: str | None,
    repository: str,
    owner: str | None,
    no_example: bool,
    word: str,
    vault: bool,
) -> None:
    """Begin a catalog: a folder at PATH (here by default), and a Git repository in it.

    With a forge named, the workflows of the loop come with it: see `deepcat new workflows`.
    """
    forge = chosen()
    if (word or vault) and not forge:
        hinted = "name the forge, such as `--github`"
        raise UsageError("`--deepcat` and `--vault` are for workflows", hint=hinted)
    target = (context.directory / path).resolve()
    if forge:
        must_be_at_the_top(target)
    shown = ask(title, "Title", target.name.replace("-", " ").capitalize() or "Catalog")
    keeper = ask(owner, "Owner, a handle on the forge", handle(context.directory))
    check_handle(keeper)
    example = resources.example()
    licence = resources.licence().read_bytes()
    module = {} if no_example else maintained(_files(example), keeper)
    where = forge or Forge.GITHUB
    loop = loop_files(where, source(word, context.directory), vault=vault) if forge else {}
    start = Start(shown, repository, keeper, licence, module, where, loop)
    texts = {path: dump(data) for path, data in documents(start, example.name).items()}
    prove_file(UnitKind.CATALOG, MARKER, texts[MARKER])
    files = {path: text.encode() for path, text in texts.items()}
    files |= other_files(start, example.name)
    theirs = _theirs(target)
    put_folder(target, {path: text for path, text in files.items() if path not in theirs})
    _add_ignored(target, files[_IGNORED])
    begun = begin_repository(target, files)
    say("Made {}: {}{}.", path, count(len(files), "file"), _repository(begun))
    if owner is None:
        wish = _wish(module, example.name)
        say("Its owner is `{}`: in {}{}.", keeper, owners_path(where), wish)
    if kept := sorted(theirs - {_IGNORED}):
        say("Left as {}: {}.", "it was" if len(kept) == 1 else "they were", ", ".join(kept))
    for line in _remarks(begun):
        say_lines(line)
    if forge:
        say_line(hint(where))
    say("Next: {}deepcat check && deepcat site build", _way(target))


def _way(target: Path) -> str:
    """How a shell gets there from here, to go before what is done there."""
    here = Path.cwd()
    if target == here:
        return ""
    near = target.relative_to(here) if target.is_relative_to(here) else target
    return f"cd -- {quote(str(near))} && " if str(near)[0] == "-" else f"cd {quote(str(near))} && "


def _theirs(target: Path) -> frozenset[str]:
    """What a repository that is there may keep of its own, as a forge makes a new one."""
    return frozenset(name for name in (*_KEPT, _IGNORED) if (target / name).is_file())


def _add_ignored(target: Path, lines: bytes) -> None:
    """See that Git ignores what deepcat keeps for itself, also where there was a `.gitignore`."""
    path = target / _IGNORED
    there = path.read_bytes()
    missing = [line for line in lines.splitlines() if line not in there.splitlines()]
    if missing:
        replace_files(target, {_IGNORED: b"\n".join([there.rstrip(b"\n"), *missing, b""])})


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
