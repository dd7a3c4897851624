"""`deepcat locks`: what is being worked on, by whom; and release what is stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deepcat.cli.completing import locked
from deepcat.cli.context import Context, json_option, pass_context, remote_option
from deepcat.cli.say import say, say_json
from deepcat.errors import UsageError
from deepcat.plain import plain

if TYPE_CHECKING:
    from deepcat.records.locks import Lock
    from deepcat.records.store import Store


@click.group("locks", invoke_without_command=True)
@json_option
@remote_option
@click.pass_context
def command(ctx: click.Context, as_json: bool, remote: str) -> None:
    """Show which deployments are being worked on, by whom, since when, and whether they live.

    Of a process on another machine one look cannot tell whether it lives: it gives a sign of life
    now and then, and who wants the lock waits for one.
    """
    if ctx.invoked_subcommand:
        return
    from dataclasses import asdict

    from deepcat.records.locks import locks

    context = ctx.find_object(Context)
    assert context is not None  # noqa: S101 - the group above has made it
    store = _store(context, remote)
    held = locks(store.read_all(), lambda name: _written(store, name))
    if as_json:
        say_json([asdict(each) for each in held])
        return
    for each in held:
        _show(each)
    if not held:
        say("Nothing is locked.")


@command.command("release")
@click.argument("name", shell_complete=locked)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also when its holder lives, or may live.")
@remote_option
@pass_context
def release(context: Context, name: str, yes: bool, force: bool, remote: str) -> None:
    """Take the lock on NAME from its holder, so that the next run may begin at once.

    What was begun stays noted: the next `deepcat apply` finishes it or takes it away. Refused while
    the holder lives; one on another machine is watched for a sign of life for as long as its lease
    holds.
    """
    from deepcat.cli.operations import confirm
    from deepcat.records.lease import Lease
    from deepcat.records.locks import locks, release_message

    store = _store(context, remote, to_act=True)
    record = store.read(name)
    if record is None or not record.intent.get("holder"):
        known = ", ".join(each.deployment for each in locks(store.read_all()) if each.holder)
        raise UsageError(
            f"`{name}` is not locked",
            hint=f"locked are: {known}" if known else "no deployment is locked",
        )
    _show(locks({name: record}, lambda name: _written(store, name))[0])
    confirm(f"Release the lock on `{plain(name)}`?", yes)
    lease = Lease(store)
    lease.release(name, lambda held: release_message(held, forced=force), force=force)
    say("{}: released. `deepcat apply` finishes what was begun, or undoes it.", name)


def _store(context: Context, remote: str, *, to_act: bool = False) -> Store:
    from deepcat.records.clone import open_store

    return open_store(context.root, remote, to_act=to_act)


def _written(store: Store, name: str) -> str:
    """When a deployment's record was last written: the last sign of life of who works on it."""
    return next((entry.at for entry in store.log(name, 1)), "")


def _show(lock: Lock) -> None:
    say("{}", lock.deployment, bold=True, nl=False)
    say("  {} by run {}, since {}", lock.action, lock.run, lock.since)
    say("    {}", _holder(lock))


def _holder(lock: Lock) -> str:
    if not lock.holder:
        return "nobody holds it any more; `deepcat apply` goes on"
    machine, pid, _ = lock.holder.split(":", 2)
    if lock.is_here:
        return f"process {pid} on this machine, which {'lives' if lock.lives else 'has ended'}"
    sign = f"; its last sign of life was at {plain(lock.seen)}" if lock.seen else ""
    until = f", and others may take over at {plain(lock.until)}" if lock.until else ""
    return f"process {pid} on another machine ({plain(machine)}){sign}{until}"
