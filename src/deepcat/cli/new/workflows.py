"""`deepcat new workflows`: a catalog's loop on a forge; written anew to take another deepcat."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from deepcat import git
from deepcat.catalog.beginning.disk import replace_files
from deepcat.catalog.beginning.forges.write import MARK, Forge, lock_folder, loop_files
from deepcat.catalog.wording import count
from deepcat.cli.context import Context, pass_context
from deepcat.cli.new.installed import source
from deepcat.cli.say import say
from deepcat.errors import UsageError

F = TypeVar("F", bound=Callable[..., object])
_KEY = "deepcat.cli.new.workflows"
_BRANCH = "protect the branch, require its check, and let no other job have the runner"
_NEXT = {
    Forge.GITHUB: "let Pages come from GitHub Actions, and require the check `deepcat`",
    Forge.GITLAB: "protect the branch and the runner, and let only what succeeds be merged",
    Forge.FORGEJO: _BRANCH,
    Forge.GITEA: _BRANCH,
}


def forge_options(command: F) -> F:
    """`--github` and its like, which `chosen` tells; `--vault`, and `--deepcat` as `word`."""
    for forge in reversed(Forge):
        command = click.option(
            f"--{forge}",
            is_flag=True,
            expose_value=False,
            callback=partial(_choose, forge),
            help=f"Write the workflows of the loop for {forge.name.title()}.",
        )(command)
    words = "Install what secrets in Vault need, too."
    command = click.option("--vault", is_flag=True, help=words)(command)
    words = "The deepcat that the workflows install; else the one that runs."
    return click.option("--deepcat", "word", default="", metavar="SOURCE", help=words)(command)


def _choose(forge: Forge, context: click.Context, _: click.Parameter, is_given: bool) -> None:
    if is_given:
        context.meta.setdefault(_KEY, []).append(forge)


def chosen() -> Forge | None:
    """The forge that was named; None for none.

    Raises:
        UsageError: there are several.
    """
    found: list[Forge] = click.get_current_context().meta.get(_KEY, [])
    if len(found) > 1:
        words = " and ".join(f"`--{each}`" for each in found)
        raise UsageError(f"{words} cannot both be", hint="name one; the others can follow")
    return found[0] if found else None


@click.command("workflows")
@forge_options
@pass_context
def command(context: Context, word: str, vault: bool) -> None:
    """Write the workflows of the loop into this catalog; those of another deepcat are replaced."""
    forge = chosen()
    if forge is None:
        names = ", ".join(f"`--{each}`" for each in Forge)
        raise UsageError("which forge is it?", hint=f"one of {names}")
    root = context.root
    must_be_at_the_top(root)
    files = loop_files(forge, source(word, context.directory), vault=vault)
    own = [path for path in files if _is_somebody_s(root / path)]
    if own:
        raise UsageError(f"`{own[0]}` was not written by deepcat", hint="move it away first")
    kept = {root / path for path in files}
    wheels = (root / lock_folder(forge)).glob("deepcat-*.whl")
    replace_files(root, files, [path for path in wheels if path not in kept])
    say("Wrote {}. {}", count(len(files), "file"), hint(forge))


def must_be_at_the_top(root: Path) -> None:
    """A forge reads workflows at the top of a repository alone.

    Args:
        root: of the catalog, which need not be there yet.

    Raises:
        UsageError: it lies below that of another repository.
    """
    place = root if root.is_dir() else root.parent
    top = git.says(place, "rev-parse", "--show-toplevel").decode(errors="replace").strip()
    if top and Path(top).resolve() != root.resolve():
        raise UsageError(
            f"a forge reads workflows at the top of the repository alone, which is `{top}`",
            hint="give the catalog a repository of its own",
        )


def hint(forge: Forge) -> str:
    """What is to be set on the forge by hand."""
    return f"There, {_NEXT[forge]}: the guide `loop` says how."


def _is_somebody_s(path: Path) -> bool:
    if path.suffix != ".yml":
        return False
    return path.is_symlink() or (path.exists() and MARK.encode() not in path.read_bytes()[:200])
