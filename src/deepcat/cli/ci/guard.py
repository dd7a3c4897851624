"""`deepcat ci hook guard`: what a bare server's pre-receive hook asks before anything is taken."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from deepcat.cli.ci.told import handle_option, owner_option, told_by
from deepcat.cli.say import say
from deepcat.forge import guard
from deepcat.forge.bare_people import Told
from deepcat.forge.git import Repository


@click.command("guard")
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option("--gate", is_flag=True, help="Refuse pushes to the branch that the review refuses.")
@owner_option
@handle_option
def command(branch: str, gate: bool, owner: tuple[str, ...], handle_from: str) -> None:
    """What the hook calls: reads `OLD NEW REF` lines, and refuses all of them for one of them."""
    repository = Repository(Path(os.environ.get("GIT_DIR", ".")).resolve())
    pushes = guard.parse(sys.stdin.read())
    points_to = repository.symbolic_refs()
    wrong = [(push.ref, guard.refusal(push, branch, points_to)) for push in pushes]
    refused = [(ref, why) for ref, why in wrong if why]
    for ref, why in refused:
        say("refused: {}: {}", ref, why)
    told = told_by(os.environ, owner, handle_from)
    meant = [replace(push, ref=points_to.get(push.ref, push.ref)) for push in pushes]
    if refused or (gate and not _admitted(repository.root, meant, branch, told)):
        raise SystemExit(1)


def _admitted(repository: Path, pushes: Sequence[guard.Push], branch: str, told: Told) -> bool:
    """Whether the review takes what is pushed to the main branch; approvals may come with it."""
    from deepcat.cli.ci.gate import admits
    from deepcat.forge.signatures import APPROVALS

    tags = tuple(each.new for each in pushes if each.ref.startswith(f"{APPROVALS}/") and each.new)
    told = replace(told, tags=tags)
    return all(
        admits(repository, push.old, push.new, branch, told)
        for push in pushes
        if push.ref == f"refs/heads/{branch}"
    )
