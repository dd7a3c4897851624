"""`deepcat records`: read, verify and rebuild the records."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.catalog.wording import count
from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.records_export import export
from deepcat.cli.say import say, say_document, say_json, say_line, say_lines
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.plan.values import State
    from deepcat.records.record import Record
    from deepcat.records.store import Store


@click.group("records")
def command() -> None:
    """Read, verify and rebuild the records, which live on the Git ref `refs/heads/records`."""


@command.command("log")
@click.argument("name", default="", shell_complete=deployments)
@click.option("--lines", "-n", type=click.IntRange(min=1), default=20, show_default=True)
@json_option
@pass_context
def log(context: Context, name: str, lines: int, as_json: bool) -> None:
    """Show what happened, newest first: to all deployments, or to NAME.

    Of each outcome: who merged it, what ran, how long it took, and what it cost until then.
    """
    from dataclasses import asdict

    from deepcat.loop.known import recorded
    from deepcat.records.audit import facts, words

    entries = _store(context).log(name, lines)
    if name and not entries:
        recorded(context.root, name)
    if as_json:
        rows = [asdict(entry) | {"facts": facts(entry.body)} for entry in entries]
        say_json(rows)
        return
    for entry in entries:
        say("{}", entry.commit[:10], fg="yellow", nl=False)
        say("  {}  {}  {}", entry.at, entry.author, entry.subject)
        if told := words(facts(entry.body)):
            say("            {}", told)
    if not entries:
        say("Nothing was recorded{} yet.", f" of `{name}`" if name else "")


command.add_command(export)


@command.command("show")
@click.argument("name", shell_complete=deployments)
@json_option
@pass_context
def show(context: Context, name: str, as_json: bool) -> None:
    """Print the record of NAME."""
    from deepcat.loop.known import recorded
    from deepcat.records.record import parse, to_text

    record = recorded(context.root, name)
    text = to_text(record)
    if as_json:
        say_json(parse(text, name))
    else:
        say_document(text)


@command.command("verify")
@json_option
@pass_context
def verify(context: Context, as_json: bool) -> None:
    """Check every record, and look for what runs here without one. Exit status 1 on errors."""
    from deepcat.catalog.findings import has_errors
    from deepcat.catalog.judging.report import as_json as reported
    from deepcat.records.clone import chosen
    from deepcat.records.layout import TRAININGS
    from deepcat.records.verify import verify as check
    from deepcat.records.verify import verify_trainings

    store = _store(context)
    texts = store.read_texts()
    doubt = store.doubt()
    trained = verify_trainings(store.read_texts(TRAININGS))
    findings = (*doubt, *check(texts, _tagged(context.root)), *trained)
    if as_json:
        say_lines(reported(findings))
        raise SystemExit(1 if has_errors(findings) else 0)
    for finding in findings:
        say("{}: {} [{}]", str(finding.place), finding.severity, finding.code, nl=False)
        say(" {}", finding.message)
        say("    hint: {}", finding.hint)
    if has_errors(findings):
        raise SystemExit(1)
    say("{}, nothing wrong.", count(len(texts), "record"))
    if words := chosen(context.root).words:
        say("note: {}", words)
    if not store.trust.allowed:
        say("Nothing proves who wrote them: `deepcat.yaml` names no `signers`.")


@command.command("rebuild")
@click.option("--all", "everything", is_flag=True, help="Also what can still be read.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def rebuild(context: Context, everything: bool, yes: bool) -> None:
    """Make lost records again from the owner tags on what runs."""
    from deepcat.cli.operations import confirm
    from deepcat.records.verify import rebuilt

    store = _store(context, to_act=True)
    readable = _readable(store)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    lost = rebuilt(readable, _tagged(context.root).values(), now, everything=everything)
    if not lost:
        say("Nothing to do: everything that carries a tag has a record.")
        return
    for name, record in lost.items():
        state = record.state
        say("+ {}: {} {}", name, state.module, state.version, nl=False)
        say(" on {}, {}", state.cloud, state.status)
    confirm("Write these records?", yes)
    store.replace_all(lost, f"rebuild {count(len(lost), 'record')} from tags")
    say("{} written.", count(len(lost), "record"))


@command.command("repair")
@click.option("--as-is", is_flag=True, help="Take what is there, though newer records were seen.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def repair(context: Context, as_is: bool, yes: bool) -> None:
    """Go back to the newest records that can be believed; what was there is kept apart."""
    from deepcat.cli.operations import confirm
    from deepcat.records.repair import repair as mend

    question = "Take the records as they are?" if as_is else "Go back to what can be believed?"
    confirm(question, yes)
    done = mend(context.root, as_is=as_is)
    for sentence in done:
        say_line(sentence)
    if not done:
        say("Nothing to do: the records can be believed.")


@command.command("forget")
@click.argument("name", shell_complete=deployments)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def forget(context: Context, name: str, yes: bool) -> None:
    """Take the record of NAME away, though nobody takes down what it is of.

    For what another machine ran that is no more. Should that come back, what runs there is without
    a record: `deepcat adopt` takes it up again, a watch there sweeps it.
    """
    from deepcat.cli.operations import confirm
    from deepcat.loop.deployments import require_away
    from deepcat.loop.known import recorded

    store = _store(context, to_act=True)
    record = store.read(name) or recorded(context.root, name)
    where = require_away(context.root, record)
    confirm(f"`{name}` is {where.words}. Is that no more, and may it be forgotten?", yes)
    message = f"{name}: is forgotten, since it was {where.words}, which is no more"
    store.update(name, lambda now: None if now == record else now, message)
    say("{}: forgotten.", name)


@command.command("sign")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_context
def sign(context: Context, yes: bool) -> None:
    """Vouch for all records until now by this machine's key: to begin, and to change keys."""
    from deepcat.cli.operations import confirm

    confirm("Look at `deepcat records log` first. Sign for all that is there?", yes)
    say("Signed: {}", _store(context, to_act=True).vouch())


def _store(context: Context, *, to_act: bool = False) -> Store:
    from deepcat.records.clone import open_store

    return open_store(context.root, to_act=to_act)


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
