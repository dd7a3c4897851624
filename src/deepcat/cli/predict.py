"""`deepcat predict`: ask a running deployment for a prediction."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.completing import deployments, samples
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_lines, waiting
from deepcat.errors import DeepcatError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deepcat.catalog.values import Sample
    from deepcat.plan.values import State

    _Body = Mapping[str, Any]
    _Ask = Callable[[_Body, str], dict[str, Any]]
    _Keep = Callable[[str, dict[str, Any], dict[str, Any]], None]

_TOLERANCE = 1e-4
_WRITE = 'write a JSON object, such as {"instances": [1.0]}'


@click.command("predict")
@click.argument("name", shell_complete=deployments)
@click.option(
    "--sample",
    "sample",
    shell_complete=samples,
    help="A sample of the module: its number from 1, or its name.",
)
@click.option(
    "--data",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="A file with a request as REST takes it; - for stdin.",
)
@click.option(
    "--method",
    type=click.Choice(["predict", "classify", "regress"]),
    help="With --data: what to ask.",
)
@click.option("--grpc", "by_grpc", is_flag=True, help="Ask by gRPC instead of REST.")
@click.option(
    "--key",
    "reference",
    metavar="REFERENCE",
    help="Where the key or token lies that is shown, such as env:NAME, file:PATH or"
    " vault:PATH#KEY; by default the variable DEEPCAT_KEY holds it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer alone.")
@click.option(
    "--save-sample",
    "kept_as",
    metavar="NAME",
    help="With --data: make a sample of the module of what was asked and answered.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    help="With --save-sample: the largest difference that counts as equal; 0.0001 by default.",
)
@pass_context
def command(
    context: Context,
    name: str,
    sample: str | None,
    data: str | None,
    method: str | None,
    by_grpc: bool,
    reference: str | None,
    as_json: bool,
    kept_as: str | None,
    tolerance: float | None,
) -> None:
    """Ask the deployment NAME for a prediction.

    A sample's answer is shown beside the expected one; exit status 1 when they differ.
    With --save-sample what was asked and answered becomes a sample in the module's folder: a long
    body is a file by itself, and nothing is written that `deepcat check` would refuse.
    """
    from deepcat.loop.reach import reached
    from deepcat.loop.shown import key_for

    if (sample is None) == (data is None):
        raise UsageError("say what to ask", hint="use `--sample 1`, or `--data FILE`")
    if sample is not None and method is not None:
        raise UsageError("a sample has its own method", hint="leave out `--method`")
    if sample is not None and kept_as is not None:
        raise UsageError("this is a sample already", hint="give a request by `--data FILE`")
    if tolerance is not None and kept_as is None:
        raise UsageError("`--tolerance` is a new sample's", hint="name it by `--save-sample`")
    with ExitStack() as held:
        with waiting("asking", name):
            state = held.enter_context(reached(context.root, name))
        ask = partial(
            _ask, context.root, state, by_grpc=by_grpc, key=key_for(state, reference or "")
        )
        if data is not None:
            keep = None
            if kept_as is not None:
                keep = _keeper(context, state, data, kept_as, tolerance)
            _ask_for(ask, _read(data), method or "predict", keep)
        elif not _ask_sample(ask, context.root, state, sample or "1", quiet=as_json):
            raise SystemExit(1)


def _ask(root: Path, state: State, body: _Body, method: str, **how: Any) -> dict[str, Any]:
    """What it answers, with how to show a key where it lets nobody in without one."""
    from deepcat.loop.deployments import ask
    from deepcat.loop.shown import with_hint

    with waiting("asking", state.name):
        try:
            return ask(root, state, body, method, **how)
        except DeepcatError as error:
            raise with_hint(error) from None


def _ask_for(ask: _Ask, body: dict[str, Any], method: str, keep: _Keep | None) -> None:
    """Ask what a file holds, show the answer, and keep both where that is wished."""
    answer = ask(body, method)
    say_lines(_shown(answer))
    if keep:
        keep(method, body, answer)


def _ask_sample(ask: _Ask, root: Path, state: State, wanted: str, *, quiet: bool) -> bool:
    """Ask what a sample holds; whether the answer is the expected one."""
    from deepcat.loop.deployments import sample

    chosen = sample(root, state, wanted)
    answer = ask(chosen.request, chosen.method)
    if quiet:
        say_lines(_shown(answer))
    return _agree(chosen, answer, quiet=quiet)


def _keeper(context: Context, state: State, data: str, name: str, tolerance: float | None) -> _Keep:
    """What makes a sample of method, request and answer; that it may is seen beforehand."""
    from deepcat.catalog.beginning.sample import NewSample
    from deepcat.loop.sampled import keep_sample, request_inside, require_place

    root = context.root
    require_place(root, state, name)

    def keep(method: str, request: dict[str, Any], answer: dict[str, Any]) -> None:
        file = "" if data == "-" else request_inside(root, state, data)
        most = _TOLERANCE if tolerance is None else tolerance
        new = NewSample(name, method, request, answer, most, file)
        for path in keep_sample(root, state, new):
            say("wrote {}", path, err=True)

    return keep


def _agree(sample: Sample, answer: dict[str, Any], *, quiet: bool) -> bool:
    from deepcat.host.model_server.compare import differences

    found = differences(sample.response, answer, sample.tolerance)
    if not quiet:
        say("asked     {}", _short(dict(sample.request)))
        say("answered  {}", _short(answer))
        say("expected  {}", _short(dict(sample.response)))
        if not found:
            say("The answers agree.", fg="green")
    for line in found:
        say_lines(line, fg="red", err=True)
    return not found


def _read(path: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
        body = json.loads(text)
    except OSError as error:
        raise UsageError(
            f"`{path}` cannot be read: {error.strerror}",
            hint="name a file with a request, or - for stdin",
        ) from None
    except ValueError as error:
        raise UsageError(f"`{path}` is not JSON: {error}", hint=_WRITE) from None
    if not isinstance(body, dict):
        raise UsageError(f"`{path}` holds no JSON object", hint=_WRITE)
    return body


def _shown(answer: dict[str, Any]) -> str:
    return json.dumps(answer, indent=2, ensure_ascii=False)


def _short(value: Any, limit: int = 300) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
