"""`deepcat ci hook`: the loop on a bare Git server, from its pre-receive and post-receive hooks."""

from __future__ import annotations

import fcntl
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from deepcat.cli import operations
from deepcat.cli.ci import guard
from deepcat.cli.ci.told import handle_option, owner_option, told_by
from deepcat.cli.context import MARKER, Context
from deepcat.cli.say import say, say_line
from deepcat.errors import DeepcatError, UsageError
from deepcat.forge.bare_people import Told
from deepcat.forge.event import Event
from deepcat.forge.git import Repository
from deepcat.forge.guard import parse
from deepcat.forge.scene import Scene
from deepcat.records.signatures import BRANCH_SETTING

SIGN = "# Written by `deepcat ci hook install`."
WORK = "catalog"


@click.group("hook")
def command() -> None:
    """Run the loop from a bare repository's hooks."""


command.add_command(guard.command)


@command.command("install")
@click.argument("repository", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    help="Build the website here after each merge.",
)
@click.option("--gate", is_flag=True, help="Refuse pushes to the branch that the review refuses.")
@owner_option
@handle_option
@click.option("--force", is_flag=True, help="Replace a hook that somebody else wrote.")
def install(
    repository: Path,
    branch: str,
    site: Path | None,
    gate: bool,
    owner: tuple[str, ...],
    handle_from: str,
    force: bool,
) -> None:
    """Let pushes to the bare REPOSITORY be reviewed, and merges be applied on this machine."""
    git = Repository(repository)
    try:
        answer = (
            git("rev-parse", "--is-bare-repository", "--git-path", "hooks").decode().split("\n")
        )
    except DeepcatError:
        answer = ["false"]
    if answer[0] != "true":
        raise UsageError(
            f"`{repository}` is no bare Git repository",
            hint="make one with `git init --bare`, and push the catalog there",
        )
    folder = (repository / answer[1]).resolve()
    rest = ["--branch", branch, "--handle-from", handle_from]
    rest += [word for each in owner for word in ("--owner", each)]
    _put_hooks(
        folder,
        {
            "pre-receive": ["guard", *rest, *(["--gate"] if gate else [])],
            "post-receive": ["receive", *rest, *(["--site", str(site.resolve())] if site else [])],
        },
        force,
    )
    git("config", BRANCH_SETTING, branch)
    # Git refuses crafted objects only when it is asked to.
    git("config", "receive.fsckObjects", "true")
    say("{}: pushes are reviewed, and merges into {} are applied here", folder, branch)
    say("Pushes to `records` and `deepcat/…` are refused.")
    if gate:
        say("What the review refuses is not taken into {}.", branch)


def _put_hooks(folder: Path, hooks: Mapping[str, Sequence[str]], force: bool) -> None:
    """Write the hooks, all of them or none.

    Args:
        folder: Git's, for hooks.
        hooks: name -> what follows `deepcat ci hook`.
        force: also in the place of what somebody else wrote.
    """
    for hook in (folder / name for name in hooks):
        if hook.exists() and SIGN not in hook.read_text("utf-8", "replace") and not force:
            raise UsageError(
                f"`{hook}` was written by somebody else",
                hint="call deepcat from it, or replace it with `--force`",
            )
    folder.mkdir(exist_ok=True)
    for name, rest in hooks.items():
        # Git calls hooks in the repository's folder: nothing there is to be taken for Python's.
        argv = [sys.executable, "-P", "-m", "deepcat", "ci", "hook", *rest]
        new = folder / f"{name}.new"
        new.write_text(f"#!/bin/sh\n{SIGN}\nexec {shlex.join(argv)}\n", "utf-8")
        new.chmod(0o755)
        new.replace(folder / name)


@command.command("receive")
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option("--site", type=click.Path(file_okay=False, path_type=Path))
@owner_option
@handle_option
def receive(branch: str, site: Path | None, owner: tuple[str, ...], handle_from: str) -> None:
    """What the hook calls: reads `OLD NEW REF` lines, as Git gives them to a post-receive hook."""
    repository = Path(os.environ.get("GIT_DIR", ".")).resolve()
    told = told_by(os.environ, owner, handle_from)
    for name in [name for name in os.environ if name.startswith("GIT_") and "CONFIG" not in name]:
        del os.environ[name]
    for push in parse(sys.stdin.read()):
        if not push.ref.startswith("refs/heads/") or not push.new:
            continue
        pushed = push.ref.removeprefix("refs/heads/")
        if pushed == branch:
            _merged(repository, push.old, push.new, branch, site, told)
        elif pushed != "records" and not pushed.startswith("deepcat/"):
            _reviewed(repository, branch, push.new, pushed, told)


def _merged(
    repository: Path, old: str, new: str, branch: str, site: Path | None, told: Told
) -> None:
    """Apply what was merged; the push itself is done, so that a failure is only told."""
    from deepcat.loop.merge import merge

    # A hook that comes late must not take the files back: the watch starts from them.
    root = _work_tree(repository, Repository(repository).commit(branch) or new)
    if root is None:
        return
    try:
        tell = partial(operations.tell, root=root)
        here = Scene(event=Event(actor=_merger(Repository(repository), new, told)))
        merge(root, here, old, new, branch, say=say_line, tell=tell)
        if site:
            with _locked(repository):
                from deepcat.cli.site import build

                click.Context(build, obj=Context(root)).invoke(build, out=site)
    except DeepcatError as error:
        _print(error)


def _merger(git: Repository, new: str, told: Told) -> str:
    """Who merged, for the record: whoever pushed, or signed what was pushed."""
    from deepcat.cli.ci.reviewed import settings_at
    from deepcat.forge.signatures import signers

    with signers(git, settings_at(git, new).get("keys")) as known:
        return told.pusher or known.of_commit(new) or "unknown"


def _reviewed(repository: Path, branch: str, new: str, pushed: str, told: Told) -> None:
    """Say of a branch what a review would say."""
    from deepcat.cli.ci.reviewed import reviewed
    from deepcat.review.comment import headline

    tip = Repository(repository).commit(branch)
    root = _work_tree(repository, branch) if tip else None
    if root is None:
        return
    try:
        seen = reviewed(root, Repository(root), tip, new, told)
    except DeepcatError as error:
        _print(error)
        return
    errors = sum(each.is_error for each in seen.report.findings)
    say("{}: {}", pushed, headline(errors, seen.review))


def _work_tree(repository: Path, commit: str) -> Path | None:
    """The folder beside the repository's own files where the catalog is checked out.

    What runs on this machine lies in its `.deepcat`, so it stays; only its files move on. None when
    the commit holds no catalog.
    """
    git, root = Repository(repository), repository / WORK
    if git.part(commit, MARKER) is None:
        say("no catalog here: the root of {} holds no {}", commit[:12], MARKER)
        return None
    with _locked(repository):
        if not (root / ".git").exists():
            git("worktree", "prune")
            git("worktree", "add", "--quiet", "--force", "--detach", str(root), commit)
        else:
            _unlock(Repository(root))
            Repository(root)("checkout", "--quiet", "--force", "--detach", commit)
    return root


def _unlock(git: Repository) -> None:
    """Take away the lock that a checkout left when it was killed; our own lock keeps others out."""
    path = git("rev-parse", "--path-format=absolute", "--git-path", "index.lock").decode().strip()
    Path(path).unlink(missing_ok=True)


@contextmanager
def _locked(repository: Path) -> Iterator[None]:
    with (repository / "deepcat.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _print(error: DeepcatError) -> None:
    say("error: {}", error.message)
    if error.hint:
        say("hint: {}", error.hint)
