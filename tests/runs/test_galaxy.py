"""Roles of Ansible Galaxy: really fetched, at their version, and given to a module's script."""

# ruff: noqa: E501 - files in lines
from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import forked
import pytest

from deepcat.errors import DeepcatError
from deepcat.loop.jobs import jobs
from deepcat.loop.world import gather
from deepcat.records.journal import RecordJournal
from deepcat.records.store import Store
from deepcat.runs import ansible
from deepcat.runs.execute import execute
from deepcat.runs.folders import new_run
from deepcat.runs.stage import ROLES
from deepcat.runs.values import Ground
from deepcat.tosca.reading.galaxy import Pinned

pytestmark = pytest.mark.starts("Ansible")

MODULE = """\
apiVersion: deepcat/v1
name: tool
version: 1.0.0
title: A tool
summary: It uses a role.
description: Its script looks at the role that it is given.
categories: [AI4 tools]
license: MIT
authors: [{name: Ada}]
libraries: [TensorFlow]
links: {source_code: "https://example.org/tool"}
tags: [tool]
tasks: [Other]
"""
TOPOLOGY = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [indigo]
topology_template:
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: tosca.nodes.SoftwareComponent
      artifacts: {role: {file: some.greet, type: tosca.artifacts.AnsibleGalaxy.role}}
      requirements: [{host: host}]
      interfaces: {Standard: {create: create.sh}}
"""


@pytest.fixture
def role(tmp_path: Path) -> Pinned:
    """A role in a repository of its own, whose tag is behind its branch."""
    root = tmp_path / "greet"

    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)

    for word in ("hello", "later"):
        (root / "tasks").mkdir(parents=True, exist_ok=True)
        (root / "meta").mkdir(exist_ok=True)
        (root / "meta/main.yml").write_text("dependencies: [some.other]\n")
        (root / "tasks/main.yml").write_text(f"- debug: {{msg: {word}}}\n")
        if word == "hello":
            git("init", "-q", "-b", "main")
        git("add", "-A")
        git("commit", "-qm", word)
        if word == "hello":
            git("tag", "v1.0.0")
    return Pinned("some.greet", f"git+{root.as_uri()}", "v1.0.0")


def test_a_role_is_fetched_at_its_version_and_nothing_besides(tmp_path: Path, role: Pinned) -> None:
    into = tmp_path / "roles"
    ansible.fetch_roles(tmp_path / "call", (role,), into)
    assert [path.name for path in into.iterdir()] == ["some.greet"]
    assert "hello" in (into / "some.greet/tasks/main.yml").read_text()


def test_a_version_that_is_not_there_is_said(tmp_path: Path, role: Pinned) -> None:
    wanted = replace(role, version="v9.0.0")
    with pytest.raises(DeepcatError, match=r"at v9\.0\.0 cannot be fetched") as caught:
        ansible.fetch_roles(tmp_path / "call", (wanted,), tmp_path / "roles")
    assert caught.value.code == "run/galaxy"


def test_a_script_finds_the_role_in_its_box(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path], role: Pinned
) -> None:
    root = git_tree_at(
        {
            ".gitignore": "/.deepcat/\n",
            "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\nallowed_roles: {some.greet: v1.0.0}\n",
            "clouds/local.yaml": "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: S.\nprice: 0\n",
            "deployments/tool.yaml": "apiVersion: deepcat/v1\nmodule: tool\nprofile: serve\nowner: ada\n",
            "modules/tool/README.md": "# Tool\n",
            "modules/tool/module.yaml": MODULE,
            "modules/tool/tosca.yaml": TOPOLOGY,
            "modules/tool/create.sh": "cat $DEEPCAT_ROLES/some.greet/tasks/main.yml >found\n",
        }
    )  # fmt: skip
    gathered = gather(root)
    plan = gathered.plan()
    (change,) = plan.changes
    assert "fetch the Ansible role some.greet at v1.0.0" in change.steps
    (job,) = jobs(plan.changes, gathered)
    assert job.wish
    assert job.wish.roles == (Pinned("some.greet", "some.greet", "v1.0.0"),)
    # The same role, from where this machine reaches it.
    job = replace(job, wish=replace(job.wish, roles=(role,)))
    ground = Ground(
        root, gathered.tree, gathered.commit, gathered.catalog.clouds, RecordJournal(Store(root))
    )
    try:
        (outcome,) = execute((job,), ground, new_run())
        assert outcome.ok, outcome.failures
        found = root / ".deepcat/local/tool/own/found"
        assert found.read_text() == "- debug: {msg: hello}\n"
    finally:
        words = (sys.executable, "-m", "deepcat", "-C", str(root), "destroy", "--all", "--yes")
        forked.run(words, check=True, capture_output=True)


ELSEWHERE = """\
DOCUMENTATION = "name: elsewhere\\nshort_description: This machine as if it were another\\n"
from ansible.plugins.connection.local import Connection as Local


class Connection(Local):
    transport = "elsewhere"
"""


def test_the_roles_are_sent_to_a_host_elsewhere(tmp_path: Path, role: Pinned) -> None:
    folder, files, place = tmp_path / "call", tmp_path / "files", tmp_path / "place"
    (files / "module").mkdir(parents=True)
    (files / "module/create.sh").write_text("cat $DEEPCAT_ROLES/some.greet/tasks/main.yml >found\n")
    place.mkdir()
    ansible.fetch_roles(tmp_path / "galaxy", (role,), files / ROLES)
    node = {"name": "a", "operation": "create", "implementation": "create.sh", "inputs": {}}
    plays = [
        {"hosts": "h", "gather_facts": False, "tasks": [{"deepcat_operation": {"node": node}}]}
    ]
    told = {"deepcat_files": str(files), "deepcat_place": str(place), "deepcat_run": "r"}
    means = {"ansible_connection": "elsewhere", "ansible_python_interpreter": sys.executable}
    ansible.write(folder, plays, {"all": {"hosts": {"h": told | means}}})
    (folder / "connection_plugins").mkdir()
    (folder / "connection_plugins/elsewhere.py").write_text(ELSEWHERE)
    done = ansible.run(folder, lambda _: None, lambda: False)
    assert done.rc == 0, done.output
    assert (place / "own/found").read_text() == "- debug: {msg: hello}\n"
