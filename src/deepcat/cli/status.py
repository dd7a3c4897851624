"""`deepcat status`: what runs now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import Context, json_option, pass_context
from deepcat.cli.say import say, say_json
from deepcat.cli.times import when
from deepcat.host.machine import machine
from deepcat.loop.private import private

if TYPE_CHECKING:
    from pathlib import Path

    from deepcat.loop.observed import Sight
    from deepcat.loop.trainings import Seen
    from deepcat.plan.values import State
    from deepcat.records.record import Record

_COLOURS = {
    "running": "green",
    "ended": "green",
    "failed": "red",
    "pending": "yellow",
    "stopping": "yellow",
    "stopped": "yellow",
}
# What became of a machine that nobody needs now.
_ASIDE = {
    "stopped": "its machine is put aside: what lies on it is kept, and it takes no host",
    "gone": "its machine is gone, for what it made is proposed",
}


@click.command("status")
@click.argument("names", nargs=-1, shell_complete=deployments)
@json_option
@click.option(
    "--private", "with_private", is_flag=True, help="Show private addresses, where you may log in."
)
@pass_context
def command(context: Context, names: tuple[str, ...], as_json: bool, with_private: bool) -> None:
    """Show what runs now, from the records and from what this machine really runs."""
    from deepcat.loop.deployments import known
    from deepcat.loop.known import require, wished, with_trials

    found = known(context.root)
    lost = found.drift.without_record
    names = with_trials(names, found.records)
    require(names, {*found.records, *lost, *wished(context.root)})
    chosen = [found.records[name] for name in sorted(found.records) if not names or name in names]
    trained = _trained(context.root, found.records)
    if as_json:
        plain = [_plain(context.root, record, found, with_private) for record in chosen]
        say_json([each | {"trainings": _as_json(trained, each["name"])} for each in plain])
        _show_lost(lost, err=True)
        return
    idle = sorted(set(names).difference(found.records, lost))
    for name in idle:
        say("{}  ", name, bold=True, nl=False)
        say("is wished, and does not run; `deepcat apply {}` brings it up", name)
    if not chosen and not lost and not idle:
        say("Nothing is deployed.")
    for record in chosen:
        gone = _is_gone(context.root, record)
        _show(context.root, record, found, with_private, gone=gone)
        _show_trainings(context.root, record, trained)
    _show_lost(lost)


def _show_lost(names: Sequence[str], err: bool = False) -> None:
    for name in names:
        say("{}  ", name, bold=True, nl=False, err=err)
        say("unknown", fg="red", nl=False, err=err)
        say("  is there, but in no record; `deepcat records rebuild` writes it anew", err=err)


def _trained(root: Path, records: Mapping[str, Record]) -> Seen | None:
    """How trainings go; None where no deployment is one."""
    from deepcat.loop.trainings import followed, trains
    from deepcat.records.clone import open_store

    is_any = any(trains(record.state) for record in records.values())
    return followed(root, open_store(root), records) if is_any else None


def _as_json(trained: Seen | None, name: str) -> list[dict[str, Any]]:
    from deepcat.records.trainings import as_json

    return [as_json(each) for each in trained.of(name)] if trained else []


def _show_trainings(root: Path, record: Record, trained: Seen | None) -> None:
    """How the trainings of its last run go."""
    from deepcat.cli.training_words import show

    if trained is None:
        return
    from deepcat.catalog.reading.open_tree import work_tree
    from deepcat.catalog.settings import read_settings

    currency = str(read_settings(work_tree(root)).get("currency") or "")
    for each in trained.of(record.name, record.state.run):
        show(each, currency)
    if why := trained.untold.get(record.name):
        say("    how its training goes is not known: {}", why)


def _is_gone(root: Path, record: Record) -> bool:
    """Whether its module was taken away, though it is still wished."""
    state = record.state
    wished = (root / "deployments" / f"{state.name}.yaml").is_file()
    return wished and bool(state.endpoints) and not (root / "modules" / state.module).is_dir()


def _show(root: Path, record: Record, found: Sight, with_private: bool, *, gone: bool) -> None:
    state, amiss = record.state, found.drift.amiss(record.name)
    status = _status(record, found)
    say("{}  ", state.name, bold=True, nl=False)
    say("{}", status, fg=_COLOURS.get(status), nl=False)
    say("  {} {}  {}/{}", state.module, state.version, state.cloud, state.shape)
    if state.module_commit:
        say("    the module as of commit {}", state.module_commit[:12])
    if gone:
        say("    the module `{}` is no longer in the catalog; what runs goes on", state.module)
    if record.intent:
        _show_intent(record)
    elif amiss:
        say("    it {}; `deepcat apply` brings it up anew", amiss)
    _show_where(record, found)
    for form in _listed(record, "forms"):
        say("    {}", form)
    for folder in _listed(record, "outputs"):
        say("    what it makes lies in {}", folder)
    known = private(root, state) if with_private else {}
    for name in state.private:
        ask = f"is private; `deepcat status {state.name} --private` tells it on its machine"
        say("    {:5} {}", name, known.get(name, ask))
    for line in _ended(state):
        say("    {}", line)
    for failure in record.failures:
        where = failure.get("cloud", "")
        words = failure.get("message", "")
        say("    the last attempt failed on {}: {}", where, words)
    if state.run:
        say("    by run {}", state.run)
    if record.log:
        say("    its last log is at {}", record.log)
    if state.expires:
        say("    until {}", when(state.expires))


def _status(record: Record, found: Sight) -> str:
    """In one word; a place to develop that was stopped is so, though its place is kept."""
    from deepcat.plan.values import Status

    status = Status.STOPPED if record.name in found.stopped else record.state.status
    return status.value


def _ended(state: State) -> Iterator[str]:
    """What became of a machine that nobody needs now, and how a job ended."""
    if words := _ASIDE.get(str(state.resources.get("aside"))):
        yield words
    if state.has_ended:
        yield f"ended with status {state.exit_status} at {when(state.ended)}"


def _listed(record: Record, what: str) -> list[str]:
    """Of its resources: `forms`, of each model that has two which serves and why; `outputs`, the
    folders of what a job makes.
    """
    found = record.state.resources.get(what)
    return [str(each) for each in found] if isinstance(found, list | tuple) else []


def _show_where(record: Record, found: Sight) -> None:
    """Where it is, and where it is asked; what cannot be reached from here is said."""
    from deepcat.loop.askable import out_of_reach, tunnel

    if (why := found.stopped.get(record.name)) is not None:
        say("    nobody can work there now{}; the work is kept", f": {why}" if why else "")

    if where := found.away.get(record.name):
        say("    is {}: `{}` there tells more", where.words, where.command("status"))
    far = out_of_reach(record.state, machine())
    for kind, address in record.state.endpoints.items():
        note = "; that machine alone reaches it" if kind in far else ""
        say("    {:5} {}{}", kind, address, note)
    if waits := _waits(record, found):
        say("    {}: its address may not answer", waits)
    if record.state.resources.get("work") and where is None:
        say("    to work there: deepcat develop {}", record.name)
    elif far and where is None:
        say("    to reach it from here: deepcat tunnel {}", record.name)
    elif far:
        way = tunnel({name: record.state.endpoints[name] for name in far})
        say("    to reach it from here, open a way to that machine: {}", way)


def _waits(record: Record, found: Sight) -> str:
    """For what its address waits, of one that is found there; empty for nothing."""
    seen = found.drift.seen.get(record.name)
    return seen.waits if seen and record.state.endpoints else ""


def _show_intent(record: Record) -> None:
    intent = record.intent
    words = f"begun: {intent.get('action')}, not finished, by run {intent.get('run')}"
    more = f" ({intent['log']})" if intent.get("log") else ""
    more += "; `deepcat locks` shows who holds it" if intent.get("holder") else ""
    say("    {}{}", words, more)


def _plain(root: Path, record: Record, found: Sight, with_private: bool) -> dict[str, Any]:
    from deepcat.loop.askable import out_of_reach

    state, where = record.state, found.away.get(record.name)
    known = {"private_endpoints": private(root, state)} if with_private else {}
    return known | {
        "name": state.name,
        "status": _status(record, found),
        "module": state.module,
        "version": state.version,
        "commit": state.commit,
        "module_commit": state.module_commit,
        "module_is_gone": _is_gone(root, record),
        "cloud": state.cloud,
        "shape": state.shape,
        "endpoints": dict(state.endpoints),
        "private": list(state.private),
        "away": where.words if where else "",
        "out_of_reach": list(out_of_reach(state, machine())),
        "waits": _waits(record, found),
        "samples": dict(record.samples),
        "forms": _listed(record, "forms"),
        "outputs": _listed(record, "outputs"),
        "owner": state.owner,
        "expires": state.expires,
        "is_job": state.is_job,
        "ended": state.ended,
        "exit_status": state.exit_status,
        "updated": record.updated,
        "run": state.run,
        "log": record.log,
        "intent": dict(record.intent),
        "failures": [dict(failure) for failure in record.failures],
    }
