"""`deepcat ci samples`: the sample predictions of changed modules on the embedded server."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deepcat.cli.ci.shared import (
    base_option,
    changed_files,
    head_option,
    modules_to_try,
    out_option,
    scene,
    span,
    write,
)
from deepcat.cli.context import Context, pass_context
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.catalog.tree import Tree
    from deepcat.catalog.values import Module
    from deepcat.review.values import SampleResult
    from deepcat.serving.client import Client

_PATIENCE_S = 120.0
_ADDRESS = re.compile(r"http://[0-9.]+:[0-9]+")


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
    from deepcat.catalog.tree import git_tree
    from deepcat.forge.git import Git
    from deepcat.review.report import samples_to_json

    git = Git(context.root)
    before, after = span(git, base, head, scene().event)
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
    from deepcat.review.values import SampleResult
    from deepcat.runs.host.failure import StepError
    from deepcat.serving.client import Client
    from deepcat.serving.compare import differences

    passed, failed = 0, {}
    try:
        with _served(tree, module) as address:
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


@contextmanager
def _served(tree: Tree, module: Module) -> Iterator[str]:
    """The address of a server that serves the module's model."""
    from deepcat.runs.host.archive import fetch, saved_model, unpack

    model = module.model
    assert model is not None  # noqa: S101 - the caller's contract
    with tempfile.TemporaryDirectory(prefix="deepcat-samples-") as name:
        folder = Path(name)
        source = model.source
        if model.path:
            source = "archive"
            (folder / source).write_bytes(tree.read(f"{module.path}/{model.path}"))
        fetch(source, model.sha256, folder, folder / "fetched")
        unpack(folder / "fetched", folder / "model")
        where = saved_model(folder / "model")
        argv = [sys.executable, "-m", "deepcat", "serve", "--model", f"{module.name}={where}"]
        log = folder / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*argv, "--rest-port", "0", "--no-grpc", "--poll-seconds", "0"],
                stdout=subprocess.PIPE,
                stderr=sink,
                cwd=folder,
            )
            try:
                yield _address(process, log, module.name)
            finally:
                process.kill()
                process.wait()
                if process.stdout:
                    process.stdout.close()


def _address(process: subprocess.Popen[bytes], log: Path, name: str) -> str:
    """Where the server listens, once the model answers."""
    from deepcat.serving.client import Client

    assert process.stdout  # noqa: S101 - asked for above
    line = process.stdout.readline().decode(errors="replace")
    found = _ADDRESS.search(line)
    if found and _wait(Client(found[0], timeout_s=10), name, process):
        return found[0]
    said = [each for each in log.read_text(errors="replace").splitlines() if each.strip()]
    raise DeepcatError(
        f"the model could not be served: {said[-1][:300] if said else 'no reason was given'}",
        code="review/sample",
    )


def _wait(client: Client, name: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        if client.available(name):
            return True
        time.sleep(0.05)
    return False
