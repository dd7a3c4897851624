"""A module's own scripts, planned, compiled and run for real: values arrive, and stay values."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import forked
import pytest

pytestmark = pytest.mark.starts("Ansible")

Build = Callable[[Mapping[str, str | bytes]], Path]
Run = Callable[..., subprocess.CompletedProcess[str]]

HOSTILE = """{{ lookup('pipe', 'touch owned') }} '"$(touch owned)`touch owned`; touch owned"""
MODULE = """\
apiVersion: deepcat/v1
name: chain
version: 1.0.0
title: Chain
summary: Two steps.
description: Two steps.
license: Apache-2.0
categories: [AI4 tools]
libraries: [TensorFlow]
links: {source_code: "https://example.org/chain"}
tags: [chain]
tasks: [Other]
"""
TOPOLOGY = """\
tosca_definitions_version: tosca_simple_yaml_1_3
node_types:
  example.nodes.Step:
    derived_from: tosca.nodes.Root
    attributes:
      made: {type: string}
topology_template:
  inputs:
    text: {type: string}
  node_templates:
    first:
      type: example.nodes.Step
      interfaces:
        Standard:
          operations:
            create:
              implementation: scripts/first.sh
              inputs: {text: {get_input: text}, number: 7, listed: [1, two]}
    second:
      type: example.nodes.Step
      requirements: [{dependency: first}]
      interfaces:
        Standard:
          operations:
            create:
              implementation: scripts/second.sh
              inputs:
                made: {get_attribute: [first, made]}
                said: {get_operation_output: [first, Standard, create, said]}
                joined: {concat: ["<", {get_attribute: [first, made]}, "{{ 1 + 1 }}>"]}
"""
FIRST = """\
#!/bin/sh
printf '%s|%s|%s' "$text" "$number" "$listed" > first.txt
printf 'made=%s\\nsaid={{ 6 * 7 }}\\nno name=x\\n' "$text" > "$DEEPCAT_OUTPUT"
"""
SECOND = """printf '%s|%s|%s' "$made" "$said" "$joined" > second.txt\n"""


WISH = "apiVersion: deepcat/v1\nmodule: chain\n"


def files(first: str = FIRST) -> dict[str, str | bytes]:
    text = json.dumps(HOSTILE)
    return {
        ".gitignore": "/.deepcat/\n",
        "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\nsummary: S.\ncurrency: EUR\n",
        "clouds/local.yaml": "apiVersion: deepcat/v1\nname: local\nkind: local\nprice: 0\n",
        "deployments/chain.yaml": f"{WISH}inputs: {{text: {text}}}\n",
        "modules/chain/README.md": "# Chain\n",
        "modules/chain/module.yaml": MODULE,
        "modules/chain/tosca.yaml": TOPOLOGY,
        "modules/chain/scripts/first.sh": first,
        "modules/chain/scripts/second.sh": SECOND,
    }


@pytest.fixture
def deepcat(tmp_path: Path) -> Iterator[Run]:
    root = tmp_path / "catalog"

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deepcat", "-C", root, *argv]
        return forked.run(command, capture_output=True)

    yield run
    run("destroy", "--all", "--yes")


def test_values_arrive_as_they_are(git_tree_at: Build, deepcat: Run) -> None:
    root = git_tree_at(files())
    done = deepcat("apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    place = root / ".deepcat" / "local" / "chain"
    assert (place / "own" / "first.txt").read_text() == f'{HOSTILE}|7|[1, "two"]'
    assert (place / "own" / "second.txt").read_text() == (
        f"{HOSTILE}|{{{{ 6 * 7 }}}}|<{HOSTILE}{{{{ 1 + 1 }}}}>"
    )
    assert not list(root.parent.rglob("owned"))
    assert deepcat("plan", "-q").stdout.startswith("Plan: nothing to change")


def test_a_script_that_fails_stops_at_once(git_tree_at: Build, deepcat: Run) -> None:
    root = git_tree_at(files("#!/bin/sh\necho no luck >&2\nexit 3\n"))
    done = deepcat("apply", "--yes")
    assert done.returncode == 1
    assert "first: create: `scripts/first.sh` ended with status 3" in done.stdout + done.stderr
    assert not (root / ".deepcat" / "local" / "chain" / "own" / "second.txt").exists()


def test_scripts_in_an_archive_run_too(git_tree_at: Build, deepcat: Run) -> None:
    written = files()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tosca.yaml", str(written.pop("modules/chain/tosca.yaml")))
        for name in ("first.sh", "second.sh"):
            archive.writestr(f"scripts/{name}", written.pop(f"modules/chain/scripts/{name}"))
    written["modules/chain/app.csar"] = packed.getvalue()
    written["modules/chain/module.yaml"] = f"{MODULE}topology: app.csar\n"
    root = git_tree_at(written)
    done = deepcat("apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    place = root / ".deepcat" / "local" / "chain"
    assert (place / "own" / "first.txt").read_text() == f'{HOSTILE}|7|[1, "two"]'
    assert (place / "own" / "second.txt").read_text().startswith(HOSTILE)


def test_scripts_of_a_relationship_alone_run_too(git_tree_at: Build, deepcat: Run) -> None:
    written = files()
    written["modules/chain/tosca.yaml"] = """\
tosca_definitions_version: tosca_simple_yaml_1_3
topology_template:
  inputs: {text: {type: string}}
  node_templates:
    below: {type: tosca.nodes.Root}
    above:
      type: tosca.nodes.Root
      requirements:
        - dependency:
            node: below
            relationship:
              type: tosca.relationships.DependsOn
              interfaces:
                Configure:
                  inputs: {text: {get_input: text}, number: 1, listed: []}
                  post_configure_source: scripts/first.sh
"""
    root = git_tree_at(written)
    done = deepcat("apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    made = root / ".deepcat" / "local" / "chain" / "own" / "first.txt"
    assert made.read_text() == f"{HOSTILE}|1|[]"
