"""`deepcat ci hook`: the loop on a bare Git server, from its post-receive hook."""

from __future__ import annotations

import fcntl
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from deepcat.cli import operations
from deepcat.cli.context import MARKER, Context
from deepcat.errors import DeepcatError, UsageError
from deepcat.forge.git import Repository
from deepcat.forge.scene import Scene

NAME = "post-receive"
SIGN = "# Written by `deepcat ci hook install`."
WORK = "catalog"


@click.group("hook")
def command() -> None:
    """Run the loop from a bare repository's post-receive hook."""


@command.command("install")
@click.argument("repository", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option(
    "--site",
    type=click.Path(file_okay=False, path_type=Path),
    help="Build the website here after each merge.",
)
@click.option("--force", is_flag=True, help="Replace a hook that somebody else wrote.")
def install(repository: Path, branch: str, site: Path | None, force: bool) -> None:
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
    hook = (repository / answer[1]).resolve() / NAME
    if hook.exists() and SIGN not in hook.read_text("utf-8", "replace") and not force:
        raise UsageError(
            f"`{hook}` was written by somebody else",
            hint="call deepcat from it, or replace it with `--force`",
        )
    hook.parent.mkdir(exist_ok=True)
    argv = [sys.executable, "-m", "deepcat", "ci", "hook", "receive", "--branch", branch]
    argv += ["--site", str(site.resolve())] if site else []
    hook.write_text(f"#!/bin/sh\n{SIGN}\nexec {shlex.join(argv)}\n", "utf-8")
    hook.chmod(0o755)
    click.echo(f"{hook}: pushes are reviewed, and merges into {branch} are applied here")


@command.command("receive")
@click.option("--branch", default="main", show_default=True, help="The branch that is the truth.")
@click.option("--site", type=click.Path(file_okay=False, path_type=Path))
def receive(branch: str, site: Path | None) -> None:
    """What the hook calls: reads `OLD NEW REF` lines, as Git gives them to a post-receive hook."""
    repository = Path(os.environ.get("GIT_DIR", ".")).resolve()
    for name in [name for name in os.environ if name.startswith("GIT_") and "CONFIG" not in name]:
        del os.environ[name]
    for line in sys.stdin.read().splitlines():
        old, new, ref = line.split(" ", 2)
        if not ref.startswith("refs/heads/") or not new.strip("0"):
            continue
        pushed = ref.removeprefix("refs/heads/")
        if pushed == branch:
            _merged(repository, "" if not old.strip("0") else old, new, branch, site)
        elif pushed != "records" and not pushed.startswith("deepcat/"):
            _reviewed(repository, branch, new, pushed)


def _merged(repository: Path, old: str, new: str, branch: str, site: Path | None) -> None:
    """Apply what was merged; the push itself is done, so that a failure is only told."""
    from deepcat.loop.merge import merge

    root = _work_tree(repository, new)
    if root is None:
        return
    try:
        tell = partial(operations.tell, root=root)
        merge(root, Scene(), old, new, branch, say=click.echo, tell=tell)
        if site:
            with _locked(repository):
                from deepcat.cli.site import build

                click.Context(build, obj=Context(root)).invoke(build, out=site)
    except DeepcatError as error:
        _print(error)


def _reviewed(repository: Path, branch: str, new: str, pushed: str) -> None:
    """Say of a branch what a review would say."""
    from deepcat.cli.ci.pr import command as review

    if not Repository(repository).commit(branch):
        return
    root = _work_tree(repository, branch)
    if root is None:
        return
    author = Repository(repository).author(new)
    out = root / ".deepcat" / "ci" / "branches" / pushed.replace("/", "~")
    arguments = {"base": branch, "head": new, "author": author, "out": out}
    context = click.Context(review, obj=Context(root))
    try:
        context.invoke(review, approved=(), no_plan=False, **arguments)
    except SystemExit:
        click.echo(f"{pushed} is not ready to be merged.")
    except DeepcatError as error:
        _print(error)
    else:
        click.echo((out / "review.md").read_text("utf-8").split("\n", 1)[0].lstrip("# "))


def _work_tree(repository: Path, commit: str) -> Path | None:
    """The folder beside the repository's own files where the catalog is checked out.

    What runs on this machine lies in its `.deepcat`, so it stays; only its files move on. None when
    the commit holds no catalog.
    """
    git, root = Repository(repository), repository / WORK
    if git.part(commit, MARKER) is None:
        click.echo(f"no catalog here: the root of {commit[:12]} holds no {MARKER}")
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
    click.echo(f"error: {error.message}")
    if error.hint:
        click.echo(f"hint: {error.hint}")
