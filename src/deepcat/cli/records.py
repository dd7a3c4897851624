"""`deepcat records`: read, verify and rebuild the records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError, UsageError
from deepcat.plan.render import safe

if TYPE_CHECKING:
    from deepcat.plan.values import State
    from deepcat.records.record import Record
    from deepcat.records.store import Store


@click.group("records")
def command() -> None:
    """Read, verify and rebuild the records, which live on the Git ref `refs/heads/records`."""


@command.command("log")
@click.argument("name", default="")
@click.option("--lines", "-n", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_context
def log(context: Context, name: str, lines: int, as_json: bool) -> None:
    """Show what happened, newest first: to all deployments, or to NAME.

    Of each outcome: who merged it, what ran, how long it took, and what it cost until then.
    """
    from dataclasses import asdict

    from deepcat.records.audit import facts, words

    entries = _store(context).log(name, lines)
    if as_json:
        rows = [asdict(entry) | {"facts": facts(entry.body)} for entry in entries]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for entry in entries:
        click.secho(entry.commit[:10], fg="yellow", nl=False)
        click.echo(f"  {safe(entry.at)}  {safe(entry.author)}  {safe(entry.subject)}")
        if told := words(facts(entry.body)):
            click.echo(f"            {safe(told)}")
    if not entries:
        click.echo(f"Nothing was recorded{f' of `{safe(name)}`' if name else ''} yet.")


@command.command("show")
@click.argument("name")
@pass_context
def show(context: Context, name: str) -> None:
    """Print the record of NAME."""
    from deepcat.records.record import to_text

    store = _store(context)
    record = store.read(name)
    if record is None:
        raise UsageError(f"there is no record of `{name}`", hint="see `deepcat status`")
    click.echo(to_text(record), nl=False)


@command.command("verify")
@pass_context
def verify(context: Context) -> None:
    """Check every record, and look for what runs here without one. Exit status 1 on errors."""
    from deepcat.catalog.findings import has_errors
    from deepcat.records.verify import verify as check

    texts = _store(context).read_texts()
    findings = check(texts, _tagged(context.root))
    for finding in findings:
        click.echo(f"{safe(str(finding.place))}: {finding.severity} [{finding.code}]", nl=False)
        click.echo(f" {safe(finding.message)}")
        click.echo(f"    hint: {safe(finding.hint)}")
    if has_errors(findings):
        raise SystemExit(1)
    click.echo(f"{len(texts)} record{'s' if len(texts) != 1 else ''}, nothing wrong.")


@command.command("rebuild")
@click.option("--all", "everything", is_flag=True, help="Also what can still be read.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def rebuild(context: Context, everything: bool, yes: bool) -> None:
    """Make lost records again from the owner tags on what runs."""
    from deepcat.cli.operations import confirm
    from deepcat.records.verify import rebuilt

    store = _store(context)
    readable = _readable(store)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lost = rebuilt(readable, _tagged(context.root).values(), now, everything=everything)
    if not lost:
        click.echo("Nothing to do: everything that carries a tag has a record.")
        return
    for name, record in lost.items():
        state = record.state
        click.echo(f"+ {safe(name)}: {safe(state.module)} {safe(state.version)}", nl=False)
        click.echo(f" on {safe(state.cloud)}, {state.status}")
    confirm("Write these records?", yes)
    store.replace_all(lost, f"rebuild {len(lost)} record{'s' if len(lost) != 1 else ''} from tags")
    click.echo(f"{len(lost)} written.")


def _store(context: Context) -> Store:
    from deepcat.records.store import Store

    return Store(context.root)


def _readable(store: Store) -> dict[str, Record]:
    from deepcat.records.layout import name_of
    from deepcat.records.record import from_text

    records = {}
    for path, text in store.read_texts().items():
        try:
            records[name_of(path)] = from_text(text, path)
        except DeepcatError:
            continue
    return records


def _tagged(root: Path) -> dict[str, State]:
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.loop.observation import observe

    return observe(root, load(work_tree(root)).clouds).tagged()
