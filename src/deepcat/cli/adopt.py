"""`deepcat adopt`: take what runs already into the records, without touching it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from deepcat.catalog.wording import count
from deepcat.cli.completing import cloud_names, deployments
from deepcat.cli.context import Context, json_option, pass_context, remote_option
from deepcat.cli.say import say, say_json
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.loop.adopt import Adoption


@click.command("adopt")
@click.argument("name", shell_complete=deployments)
@click.option("--address", default="", help="Of a model server's REST interface that runs already.")
@click.option(
    "--cloud",
    default="",
    shell_complete=cloud_names,
    help="Where that server runs; the plan's choice if not given.",
)
@click.option("--shape", default="", help="Of its host, as the cloud names it.")
@click.option("--dry-run", is_flag=True, help="Say what would be recorded; record nothing.")
@json_option
@remote_option
@pass_context
def command(
    context: Context,
    name: str,
    address: str,
    cloud: str,
    shape: str,
    dry_run: bool,
    as_json: bool,
    remote: str,
) -> None:
    """Take what runs already as the deployment NAME into the records, without restarting it.

    Without an address: what lies on a cloud with the catalog's owner tag and no record. With one: a
    TensorFlow Serving endpoint that answers all samples of the module that deployments/NAME.yaml
    names. deepcat shows it, and asks it for predictions; it never ends it.
    """
    from deepcat.loop.adopt import by_address, by_tag, write
    from deepcat.records.clone import open_store

    if not address and (cloud or shape):
        raise UsageError(
            "where it runs is known from its owner tag",
            hint="leave `--cloud` and `--shape` out, or name a server by `--address`",
        )
    root = context.root
    store = open_store(root, remote, to_act=not dry_run)
    if address:
        adoption = by_address(root, name, address, store, cloud, shape)
    else:
        adoption = by_tag(root, name, store)
    if not dry_run:
        write(root, store, adoption)
    if as_json:
        say_json(_as_data(adoption, dry_run))
        return
    _tell(adoption, dry_run)


def _tell(adoption: Adoption, dry_run: bool) -> None:
    record = adoption.record
    state = record.state
    does = "would be adopted" if dry_run else "is adopted"
    say("{}: {} {} {} {}", record.name, state.module, state.version, does, adoption.found)
    passed = record.samples.get("passed", 0)
    say("    on {}/{}, {} passed", state.cloud, state.shape, count(passed, "sample"))
    for kind, where in state.endpoints.items():
        say("    {} {}", f"{kind:5}", where)


def _as_data(adoption: Adoption, dry_run: bool) -> dict[str, Any]:
    state = adoption.record.state
    return {
        "name": state.name,
        "module": state.module,
        "version": state.version,
        "cloud": state.cloud,
        "shape": state.shape,
        "endpoints": dict(state.endpoints),
        "samples": dict(adoption.record.samples),
        "found": adoption.found,
        "recorded": not dry_run,
    }
