"""`deepcat status`: what runs now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.context import Context, pass_context
from deepcat.loop.private import private
from deepcat.plan.render import safe

if TYPE_CHECKING:
    from pathlib import Path

    from deepcat.records.record import Record

_COLOURS = {
    "running": "green",
    "ended": "green",
    "failed": "red",
    "pending": "yellow",
    "stopping": "yellow",
}


@click.command("status")
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--private", "with_private", is_flag=True, help="Show private addresses, on their own machine."
)
@pass_context
def command(context: Context, names: tuple[str, ...], as_json: bool, with_private: bool) -> None:
    """Show what runs now, from the records and from what this machine really runs."""
    from deepcat.loop.deployments import known
    from deepcat.loop.known import require

    found = known(context.root)
    require(names, {*found, *_wished(context.root)})
    chosen = [seen for name, (_, seen) in found.items() if not names or name in names]
    if as_json:
        click.echo(json.dumps([_plain(record, with_private) for record in chosen], indent=2))
        return
    if not chosen:
        click.echo("Nothing is deployed.")
    for record in chosen:
        _show(record, found[record.name][0], with_private)


def _wished(root: Path) -> list[str]:
    return [path.stem for path in (root / "deployments").glob("*.yaml")]


def _show(record: Record, recorded: Record, with_private: bool) -> None:
    state = record.state
    status = state.status.value
    click.secho(f"{safe(state.name)}  ", bold=True, nl=False)
    click.secho(status, fg=_COLOURS.get(status), nl=False)
    click.echo(
        f"  {safe(state.module)} {safe(state.version)}  {safe(state.cloud)}/{safe(state.shape)}"
    )
    if record.intent:
        click.echo(f"    begun: {safe(str(record.intent.get('action')))}, not finished")
    elif state.status != recorded.state.status:
        click.echo("    it should run, but it does not; `deepcat apply` brings it up again")
    for kind, address in state.endpoints.items():
        click.echo(f"    {kind:5} {safe(address)}")
    known = private(state) if with_private else {}
    for name in state.private:
        ask = f"is private; `deepcat status {safe(state.name)} --private` tells it on its machine"
        click.echo(f"    {safe(name):5} {safe(known[name]) if name in known else ask}")
    if state.has_ended:
        click.echo(f"    ended with status {state.exit_status} at {safe(state.ended)}")
    for failure in record.failures:
        where = safe(str(failure.get("cloud", "")))
        words = safe(str(failure.get("message", "")))
        click.echo(f"    the last attempt failed on {where}: {words}")
    if state.expires:
        click.echo(f"    until {safe(state.expires)}")


def _plain(record: Record, with_private: bool) -> dict[str, Any]:
    state = record.state
    known = {"private_endpoints": private(state)} if with_private else {}
    return known | {
        "name": state.name,
        "status": state.status.value,
        "module": state.module,
        "version": state.version,
        "cloud": state.cloud,
        "shape": state.shape,
        "endpoints": dict(state.endpoints),
        "private": list(state.private),
        "samples": dict(record.samples),
        "owner": state.owner,
        "expires": state.expires,
        "is_job": state.is_job,
        "ended": state.ended,
        "exit_status": state.exit_status,
        "updated": record.updated,
        "run": state.run,
        "intent": dict(record.intent),
        "failures": [dict(failure) for failure in record.failures],
    }
