"""What `apply` and `destroy` share: ask, carry out with progress, tell how it went."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.catalog.wording import count
from deepcat.cli.say import coloured, redraws, say
from deepcat.errors import UsageError
from deepcat.plain import plain

if TYPE_CHECKING:
    from deepcat.plan.values import State
    from deepcat.records.store import Store
    from deepcat.runs.values import Event, Outcome


def confirm(question: str, yes: bool, as_json: bool = False) -> None:
    """Ask before acting.

    Raises:
        UsageError: nobody is there to answer.
        click.Abort: the answer is no.
    """
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask at", hint="say `--yes` to go ahead without being asked"
        )
    click.confirm(question, abort=True)


def tell(outcomes: Sequence[Outcome], root: Path) -> None:
    """How it went, for a person."""
    for outcome in outcomes:
        name = plain(outcome.job.name)
        if not outcome.ok:
            say("✗ {}", name, fg="red", bold=True, nl=False)
            say(": {}", _state_now(outcome))
            for failure in outcome.failures:
                where = f"{plain(failure.cloud)}: " if failure.cloud else ""
                say("    {}[{}] {}", where, failure.code, failure.message)
                if failure.hint:
                    say("    hint: {}", failure.hint)
            _note(outcome)
            if outcome.begun:
                say("    see {}", _shown(root, outcome.run))
            continue
        say("✓ {}", name, fg="green", bold=True, nl=False)
        seconds = f"{outcome.seconds:.1f} s"
        if outcome.job.aside:
            what = "gone" if outcome.job.aside == "gone" else "put aside, and takes no host"
            say(": its machine is {}, {}", what, seconds)
            continue
        if outcome.state is None:
            what = "an older copy of it is gone" if outcome.job.is_copy else "is gone"
            say(": {}, {}", what, seconds)
            _note(outcome)
            continue
        passed = outcome.samples.get("passed")
        samples = f", {count(passed, 'sample')} passed" if passed else ""
        state = outcome.state
        does = f"ended with status {state.exit_status}" if state.has_ended else "runs"
        say(": {} {} {}{}, {}", state.module, state.version, does, samples, seconds)
        _endpoints(outcome.state)
        for kind in outcome.state.private:
            say("    {:5} is private; see `deepcat status {} --private`", kind, name)
        _note(outcome)


def _endpoints(state: State) -> None:
    """Where it is asked, and how what only another machine reaches is come to."""
    from deepcat.host.machine import machine
    from deepcat.loop.askable import out_of_reach

    far = out_of_reach(state, machine())
    for kind, address in state.endpoints.items():
        note = "; that machine alone reaches it" if kind in far else ""
        say("    {:5} {}{}", kind, address, note)
    if far and not state.resources.get("work"):
        say("    to reach it from here: deepcat tunnel {}", plain(state.name))


def rest(root: Path, store: Store, names: Collection[str] | None, *, quiet: bool) -> bool:
    """Put aside the machines that nobody needs now, and say so; gives whether that went well."""
    from deepcat.loop.resting import rest as put_aside

    with progress(quiet) as watcher:
        outcomes = put_aside(root, store, names, say=watcher)
    if not quiet:
        tell(outcomes, root)
    return all(outcome.ok for outcome in outcomes)


def _note(outcome: Outcome) -> None:
    for note in outcome.notes:
        say("    note: {}", note)


def as_json(outcomes: Sequence[Outcome], **more: Any) -> str:
    """How it went, for a program."""
    from deepcat.runs.execute import summary

    data = {**more, "outcomes": [summary(outcome) for outcome in outcomes]}
    return json.dumps(data, indent=2, ensure_ascii=False)


def _state_now(outcome: Outcome) -> str:
    if not outcome.begun:
        return "was not begun"
    if not outcome.is_known:
        return "was begun, and how it ended is not known"
    if outcome.is_kept:
        return "could not be taken away, or not whole"
    before = outcome.job.before
    state = outcome.state
    if before is not None and state is not None and state.endpoints:
        return f"failed; {plain(state.module)} {plain(state.version)} goes on as before"
    if state is not None and state.has_ended and state.resources:
        return "failed; what it has kept stays"
    return "failed; it may be left" if outcome.may_be_left else "failed; nothing of it was left"


def _shown(root: Path, run: str) -> str:
    return f"{(root / '.deepcat' / 'runs' / run).relative_to(root)}"


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Event], None]]:
    """What shows each event of a run: a bar, lines where there is no terminal, or nothing."""
    if quiet:
        yield lambda _: None
    elif redraws():
        with _bar() as say:
            yield say
    else:
        yield _line


def _line(event: Event) -> None:
    if event.kind == "end":
        mark = "ok" if event.ok else "FAILED"
        count = f"[{event.done}/{event.total}] " if event.total else ""
        say("{}{}: {}: {}", count, event.deployment, event.step, mark)


@contextmanager
def _bar() -> Iterator[Callable[[Event], None]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, transient=True, console=Console(no_color=coloured() is False)) as bar:
        task = bar.add_task("begin", total=None)

        def say(event: Event) -> None:
            words = escape(plain(f"{event.deployment}: {event.step}"))
            total = event.total or None
            bar.update(task, description=words, completed=event.done, total=total)
            if event.kind == "end" and not event.ok:
                bar.print(f"[red]✗[/red] {words}")

        yield say
