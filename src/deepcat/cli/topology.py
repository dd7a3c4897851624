"""`deepcat topology`: a TOSCA template as a tree, as JSON or as a picture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from deepcat.catalog.findings import Finding, Severity, has_errors
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.wording import unknown
from deepcat.cli.completing import inputs_of, modules_and_files, modules_in
from deepcat.cli.context import MARKER, Context, pass_context
from deepcat.cli.forms import forms
from deepcat.cli.say import say, say_document
from deepcat.errors import DeepcatError, UsageError
from deepcat.tosca.topology import Topology


@click.command()
@click.argument("template", metavar="MODULE|FILE", shell_complete=modules_and_files)
@click.option(
    "-i",
    "--input",
    "inputs",
    metavar="NAME=VALUE",
    multiple=True,
    shell_complete=inputs_of,
    help="Give an input; may stand more than once. Lists and mappings are written as in YAML.",
)
@forms(
    json="Print the normal form as JSON.",
    svg="Print a picture as SVG.",
    mermaid="Print a Mermaid flow chart.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file."
)
@pass_context
def command(
    context: Context, template: str, inputs: tuple[str, ...], form: str | None, output: Path | None
) -> None:
    """Show a TOSCA template: a module's by name, or any file, also a CSAR archive.

    Inputs that are not given and have no default are shown by name.
    """
    from deepcat.tosca.load import load_topology

    tree, path = find(context, template)
    topology, findings = load_topology(tree, path, given(inputs), complete=False)
    show(findings)
    if topology is None or has_errors(findings):
        raise DeepcatError(f"`{template}` is not a topology that can be shown", code="topology")
    text = render(topology, form or "tree")
    if output is None:
        say_document(text)
    else:
        output.write_text(text, encoding="utf-8")


def find(context: Context, template: str) -> tuple[Tree, str]:
    """The tree and the path in it that a module's name or a file's path means.

    Raises:
        UsageError: there is no such module or file.
    """
    start = context.directory.resolve()
    root = next((folder for folder in (start, *start.parents) if (folder / MARKER).is_file()), None)
    if root is not None and "/" not in template and (root / "modules" / template).is_dir():
        return work_tree(root), f"modules/{template}/{_declared(root / 'modules' / template)}"
    file = Path(template) if Path(template).is_absolute() else context.directory / template
    if file.is_dir():
        file /= _declared(file)
    if not file.is_file():
        names = modules_in(root) if root is not None else ()
        raise unknown("module or file", template, names)
    file = file.resolve()
    if root is not None and file.is_relative_to(root):
        return work_tree(root), file.relative_to(root).as_posix()
    return work_tree(file.parent), file.name


def _declared(folder: Path) -> str:
    """The template that a module's own file names, else the usual one."""
    from deepcat.catalog.reading.parse import read_bytes

    usual = "tosca.yaml"
    described = folder / "module.yaml"
    if not described.is_file():
        return usual
    document, _ = read_bytes(described.read_bytes(), "module.yaml")
    named = document.data.get("topology") if document and isinstance(document.data, dict) else None
    return named if isinstance(named, str) and ".." not in Path(named).parts else usual


def given(pairs: Iterable[str]) -> dict[str, Any]:
    """Inputs from the command line: text, or what YAML makes of a list or mapping.

    Raises:
        UsageError: a pair has no `=`, or no name, or a name stands twice.
    """
    from deepcat.catalog.reading.parse import read_yaml
    from deepcat.catalog.reading.profile import TOSCA

    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name or name in values:
            raise UsageError(f"`{pair}` is not an input", hint="write each once, as `NAME=VALUE`")
        document, findings = read_yaml(text, "--input", TOSCA)
        data = document.data if document and not findings else text
        values[name] = data if isinstance(data, (list, dict)) else text
    return values


def render(topology: Topology, form: str) -> str:
    """The topology in one of the four forms."""
    from deepcat.tosca.drawing import draw
    from deepcat.tosca.workloads.derive import workloads
    from deepcat.tosca.writing import normal

    if form == "svg":
        return draw.svg(topology)
    if form == "mermaid":
        return draw.mermaid(topology)
    runs = workloads(topology)
    if form == "tree":
        return draw.tree(topology, runs)
    data: Mapping[str, Any] = {
        **normal.to_json(topology),
        "workloads": [normal.workload_json(workload) for workload in runs],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def show(findings: Iterable[Finding]) -> None:
    """Print findings to the error stream, one block each."""
    for finding in findings:
        colour = "red" if finding.severity is Severity.ERROR else "yellow"
        say("{}: ", finding.place, nl=False, err=True)
        say("{}", finding.severity, nl=False, err=True, fg=colour, bold=True)
        say(" [{}]: {}", finding.code, finding.message, err=True)
        if finding.hint:
            say("  hint", nl=False, err=True, fg="cyan")
            say(": {}", finding.hint, err=True)
