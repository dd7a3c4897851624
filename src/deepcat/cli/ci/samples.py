"""`deepcat ci samples`: the sample predictions of changed modules on the embedded server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.ci.shared import (
    base_option,
    changed_files,
    head_option,
    modules_to_try,
    out_option,
    span,
    write,
)
from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError
from deepcat.forge.choose import scene

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.catalog.values import Module
    from deepcat.review.values import SampleResult


@click.command("samples")
@base_option
@head_option
@out_option
@pass_context
def command(context: Context, base: str, head: str, out: Path) -> None:
    """Ask every changed module for its samples, each on a server of its own.

    Writes samples.json. Exit status 1 when an answer differs from the expected one.
    """
    from deepcat.catalog.load import load
    from deepcat.catalog.reading.open_tree import git_tree
    from deepcat.forge.git import Repository
    from deepcat.review.report import samples_to_json

    git = Repository(context.root)
    before, after, _ = span(git, base, head, scene().event)
    tree = git_tree(context.root, after)
    names = modules_to_try(changed_files(git, before, after))
    modules = load(tree).modules if names else {}
    results = [
        try_module(tree, modules[name])
        for name in names
        if name in modules and modules[name].model and modules[name].samples
    ]
    write(out, "samples.json", samples_to_json(results))
    for result in results:
        click.echo(f"{result.module} {result.version}: {result.passed} passed")
        for sample, why in result.failed.items():
            click.echo(f"  {sample or 'model'}: {why}")
    if any(result.failed for result in results):
        raise SystemExit(1)


def try_module(tree: Tree, module: Module) -> SampleResult:
    """Serve one module's model and hold its answers against its samples."""
    from deepcat.cli.ci.served import served
    from deepcat.host.failure import StepError
    from deepcat.host.model_server.compare import differences
    from deepcat.review.values import SampleResult
    from deepcat.serving.client.rest import Client

    passed, failed = 0, {}
    try:
        with served(tree, module) as address:
            client = Client(address, timeout_s=60)
            for sample in module.samples:
                try:
                    answer = client.call(module.name, sample.method, sample.request)
                except DeepcatError as error:
                    failed[sample.name] = error.message
                    continue
                found = differences(sample.response, answer, sample.tolerance)
                if found:
                    failed[sample.name] = found[0]
                else:
                    passed += 1
    except (StepError, DeepcatError) as error:
        failed[""] = error.message
    return SampleResult(module.name, module.version, passed, failed)
