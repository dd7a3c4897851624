"""`deepcat export`: a module's metadata in another catalog's format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from deepcat.catalog.converting.ai4os import export
from deepcat.catalog.converting.disk import write_file
from deepcat.catalog.converting.dump import dump
from deepcat.catalog.load import load
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.wording import unknown
from deepcat.cli.completing import modules
from deepcat.cli.context import Context, pass_context
from deepcat.cli.say import say, say_document
from deepcat.errors import DeepcatError


@click.command("export")
@click.argument("name", metavar="NAME", shell_complete=modules)
@click.option("--to", "target", type=click.Choice(["ai4os"]), required=True, help="The format.")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of the terminal.",
)
@click.option("--json", "as_data", is_flag=True, help="Write JSON instead of YAML.")
@click.option("--force", is_flag=True, help="Replace the file if it is there already.")
@pass_context
def command(
    context: Context, name: str, target: str, output: Path | None, as_data: bool, force: bool
) -> None:
    """Write the metadata of the module NAME in another format.

    `ai4os` is AI4OS metadata 2.3.0. What it has no field for stands under x-deepcat, so that
    `deepcat import` gives the same module back.
    """
    del target  # there is one so far
    module = _module(context.root, name)
    if "source_code" not in module["links"]:
        raise DeepcatError(
            f"the module `{name}` names no repository of its code, which AI4OS asks for",
            hint=f"add `source_code` to the links in modules/{name}/module.yaml",
            code="export/source",
        )
    data = export(module)
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n" if as_data else dump(data)
    if output is None:
        say_document(text)
    else:
        write_file(output, text, force=force)
        say("Wrote {}.", output)


def _module(root: Path, name: str) -> Mapping[str, Any]:
    catalog = load(work_tree(root))
    if name in catalog.modules:
        return catalog.modules[name].data
    if any(finding.place.path.startswith(f"modules/{name}/") for finding in catalog.findings):
        raise DeepcatError(
            f"the module `{name}` has errors", hint=f"see `deepcat check modules/{name}`"
        )
    raise unknown("module", name, catalog.modules)
