"""What the commands of `deepcat ci` share: what woke them, and which forge they speak to."""

from __future__ import annotations

from pathlib import Path

import click

from deepcat.errors import UsageError
from deepcat.forge.event import Event
from deepcat.forge.git import Repository
from deepcat.loop.proposed import Span, proposal
from deepcat.secrets.mask import mask

out_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".deepcat/ci"),
    show_default=True,
    help="The folder for what is found.",
)
base_option = click.option("--base", default="", help="The commit or branch that it shall go to.")
head_option = click.option("--head", default="HEAD", help="The commit that is reviewed.")


def span(git: Repository, base: str, head: str, event: Event) -> Span:
    """What a pull request proposes.

    Raises:
        UsageError: a name means no commit, or the two share no history.
    """
    after = git.commit(head)
    if not after:
        raise UsageError(f"there is no commit `{head}` here")
    parents = git.parents(after)
    if not base and len(parents) == 2 and parents[1] == event.head:
        # GitHub checks out the merge that would be made; its first parent is what it goes to.
        return Span(parents[0], after, parents[0], event.head)
    named = base or event.base or default_branch(git)
    before = git.commit(named)
    if not before:
        hint = "name what it shall go to with `--base`"
        raise UsageError(f"there is no commit `{named}` here", hint=hint)
    found = proposal(git, before, after)
    if found is None:
        raise UsageError(f"`{named}` and `{head}` share no history")
    return found


def default_branch(git: Repository) -> str:
    """The branch that is the truth, by the name it has here."""
    for name in ("origin/main", "main", "origin/HEAD", "master"):
        if git.commit(name):
            return name
    return "HEAD"


def write(folder: Path, name: str, text: str) -> Path:
    """Write one file of what was found, without any secret."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(mask(text), "utf-8")
    return path
