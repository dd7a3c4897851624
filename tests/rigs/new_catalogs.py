"""`deepcat new` as tests call it, and what the check says of what it wrote."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from deepcat.catalog.check import examine
from deepcat.catalog.reading.open_tree import work_tree
from deepcat.cli.main import cli
from deepcat.loop.templates import topologies


def run(directory: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(directory), "new", *arguments])


def findings(root: Path) -> list[str]:
    """Everything that the check has to say, hints too."""
    return [str(finding) for finding in examine(work_tree(root), topologies()).findings]


def codes(root: Path) -> set[str]:
    found = examine(work_tree(root), topologies()).findings
    return {finding.code for finding in found if finding.is_error}
