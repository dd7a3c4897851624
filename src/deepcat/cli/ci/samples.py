"""`deepcat ci samples`: the sample predictions of changed modules on the embedded server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deepcat.cli.ci.shared import (
    base_option,
    head_option,
    out_option,
    span,
    write,
)
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say
from deepcat.forge.choose import scene

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.loop.proposed import Span
    from deepcat.review.values import SampleResult


@click.command("samples")
@base_option
@head_option
@out_option
@pass_context
def command(context: Context, base: str, head: str, out: Path) -> None:
    """Ask every changed module for its samples, each in a box without a network.

    Writes samples.json. Exit status 1 when an answer differs from the expected one, and when this
    machine gives no box: see `deepcat doctor`.
    """
    from deepcat.forge.git import Repository
    from deepcat.review.report import samples_to_json

    asked = span(Repository(context.root), base, head, scene().event)
    results = try_changed(context.root, asked)
    write(out, "samples.json", samples_to_json(asked.commit, results))
    for result in results:
        show(result)
    if not all(result.is_well for result in results):
        raise SystemExit(1)


def show(result: SampleResult) -> None:
    """Print how the samples of one module went."""
    if result.untried:
        say("{} {}: not tried, {}", result.module, result.version, result.untried)
        return
    say("{} {}: {} passed", result.module, result.version, result.passed)
    for sample, why in result.failed.items():
        say("  {}: {}", sample or "model", why)
    if result.form:
        say("  {}", result.form)


def try_changed(root: Path, asked: Span) -> list[SampleResult]:
    """Ask each module that a pull request changes for its samples."""
    from deepcat.catalog.reading.open_tree import git_tree
    from deepcat.catalog.settings import read_settings
    from deepcat.forge.git import Repository
    from deepcat.loop.proposed import changed_files, modules_to_try

    names = modules_to_try(changed_files(Repository(root), asked.base, asked.head))
    settings = read_settings(git_tree(root, asked.tip))
    return try_modules(git_tree(root, asked.head), names, settings)


def try_modules(
    tree: Tree, names: Sequence[str], settings: Mapping[str, Any]
) -> list[SampleResult]:
    """Ask the modules of these names that have a model and samples.

    Args:
        tree: the catalog as it shall be.
        names: of modules.
        settings: `deepcat.yaml` at the tip of the target, whose owners alone may do without a box.
    """
    from deepcat.catalog.load import load
    from deepcat.cli.boxed import try_samples
    from deepcat.host.box.layers import available, lacking
    from deepcat.review.tried import refused

    every = load(tree).modules if names else {}
    modules = [every[name] for name in names if name in every]
    modules = [each for each in modules if each.model and each.samples]
    has_box = not modules or available().suffices
    if not has_box and settings.get("unboxed") is not True:
        return [refused(each, lacking(available())) for each in modules]
    return [try_samples(tree, each, unboxed=not has_box) for each in modules]
