"""A small catalog whose one module brings scripts of its own, so that a run takes little time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import forked
import pytest

MODULE = """\
apiVersion: deepcat/v1
name: tool
version: {version}
title: A tool
summary: Brings scripts of its own to create and delete what it needs.
license: MIT
authors: [{{name: Ada}}]
maintainers: ["@ada"]
categories: ["AI4 tools"]
description: "Writes a file when it comes up, and removes it when it goes."
libraries: ["TensorFlow"]
links: {{source_code: "https://example.org/tool"}}
tags: [tool]
tasks: ["Other"]
"""
TOPOLOGY = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  node_templates:
    {host}: {{type: tosca.nodes.Compute}}
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{{host: {host}}}]
      interfaces:
        Standard:
          create: {{implementation: create.sh, inputs: {{WHERE: "{where}"}}}}
          {more}
          delete: {{implementation: delete.sh, inputs: {{WHERE: "{where}"}}}}
"""
CATALOG = "apiVersion: deepcat/v1\ntitle: T\n"
WISH = "apiVersion: deepcat/v1\nmodule: tool\nprofile: serve\nowner: '@ada'\n"
CLOUD = "apiVersion: deepcat/v1\nname: {0}\nkind: local\nsummary: This machine.\nprice: {1}\n"


@dataclass
class Tool:
    """The catalog, and what a person does with it."""

    root: Path

    def mark(self, name: str) -> Path:
        """What a version of the module makes."""
        return self.root.parent / "marks" / name

    def release(self, version: str, mark: str, *, host: str = "host", more: str = "") -> None:
        """Write a version of the module that makes `mark`."""
        where = self.mark(mark)
        self.write(
            {
                "modules/tool/module.yaml": MODULE.format(version=version),
                "modules/tool/tosca.yaml": TOPOLOGY.format(where=where, host=host, more=more),
            }
        )

    def write(self, files: Mapping[str, str | None]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if text is None else path.write_text(text)

    def commit(self, message: str = "change") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *argv: str) -> str:
        done = subprocess.run(
            ["git", *argv], cwd=self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def deepcat(self, *argv: str, ok: bool | None = True) -> str:
        """Run a command as a person does; `ok` None takes any end that is one."""
        done = self.run("-m", "deepcat", *argv)
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert done.returncode in ((0,) if ok else (1, 2) if ok is False else (0, 1)), said
        return said

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        names = [name for name in os.environ if name.startswith(("GITHUB_", "ACTIONS_"))]
        return forked.run(
            [sys.executable, *argv],
            cwd=self.root,
            env={name: text for name, text in os.environ.items() if name not in names},
            capture_output=True,
        )


@pytest.fixture
def tool(git_tree_at: Callable[[Mapping[str, str | bytes]], Path]) -> Iterator[Tool]:
    """A catalog with the module `tool` 1.0.0, which makes `mark`, and its deployment `demo`."""
    root = git_tree_at(
        {
            ".gitignore": "/.deepcat/\n",
            "deepcat.yaml": CATALOG,
            "clouds/local.yaml": CLOUD.format("local", 0),
            "deployments/demo.yaml": WISH,
            "modules/tool/README.md": "# Tool\n",
            "modules/tool/create.sh": 'rm -f "$WHERE"; echo "$WHERE" > "$WHERE"\n',
            "modules/tool/delete.sh": 'rm "$WHERE"\n',
        }
    )
    made = Tool(root)
    marks = made.mark("mark").parent
    marks.mkdir()
    marks.chmod(0o777)
    made.write({"deepcat.yaml": f"{CATALOG}allowed_folders: {{tool: [{marks}]}}\n"})
    made.release("1.0.0", "mark")
    made.commit("the module")
    try:
        yield made
    finally:
        made.deepcat("destroy", "--all", "--yes", ok=None)
