"""GitHub as a workflow finds it: in the environment that its runner sets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deepcat.forge.event import Event, read_event
from deepcat.forge.failures import ForgeError
from deepcat.forge.git import signed_in
from deepcat.forge.scene import Scene
from deepcat.forge.values import Inbox

NAME = "github"
_ADDRESS = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?(/\S*)?")


def scene(environment: Mapping[str, str]) -> Scene | None:
    """What the runner of a workflow says; None where no runner is."""
    path = environment.get("GITHUB_EVENT_PATH", "")
    repository = environment.get("GITHUB_REPOSITORY", "")
    token = environment.get("GITHUB_TOKEN", "")
    if not (path or repository or token):
        return None
    text = Path(path).read_text("utf-8") if path and Path(path).is_file() else ""
    return Scene(
        event=read_event(text) if text else Event(),
        forge=NAME,
        repository=repository,
        token=token,
        api=environment.get("GITHUB_API_URL", "https://api.github.com"),
        server=environment.get("GITHUB_SERVER_URL", "https://github.com"),
        may_write=bool(repository and token),
        log=log_of(environment),
    )


def log_of(environment: Mapping[str, str]) -> str:
    """Address of the run whose step we are; empty where the runner does not say it."""
    server = environment.get("GITHUB_SERVER_URL", "")
    repository, run = environment.get("GITHUB_REPOSITORY", ""), environment.get("GITHUB_RUN_ID", "")
    known = server and repository and run.isdigit()
    return f"{server}/{repository}/actions/runs/{run}" if known else ""


@contextmanager
def inbox(here: Scene) -> Iterator[Inbox]:
    """GitHub's issues and pull requests, with Git signed in to it.

    Raises:
        ForgeError: what the runner says of its address is none (``forge/not-found``).
    """
    from deepcat.forge.github import GitHub

    if not _ADDRESS.fullmatch(here.api):
        message = f"GITHUB_API_URL is no address of a forge: {here.api[:100]!r}"
        hint = "let the workflow's runner set it; it begins with https://"
        raise ForgeError(message, hint=hint, code="forge/not-found")
    with signed_in(here.server, here.token):
        yield GitHub(here.repository, here.token, url=here.api)
