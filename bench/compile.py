"""A topology of ten dependent nodes on this machine: xOpera and deepcat, side by side.

    python bench/compile.py [TIMES]

Each node has two operations, create and start, each one line of shell; create is told what the node
before it made, by `get_attribute`. Both get the same template, but for the file that an operation
names: xOpera takes playbooks, deepcat scripts. xOpera gets an environment of its own under
`.deepcat/bench`, with the ansible-core that deepcat runs on. What is timed is the whole command,
from the template to the last node: `opera deploy` and `deepcat apply --yes`.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NODES = 10
TYPES = """\
tosca_definitions_version: tosca_simple_yaml_1_3
node_types:
  example.nodes.Step:
    derived_from: tosca.nodes.SoftwareComponent
    properties:
      number: { type: integer }
      before: { type: string }
    attributes:
      made: { type: string }
    requirements:
      - previous:
          capability: tosca.capabilities.Node
          node: example.nodes.Step
          relationship: tosca.relationships.DependsOn
          occurrences: [0, 1]
    interfaces:
      Standard:
        type: tosca.interfaces.node.lifecycle.Standard
        inputs:
          number: { type: integer }
          before: { type: string }
        operations:
          create: operations/create.SUFFIX
          start: operations/start.SUFFIX
topology_template:
  node_templates:
    workstation:
      type: tosca.nodes.Compute
      attributes: { private_address: localhost, public_address: localhost }
"""
PLAYBOOK = """\
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.shell: {shell}
      environment: {{ number: "{{{{ number }}}}", before: "{{{{ before }}}}" }}
      register: done
    - ansible.builtin.set_stats: {{ data: {{ {stats} }} }}
"""
CATALOG = {
    "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: Bench\nsummary: Bench.\ncurrency: EUR\n",
    "clouds/local.yaml": "apiVersion: deepcat/v1\nname: local\nkind: local\nprice: 0\n",
    "deployments/chain.yaml": "apiVersion: deepcat/v1\nmodule: chain\nowner: ada\n",
    "modules/chain/README.md": "# Ten steps\n",
    "modules/chain/module.yaml": """\
apiVersion: deepcat/v1
name: chain
version: 1.0.0
title: Ten steps
summary: Ten steps that depend on each other.
description: Ten steps that depend on each other.
license: Apache-2.0
categories: [AI4 tools]
libraries: [TensorFlow]
links: { source_code: "https://example.org/chain" }
tags: [chain]
tasks: [Other]
""",
    ".gitignore": "/.deepcat/\n",
}


def template(suffix: str) -> str:
    """The topology, with operations in files of one kind."""
    lines = [TYPES.replace("SUFFIX", suffix)]
    for number in range(NODES):
        before = "{ get_attribute: [SELF, previous, made] }" if number else "none"
        lines.append(
            f"    step{number}:\n      type: example.nodes.Step\n"
            f"      properties: {{ number: {number}, before: {before} }}\n"
            "      interfaces:\n        Standard:\n          inputs:\n"
            "            number: { get_property: [SELF, number] }\n"
            "            before: { get_property: [SELF, before] }\n"
            "      requirements:\n        - host: workstation\n"
        )
        if number:
            lines.append(f"        - previous: step{number - 1}\n")
    return "".join(lines)


def write(folder: Path, files: dict[str, str]) -> None:
    """Files by their path below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def opera() -> Path:
    """The program `opera`, installed into an environment of its own.

    It asks for an old PyYAML that no longer builds, and runs as well with a new one; so what it
    needs is named here.
    """
    folder = ROOT / ".deepcat" / "bench" / "opera"
    program = folder / "bin" / "opera"
    if not program.exists():
        venv.create(folder, clear=True, with_pip=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet"]
        core = f"ansible-core=={version('ansible-core')}"
        subprocess.run([*pip, core, "PyYAML", "setuptools", "shtab"], check=True)
        subprocess.run([*pip, "--no-deps", "opera", "opera-tosca-parser"], check=True)
    return program


def by_opera(folder: Path) -> float:
    """Seconds for xOpera; what its nodes made lies in the folder."""
    made, started = folder / "made.txt", folder / "started.txt"
    create = f'echo "$number after $before" >> {made}; echo "$before.$number"'
    start = f'echo "$number" >> {started}'
    stats = 'made: "{{ done.stdout }}"'
    files = {
        "service.yaml": template("yaml"),
        "operations/create.yaml": PLAYBOOK.format(shell=create, stats=stats),
        "operations/start.yaml": PLAYBOOK.format(shell=start, stats="").replace(
            "    - ansible.builtin.set_stats: { data: {  } }\n", ""
        ),
    }
    write(folder, files)
    program = opera()
    path = f"{program.parent}:/usr/local/bin:/usr/bin:/bin"
    begin = time.perf_counter()
    subprocess.run(
        [program, "deploy", "service.yaml"],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - begin


def by_deepcat(folder: Path) -> float:
    """Seconds for deepcat; what its nodes made lies in the folder."""
    made, started = folder / "made.txt", folder / "started.txt"
    create = (
        f'echo "$number after $before" >> {made}\necho "made=$before.$number" > $DEEPCAT_OUTPUT'
    )
    files = CATALOG | {
        "modules/chain/tosca.yaml": template("sh"),
        "modules/chain/operations/create.sh": f"#!/bin/sh\n{create}\n",
        "modules/chain/operations/start.sh": f'#!/bin/sh\necho "$number" >> {started}\n',
    }
    write(folder, files)
    git = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "begin"], check=True)
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "deepcat", "-C", str(folder), "apply", "--yes"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - begin
    destroy = [sys.executable, "-m", "deepcat", "-C", str(folder), "destroy", "chain", "--yes"]
    subprocess.run(destroy, check=True, stdout=subprocess.DEVNULL)
    return seconds


def main() -> None:
    """Print the figures side by side."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    opera()
    figures: dict[str, list[float]] = {"opera deploy": [], "deepcat apply": []}
    for turn in range(times):
        results = []
        for name, call in (("opera deploy", by_opera), ("deepcat apply", by_deepcat)):
            folder = Path(tempfile.mkdtemp(prefix="deepcat-bench-"))
            try:
                figures[name].append(call(folder))
                results.append(
                    (folder / "made.txt").read_text() + (folder / "started.txt").read_text()
                )
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        assert results[0] == results[1], "the two did not do the same"
        print(f"turn {turn + 1}: " + ", ".join(f"{n} {v[-1]:.2f} s" for n, v in figures.items()))
    medians = {name: statistics.median(values) for name, values in figures.items()}
    for name, seconds in medians.items():
        what = f"{NODES} nodes, {2 * NODES} operations"
        print(f"{name:15} {seconds:7.2f} s  (median of {times}, {what})")
    print(f"deepcat is {medians['opera deploy'] / medians['deepcat apply']:.1f} × as fast")


if __name__ == "__main__":
    main()
