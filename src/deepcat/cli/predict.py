"""`deepcat predict`: ask a running deployment for a prediction."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.context import Context, pass_context
from deepcat.errors import UsageError

if TYPE_CHECKING:
    from deepcat.catalog.values import Sample

_WRITE = 'write a JSON object, such as {"instances": [1.0]}'


@click.command("predict")
@click.argument("name")
@click.option("--sample", "sample", help="A sample of the module: its number from 1, or its name.")
@click.option("--data", metavar="FILE", help="A file with a request as REST takes it; - for stdin.")
@click.option(
    "--method",
    type=click.Choice(["predict", "classify", "regress"]),
    help="With --data: what to ask.",
)
@click.option("--grpc", "by_grpc", is_flag=True, help="Ask by gRPC instead of REST.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer alone.")
@pass_context
def command(
    context: Context,
    name: str,
    sample: str | None,
    data: str | None,
    method: str | None,
    by_grpc: bool,
    as_json: bool,
) -> None:
    """Ask the deployment NAME for a prediction.

    A sample's answer is shown beside the expected one; exit status 1 when they differ.
    """
    from deepcat.loop.deployments import ask, running
    from deepcat.loop.deployments import sample as find_sample

    if (sample is None) == (data is None):
        raise UsageError("say what to ask", hint="use `--sample 1`, or `--data FILE`")
    if sample is not None and method is not None:
        raise UsageError("a sample has its own method", hint="leave out `--method`")
    state = running(context.root, name)
    if data is not None:
        body = _read(data)
        answer = ask(state, body, method or "predict", by_grpc=by_grpc)
        click.echo(_shown(answer))
        return
    chosen = find_sample(context.root, state, sample or "1")
    answer = ask(state, chosen.request, chosen.method, by_grpc=by_grpc)
    if as_json:
        click.echo(_shown(answer))
    if not _agree(chosen, answer, quiet=as_json):
        raise SystemExit(1)


def _agree(sample: Sample, answer: dict[str, Any], *, quiet: bool) -> bool:
    from deepcat.host.model_server.compare import differences

    found = differences(sample.response, answer, sample.tolerance)
    if not quiet:
        click.echo(f"asked     {_short(dict(sample.request))}")
        click.echo(f"answered  {_short(answer)}")
        click.echo(f"expected  {_short(dict(sample.response))}")
        if not found:
            click.secho("The answers agree.", fg="green")
    for line in found:
        click.secho(line, fg="red", err=True)
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
