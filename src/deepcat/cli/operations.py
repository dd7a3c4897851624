"""What `apply` and `destroy` share: ask, carry out with progress, tell how it went."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.errors import UsageError
from deepcat.plan.render import safe

if TYPE_CHECKING:
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
        name = safe(outcome.job.name)
        if not outcome.ok:
            click.secho(f"✗ {name}", fg="red", bold=True, nl=False)
            click.echo(f": {_state_now(outcome)}")
            for failure in outcome.failures:
                where = f"{safe(failure.cloud)}: " if failure.cloud else ""
                click.echo(f"    {where}[{failure.code}] {safe(failure.message)}")
                if failure.hint:
                    click.echo(f"    hint: {safe(failure.hint)}")
            _note(outcome)
            if outcome.begun:
                click.echo(f"    see {_shown(root, outcome.run)}")
            continue
        click.secho(f"✓ {name}", fg="green", bold=True, nl=False)
        seconds = f"{outcome.seconds:.1f} s"
        if outcome.state is None:
            click.echo(f": is gone, {seconds}")
            _note(outcome)
            continue
        passed = outcome.samples.get("passed")
        samples = f", {passed} sample{'s' if passed != 1 else ''} passed" if passed else ""
        click.echo(f": {outcome.state.module} {outcome.state.version} runs{samples}, {seconds}")
        for kind, address in outcome.state.endpoints.items():
            click.echo(f"    {kind:5} {safe(address)}")
        for kind in outcome.state.private:
            click.echo(f"    {kind:5} is private; see `deepcat status {name} --private`")
        _note(outcome)


def _note(outcome: Outcome) -> None:
    for note in outcome.notes:
        click.echo(f"    note: {safe(note)}")


def as_json(outcomes: Sequence[Outcome], **more: Any) -> str:
    """How it went, for a program."""
    from deepcat.runs.execute import summary

    data = {**more, "outcomes": [summary(outcome) for outcome in outcomes]}
    return json.dumps(data, indent=2, ensure_ascii=False)


def _state_now(outcome: Outcome) -> str:
    if not outcome.begun:
        return "was not begun"
    before = outcome.job.before
    state = outcome.state
    if before is not None and state is not None and state.endpoints:
        return f"failed; {safe(state.module)} {safe(state.version)} goes on as before"
    return "failed; nothing of it was left"


def _shown(root: Path, run: str) -> str:
    return f"{(root / '.deepcat' / 'runs' / run).relative_to(root)}"


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[Event], None]]:
    """What shows each event of a run: a bar, lines where there is no terminal, or nothing."""
    if quiet:
        yield lambda _: None
    elif sys.stdout.isatty():
        with _bar() as say:
            yield say
    else:
        yield _line


def _line(event: Event) -> None:
    if event.kind == "end":
        mark = "ok" if event.ok else "FAILED"
        count = f"[{event.done}/{event.total}] " if event.total else ""
        click.echo(f"{count}{safe(event.deployment)}: {safe(event.step)}: {mark}")


@contextmanager
def _bar() -> Iterator[Callable[[Event], None]]:
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("begin", total=None)

        def say(event: Event) -> None:
            words = escape(safe(f"{event.deployment}: {event.step}"))
            total = event.total or None
            bar.update(task, description=words, completed=event.done, total=total)
            if event.kind == "end" and not event.ok:
                bar.print(f"[red]✗[/red] {words}")

        yield say
