"""`deepcat develop open`: an editor beside a module's files, and a way there."""

from __future__ import annotations

import json
import signal
import time
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from deepcat.catalog.beginning.begun import TEMPLATES
from deepcat.cli.completing import deployments
from deepcat.cli.context import PORT, Context, json_option, pass_context
from deepcat.cli.develop.desks import EDITORS, desk, has_notebook, require_said
from deepcat.cli.say import say, say_lines, waiting
from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from deepcat.loop.notebooks import Notebook, Now
    from deepcat.loop.tunnel import Opened

FORMAT = "deepcat-develop/v1"
_LOOK_S = 5.0
_WHY = {
    "idle": " if nobody uses it",
    "until": ", as was asked",
    "job": ", for its job in the queue ends",
}
# The truth, as of `deepcat develop save`.
_BRANCH = "main"


@click.command("open")
@click.argument("name", shell_complete=deployments)
@click.option("--idle", help="After how long without use it stops, such as 90m, or off.")
@click.option("--until", help="When it stops, such as 18:30; off for never.")
@click.option("--template", type=click.Choice(list(TEMPLATES)), help="Begin NAME as a new module.")
@click.option("--branch", default="", help="Of the repository that NAME is the address of.")
@click.option("--called", default="", help="The module's name there; the repository's by default.")
@click.option("--on", help="The cloud for a module that has no deployment to develop yet.")
@click.option("--source-code", metavar="URL", help="Where the code of a new module is kept.")
@click.option("--editor", type=click.Choice(EDITORS), help="What to work in; JupyterLab else.")
@click.option("--port", type=PORT, help="Of this machine; the notebook's own by default.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before it is brought up.")
@json_option
@pass_context
def command(
    context: Context,
    name: str,
    idle: str | None,
    until: str | None,
    template: str | None,
    branch: str,
    called: str,
    on: str | None,
    source_code: str | None,
    editor: str | None,
    port: int | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Bring NAME up or start it again, and hold a way there until Ctrl-C.

    NAME may be the address of a Git repository, whose files a new module then begins with. It goes
    on when the way ends. `--idle` and `--until` hold from then on, also where it runs.
    With `--json` the first line is the whole answer.
    """
    from deepcat.loop.developing import notebook_of
    from deepcat.loop.known import recorded
    from deepcat.loop.tunnel import tunnel

    bounds = _bounds(idle, until)
    root = context.root
    name = _begun(root, name, template, _Repository(branch, called), source_code)
    deployment = desk(root, name) or _written(root, name, on, editor)
    require_said(root, deployment, on, editor)
    if not has_notebook(root, deployment) and not _started(root, deployment, quiet=as_json):
        _apply(deployment, yes=yes, quiet=as_json)
    notebook = notebook_of(root, recorded(root, deployment))
    with ExitStack() as opening:
        with waiting("opening a way to", deployment):
            now = notebook.now()
            if bounds or not now.runs:
                notebook.ask("start", bounds)
            now = notebook.until_it_answers()
            ports = {} if port is None else {"notebook": port}
            said = partial(say, "{}", err=True)
            held = opening.enter_context(tunnel(root, deployment, ports, said))
        is_over = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: is_over.set())
        _show(notebook, held, now, as_json=as_json)
        _hold(root, notebook, held, is_over)


class _Repository(NamedTuple):
    """What is said of a repository that a module begins with."""

    branch: str
    called: str


def _begun(
    root: Path, name: str, template: str | None, said: _Repository, source_code: str | None
) -> str:
    """The name to open: of a module that is begun where that is asked for."""
    from deepcat.catalog.converting.origin import is_address

    if is_address(name):
        if template:
            hint = "give a name, or leave the template out"
            raise UsageError("a repository is no template's beginning", hint=hint)
        from deepcat.cli.develop.begin import from_address

        return from_address(root, name, *said, source_code)
    if any(said):
        option = "--branch" if said.branch else "--called"
        hint = "name the repository by its address, such as https://host/owner/repository.git"
        raise UsageError(f"`{option}` is said of a repository, and `{name}` is none", hint=hint)
    if template:
        from deepcat.cli.develop.begin import from_template

        return from_template(root, name, template, source_code)
    if source_code:
        hint = "give it with --template, or with the address of a repository"
        raise UsageError("`--source-code` is said of a new module", hint=hint)
    return name


def _bounds(idle: str | None, until: str | None) -> dict[str, Any]:
    from deepcat.host.failure import StepError
    from deepcat.host.notebook.values import idle_seconds

    found: dict[str, Any] = {}
    if idle is not None:
        try:
            found["idle_s"] = idle_seconds(idle)
        except StepError as error:
            raise UsageError(error.message, hint=error.hint) from None
    if until is not None:
        found["until"] = 0 if until == "off" else _time(until)
    return found


def _time(text: str) -> float:
    """The next time of day that a person named."""
    try:
        said = datetime.strptime(text, "%H:%M").time()
    except ValueError:
        hint = "such as --until 18:30, or off"
        raise UsageError(f"`{text}` is no time of day", hint=hint) from None
    now = datetime.now().astimezone()
    at = now.replace(hour=said.hour, minute=said.minute, second=0, microsecond=0)
    return (at if at > now else at + timedelta(days=1)).timestamp()


def _written(root: Path, module: str, on: str | None, editor: str | None) -> str:
    """The deployment that is written down for a module that has none to develop it."""
    from deepcat.catalog.beginning.deployment import deployment_data
    from deepcat.catalog.beginning.disk import put_file
    from deepcat.catalog.converting.dump import dump
    from deepcat.cli.training_wish import require_known

    require_known(root, module, (on,) if on else ())
    own = f"develop-{module}"
    data = deployment_data(
        module,
        version="*",
        profile="develop",
        clouds=(on,) if on else (),
        max_price=None,
        lifetime="",
        owner="",
        inputs={},
    )
    data |= {"editor": editor} if editor else {}
    put_file(root / "deployments" / f"{own}.yaml", dump(data).encode())
    say("Made deployments/{}.yaml.", own, err=True)
    return own


def _started(root: Path, name: str, *, quiet: bool) -> bool:
    """Bring it up where it was stopped and its machine put aside; whether it was.

    Raises:
        SystemExit: it could not be.
    """
    from deepcat.cli import operations, training_runs
    from deepcat.loop.resting import started
    from deepcat.records.clone import open_store

    store = open_store(root, to_act=True)
    found = started(root, store, name)
    if found is None:
        return False
    outcomes = training_runs.carry(root, store, found[0], (found[1],), quiet=quiet)
    if not all(outcome.ok for outcome in outcomes):
        operations.tell(outcomes, root)
        raise SystemExit(1)
    return True


def _apply(name: str, *, yes: bool, quiet: bool) -> None:
    """Bring it up, as `deepcat apply` does."""
    from deepcat.cli.apply import command as apply

    try:
        click.get_current_context().invoke(
            apply,
            names=(name,),
            yes=yes or quiet,
            as_json=False,
            notify=False,
            commit="",
            timeout=300.0,
        )
    except SystemExit as end:
        if end.code:
            raise


def _show(notebook: Notebook, held: Opened, now: Now, *, as_json: bool) -> None:
    at = next((at for each, at in held.endpoints.items() if each.endswith("notebook")), "")
    address = f"{at}{now.page}?token={notebook.token()}"
    if as_json:
        known = {"name": notebook.name, "address": address, "stops_at": now.stops_at}
        say_lines(json.dumps({"format": FORMAT, **known}))
        return
    say("{}", notebook.name, bold=True, nl=False)
    say(" is open, until Ctrl-C, at")
    say("    {}", address)
    if now.stops_at:
        say("It stops at {}; the work is kept.", _when(now))
    say("deepcat develop save {} makes a branch of the work.", notebook.name)


def _hold(root: Path, notebook: Notebook, held: Opened, is_over: Event) -> None:
    """Hold the way, propose what is wished for, and warn before it stops."""
    warned, looked = 0.0, time.monotonic()
    while not held.gone.is_set() and not is_over.wait(0.5):
        if time.monotonic() - looked < _LOOK_S:
            continue
        looked = time.monotonic()
        with suppress(DeepcatError):
            now = notebook.now()
            if not now.runs:
                say("{} was stopped: {}; the work is kept.", notebook.name, now.why, err=True)
                hint = f"start it again: deepcat develop {notebook.name}"
                raise SystemExit(_told(hint))
            if now.warned and now.stops_at > warned:
                warned = now.stops_at + 60
                say("It stops at {}.", _when(now), err=True)
            _propose(root, notebook, now)
            if now.failed:
                say("The work is not saved: {}", now.failed, err=True)
    if held.gone.is_set() and not is_over.is_set():
        raise DeepcatError(
            f"`{notebook.name}` does not run any more",
            hint=f"see `deepcat status {notebook.name}`",
            code="tunnel/gone",
        )


def _propose(root: Path, notebook: Notebook, now: Now) -> None:
    """Do what somebody wished for in JupyterLab, as `deepcat develop save` does."""
    if notebook.wish(now) is None:
        return
    from deepcat.forge.choose import open_inbox, scene
    from deepcat.forge.git import Repository
    from deepcat.loop.wished import answer
    from deepcat.records.clone import chosen

    here, git = scene(), Repository(root)
    remote = "origin" if here.has_forge else chosen(root).remote
    with open_inbox(here, git, _BRANCH) as inbox:
        line = answer(root, git, inbox, notebook, now, _BRANCH, remote)
    say("{}", line, err=True)


def _told(hint: str) -> int:
    say("{}", hint, err=True)
    return 0


def _when(now: Now) -> str:
    at = datetime.fromtimestamp(now.stops_at).astimezone().strftime("%H:%M:%S")
    return f"{at}{_WHY.get(now.reason, '')}"
