"""What the commands of `deepcat ci` share: what woke them, and which forge they speak to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from deepcat.errors import UsageError
from deepcat.forge.event import Event
from deepcat.forge.git import Repository
from deepcat.review.values import Changed, How
from deepcat.secrets.mask import mask

_HOW = {"A": How.ADDED, "D": How.DELETED, "M": How.MODIFIED}

out_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".deepcat/ci"),
    show_default=True,
    help="The folder for what is found.",
)
base_option = click.option("--base", default="", help="The commit or branch that it shall go to.")
head_option = click.option("--head", default="HEAD", help="The commit that is reviewed.")


def span(git: Repository, base: str, head: str, event: Event) -> tuple[str, str, str]:
    """Where a pull request began, what it proposes, and the tip of what it shall go to.

    Raises:
        UsageError: a name means no commit, or the two share no history.
    """
    after = git.commit(head)
    if not after:
        raise UsageError(f"there is no commit `{head}` here")
    parents = git("rev-list", "--parents", "-n1", after).decode().split()[1:]
    if not base and len(parents) == 2 and parents[1] == event.head:
        # GitHub checks out the merge that would be made; its first parent is what it goes to.
        return parents[0], after, parents[0]
    named = base or event.base or default_branch(git)
    before = git.commit(named)
    if not before:
        hint = "name what it shall go to with `--base`"
        raise UsageError(f"there is no commit `{named}` here", hint=hint)
    common = git.merge_base(before, after)
    if not common:
        raise UsageError(f"`{named}` and `{head}` share no history")
    return common, after, before


def default_branch(git: Repository) -> str:
    """The branch that is the truth, by the name it has here."""
    for name in ("origin/main", "main", "origin/HEAD", "master"):
        if git.commit(name):
            return name
    return "HEAD"


def changed_files(git: Repository, before: str, after: str) -> tuple[Changed, ...]:
    """The files of the catalog that differ."""
    return tuple(Changed(path, _HOW[how]) for how, path in git.changed(before, after))


def modules_to_try(changed: Iterable[Changed]) -> tuple[str, ...]:
    """Modules of which more than text changed, or that are new; sorted."""
    names = {
        parts[1]
        for each in changed
        if (parts := each.path.split("/"))[0] == "modules" and len(parts) > 2
        if not each.path.lower().endswith((".md", ".png", ".jpg", ".jpeg", ".svg"))
    }
    return tuple(sorted(names))


def write(folder: Path, name: str, text: str) -> Path:
    """Write one file of what was found, without any secret."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(mask(text), "utf-8")
    return path
