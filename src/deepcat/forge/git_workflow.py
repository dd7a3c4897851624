"""A workflow of GitLab, Forgejo or Gitea, of which Git alone is spoken to. Pure.

No comment and no status is posted there: what waits for people is a branch of the repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deepcat.forge.event import Event, read_event
from deepcat.forge.scene import Scene

NAME = "git"
_GITEA = ("FORGEJO_ACTIONS", "GITEA_ACTIONS")


def scene(environment: Mapping[str, str]) -> Scene | None:
    """What the runner of a workflow says; None where it is none of these."""
    if environment.get("GITLAB_CI") == "true":
        token = environment.get("DEEPCAT_TOKEN", "")
        server, name = environment.get("CI_SERVER_URL", ""), environment.get("CI_PROJECT_PATH", "")
        event = Event(actor=environment.get("GITLAB_USER_LOGIN", ""))
        log = environment.get("CI_JOB_URL", "")
    elif any(environment.get(key) == "true" for key in _GITEA):
        token = environment.get("GITHUB_TOKEN", "")
        server = environment.get("GITHUB_SERVER_URL", "")
        name = environment.get("GITHUB_REPOSITORY", "")
        path = environment.get("GITHUB_EVENT_PATH", "")
        text = Path(path).read_text("utf-8") if path and Path(path).is_file() else ""
        event = read_event(text) if text else Event()
        # Their addresses count the runs of the repository, not those of the server.
        number = environment.get("GITHUB_RUN_NUMBER", "")
        log = f"{server}/{name}/actions/runs/{number}" if name and number.isdigit() else ""
    else:
        return None
    return Scene(event, NAME, name, token, server=server, may_write=bool(name and token), log=log)
