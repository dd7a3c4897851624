"""`deepcat tunnel`: ports of this machine that lead to a deployment."""

from __future__ import annotations

import json
import shlex
import signal
from contextlib import ExitStack
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import deployments
from deepcat.cli.context import PORT, Context, json_option, pass_context
from deepcat.cli.say import say, say_lines, waiting
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from pathlib import Path

    from deepcat.loop.tunnel import Opened

FORMAT = "deepcat-tunnel/v1"
_REST = "rest"
_GRPC = "grpc"
_LOOK_S = 0.5


@click.command("tunnel")
@click.argument("name", shell_complete=deployments)
@click.option("--port", type=PORT, help="Of this machine, for REST; the server's own by default.")
@click.option("--grpc-port", type=PORT, help="Of this machine, for gRPC.")
@json_option
@pass_context
def command(
    context: Context, name: str, port: int | None, grpc_port: int | None, as_json: bool
) -> None:
    """Hold ports of this machine that lead to the deployment NAME, until Ctrl-C.

    They listen on 127.0.0.1 alone. Where the link breaks, or the deployment moves, a new way is
    opened, and who asks meanwhile waits. With `--json` the first line is the whole answer.
    """
    from deepcat.loop.tunnel import tunnel

    wanted = {_REST: port, _GRPC: grpc_port}
    ports = {each: number for each, number in wanted.items() if number is not None}
    is_over = Event()
    with ExitStack() as opening:
        with waiting("opening a way to", name):
            said = partial(say, "{}", err=True)
            held = opening.enter_context(tunnel(context.root, name, ports, said))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: is_over.set())
        _show(context.root, name, held, as_json=as_json)
        while not held.gone.is_set() and not is_over.wait(_LOOK_S):
            pass
    if held.gone.is_set() and not is_over.is_set():
        raise DeepcatError(
            f"`{name}` does not run any more",
            hint=f"see `deepcat status {name}`",
            code="tunnel/gone",
        )


def _show(root: Path, name: str, held: Opened, *, as_json: bool) -> None:
    if as_json:
        data = {
            "format": FORMAT,
            "name": name,
            "endpoints": dict(held.endpoints),
            "models": list(held.models),
        }
        say_lines(json.dumps(data))
        return
    say("{}", name, bold=True, nl=False)
    say(" is reached from here, until Ctrl-C, at")
    for each, address in held.endpoints.items():
        say("    {:5} {}", each, address)
    rest = next((at for each, at in held.endpoints.items() if each.endswith(_REST)), "")
    if rest and held.models:
        say("{}", _curl(root, name, rest, held.models[0]))


def _curl(root: Path, name: str, rest: str, model: str) -> str:
    """A line that asks it: by its module's first sample, where there is a short one."""
    asked, method = _sample(root, name)
    data = f" -d {shlex.quote(json.dumps(asked))}" if asked else ""
    verb = f":{method}" if asked else ""
    return f"    curl{data} {shlex.quote(f'{rest}/v1/models/{model}{verb}')}"


def _sample(root: Path, name: str) -> tuple[dict[str, Any], str]:
    from deepcat.loop.deployments import sample
    from deepcat.loop.known import recorded

    try:
        found = sample(root, recorded(root, name).state, "1")
    except DeepcatError:
        return {}, ""
    request = dict(found.request)
    return (request, found.method) if len(json.dumps(request)) <= 400 else ({}, "")
