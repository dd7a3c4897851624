"""Which forge there is, and its inbox. A forge is a file of this room that is named here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from deepcat.forge import git_workflow, github_workflow
from deepcat.forge.bare import Bare
from deepcat.forge.git import Repository, signed_in
from deepcat.forge.scene import Scene
from deepcat.forge.values import Inbox
from deepcat.secrets.mask import remember


class Forge(Protocol):
    """What a forge's file gives."""

    NAME: str

    def scene(self, environment: Mapping[str, str], /) -> Scene | None:
        """What the environment says of it; None where it is not there."""

    def inbox(self, here: Scene, /) -> AbstractContextManager[Inbox]:
        """Where people hear of what failed, for as long as the context lasts."""


# The first that knows the environment is taken.
FORGES: tuple[Forge, ...] = (github_workflow,)


def scene(environment: Mapping[str, str] | None = None) -> Scene:
    """Where we are, from what the runner of a workflow sets; its token is masked from now on."""
    given = os.environ if environment is None else environment
    # Forgejo and Gitea set GitHub's variables, too: who they are is asked first.
    for read in (git_workflow.scene, *(forge.scene for forge in FORGES)):
        found = read(given)
        if found is not None:
            remember(found.token)
            return found
    return Scene()


@contextmanager
def open_inbox(here: Scene, git: Repository, base: str = "main") -> Iterator[Inbox]:
    """The inbox of the forge; where there is none, that of the bare repository itself."""
    for forge in FORGES:
        if here.has_forge and here.forge == forge.NAME:
            with forge.inbox(here) as inbox:
                yield inbox
                return
    if here.has_forge and here.forge == git_workflow.NAME:
        with signed_in(here.server, here.token):
            yield Bare(git, base, "origin")
            return
    yield Bare(git, base)
