"""A module's own script in a real run reaches nothing of the one who runs it.

What a box refuses in general is in `test_scripts.py`; here the whole way is gone, from a wish to the
host, with secrets about that only the controller may know.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import forked
import pytest

from deepcat.host import box
from deepcat.host.box.layers import Layers

pytestmark = pytest.mark.starts("Ansible")

SECRETS = {"GITHUB_TOKEN": "C4n4ryForge", "AWS_SECRET_ACCESS_KEY": "C4n4ryCloud"}
FILE = "C4n4ryFile"
MODULE = """\
apiVersion: deepcat/v1
name: {name}
version: 1.0.0
title: An attack
summary: A script that looks around.
description: It looks around on the machine that runs it, and notes what it finds there.
categories: [AI4 tools]
license: MIT
authors: [{{name: Ada}}]
libraries: [TensorFlow]
links: {{source_code: "https://example.org/tool"}}
tags: [tool]
tasks: [Other]
"""
TOPOLOGY = """\
tosca_definitions_version: tosca_simple_yaml_1_3
imports: [deepcat]
topology_template:
  node_templates:
    host: {type: tosca.nodes.Compute}
    tool:
      type: tosca.nodes.SoftwareComponent
      requirements: [{host: host}]
      interfaces: {Standard: {create: create.sh}}
"""
# What a script tries, a row each; `reached` after it where it went well.
TRIES = {
    "the controller's variables": "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep C4n4ry",
    "the parent's variables": "tr '\\0' '\\n' </proc/$PPID/environ | grep C4n4ry",
    "the controller's memory": "cat /proc/$PPID/mem",
    "the controller's arguments": "cat /proc/[0-9]*/cmdline | grep -a ansib[l]e",
    "the catalog's settings for Git": "cat {root}/.git/config",
    "the hooks of Git": "echo id >{root}/.git/hooks/post-commit",
    "the catalog": "echo x >>{root}/deepcat.yaml",
    "the run's folder": "cat {root}/.deepcat/runs/*/local/plays.yml",
    "the module, to write": "echo x >>$(dirname $0)/create.sh",
    "another deployment": "cat {root}/.deepcat/local/other/own/secret",
    "the deployment's own state": "echo '{{}}' >../state.json",
    "the owner's tag": "cat ../owner.json",
    "its outputs, as a link to others'": 'rm -f "$DEEPCAT_OUTPUT" && ln -s {root}/.git/config "$DEEPCAT_OUTPUT"',
    "its private file, as a link": 'ln -sf {root}/.git/config "$DEEPCAT_PRIVATE"',
    "its outputs, by another name": 'mv "$DEEPCAT_OUTPUT" x || ln "$DEEPCAT_OUTPUT" x',
    "its own folder, as a link": "cd .. && mv own away && ln -s {root} own",
    "keys for SSH": "cat {home}/.ssh/id_ed25519",
    "the shadow file": "cat /etc/shadow",
    "a program that is root's": "su -c id",
    "another's process": "kill -0 {pid}",
    "a tracer": "python3 -c 'import ctypes; exit(ctypes.CDLL(None).ptrace(16, 1, 0, 0) != 0)'",
    "a server of the machine": "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 1)'",
    "a port for others": "python3 {module}/listens.py",
    "a mount": "mount -t tmpfs none /tmp",
}
EXPECTED = dict.fromkeys(TRIES, "refused") | {
    "a port for others": "reached",  # of a network of its own, in which nobody else is
}
LISTENS = "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\n"


def script(root: Path, home: Path, port: int) -> str:
    """A script that tries all, and notes how each went."""
    lines = []
    for name, line in TRIES.items():
        text = line.format(root=root, home=home, port=port, pid=os.getpid(), module="$(dirname $0)")
        lines.append(
            f'if ({text}) >>took 2>&1; then echo "{name}: reached"; else echo "{name}: refused"; fi'
        )
    return "\n".join((*lines, "true")) + "\n"


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody who listens on this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


@pytest.fixture
def plugin(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What Ansible calls for a script, as a module of Python."""
    monkeypatch.syspath_prepend(repository / "playbooks/plugins/action")
    return import_module("deepcat_operation")


@pytest.mark.parametrize("is_local", [True, False], ids=["here", "elsewhere"])
def test_what_a_host_s_shell_reads_makes_the_box(
    plugin: Any, is_local: bool, tmp_path: Path
) -> None:
    """Elsewhere the host's own Python makes it, and finds out by itself what the host gives."""
    module = tmp_path / "module"
    module.mkdir()
    lines = "cat /proc/self/status", f"cat {tmp_path}/beside", 'echo "A=$A" >>"$DEEPCAT_OUTPUT"'
    (module / "s.sh").write_text("\n".join((*lines, "exit 3")))
    (tmp_path / "beside").write_text(FILE)
    values, hidden = {"A": "it's", "LD_PRELOAD": "/x"}, {"KEY": "C4n4ryForge"}
    place, enter = (
        str(tmp_path / "place"),
        "" if is_local else str(Path(box.__file__, "../enter.py").resolve()),
    )
    where = plugin._Where(place, str(module), enter)
    made = plugin._box({"ansible_python_interpreter": sys.executable}, where)
    words = ["/bin/sh", str(module / "s.sh")]
    program = plugin._program(words, where, values, hidden, "MARK", made)
    shell = ["/bin/sh", "-s"]
    done = subprocess.run(shell, input=program, capture_output=True, text=True, check=False)
    said, output, _, ended = done.stdout.split("\nMARK\n")
    assert (done.returncode, output) == (3, "A=it's\n")
    assert "NoNewPrivs:\t1" in said and "Seccomp:\t2" in said
    told = json.loads(ended)
    assert told.pop("peak") >= 0 and told == {"ended": ""}
    assert FILE not in said


@pytest.mark.parametrize("to", ["&1", "&2", "$DEEPCAT_OUTPUT", "$DEEPCAT_PRIVATE"])
def test_words_without_end_reach_nobody_s_memory(plugin: Any, to: str, tmp_path: Path) -> None:
    script = tmp_path / "module" / "s.sh"
    script.parent.mkdir()
    script.write_text(f'head -c 50000000 /dev/zero | tr "\\\\0" x >{to}')
    where = plugin._Where(str(tmp_path / "place"), str(script.parent))
    words, made = ["/bin/sh", str(script)], plugin._box({}, where)
    program = plugin._program(words, where, {}, {}, "MARK", made)
    shell = ["/bin/sh", "-s"]
    done = subprocess.run(shell, input=program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    assert 8_000 <= len(done.stdout) + len(done.stderr) < 1_100_000
    assert len(done.stdout.split("\nMARK\n")) == 4


def test_a_host_without_a_box_runs_no_script(plugin: Any, tmp_path: Path) -> None:
    (tmp_path / "s.sh").write_text("touch made")
    where = plugin._Where(str(tmp_path / "place"), str(tmp_path))
    made, words = (
        replace(plugin._box({}, where), layers=Layers()),
        ["/bin/sh", str(tmp_path / "s.sh")],
    )
    program = plugin._program(words, where, {}, {}, "MARK", made)
    shell = ["/bin/sh", "-s"]
    done = subprocess.run(shell, input=program, capture_output=True, text=True, check=False)
    ended = done.stdout.split("\nMARK\n")[-1]
    node = {"name": "tool", "operation": "create", "implementation": "s.sh"}
    failure = plugin._ended(node, done.returncode, ended, "", connects=False)["deepcat_failure"]
    assert (failure["kind"], failure["code"]) == ("cloud", "run/box")
    assert "namespaces" in failure["message"] and "unboxed: true" in failure["hint"]
    assert not list((tmp_path / "place" / "own").iterdir())


def test_a_script_of_a_module_reaches_nothing_of_who_runs_it(
    git_tree_at: Callable[[Mapping[str, str | bytes]], Path], tmp_path: Path, port: int
) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text(FILE)
    wish = "apiVersion: deepcat/v1\nmodule: {}\nprofile: serve\nowner: ada\n"
    root = git_tree_at(
        {
            ".gitignore": "/.deepcat/\n",
            "deepcat.yaml": "apiVersion: deepcat/v1\ntitle: T\n",
            "clouds/local.yaml": "apiVersion: deepcat/v1\nname: local\nkind: local\nsummary: S.\nprice: 0\n",
            **{f"deployments/{n}.yaml": wish.format(n) for n in ("attack", "other")},
            **{f"modules/{n}/README.md": "# Tool\n" for n in ("attack", "other")},
            **{f"modules/{n}/module.yaml": MODULE.format(name=n) for n in ("attack", "other")},
            **{f"modules/{n}/tosca.yaml": TOPOLOGY for n in ("attack", "other")},
            "modules/other/create.sh": f"echo {FILE} >secret\n",
            "modules/attack/listens.py": LISTENS,
            "modules/attack/create.sh": "",
        }
    )
    (root / "modules/attack/create.sh").write_text(f"{{\n{script(root, home, port)}}} >found\n")
    subprocess.run(["git", "-C", root, "commit", "-qam", "attack"], check=True)
    before = {path: path.read_bytes() for path in (root / ".git/config", root / "deepcat.yaml")}

    def deepcat(*argv: str) -> subprocess.CompletedProcess[str]:
        variables = os.environ | SECRETS | {"HOME": str(home)}
        argv = (sys.executable, "-m", "deepcat", "-C", str(root), *argv)
        return forked.run(argv, env=variables, capture_output=True)

    try:
        done = deepcat("apply", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        own = root / ".deepcat/local/attack/own"
        found = dict(line.split(": ") for line in (own / "found").read_text().splitlines())
        assert found == EXPECTED
        took = (own / "took").read_text(errors="replace")
        assert not any(each in took for each in (*SECRETS.values(), FILE)), took
        assert {path: path.read_bytes() for path in before} == before
        assert not (root / ".git/hooks/post-commit").exists()
        left = [path.name for path in own.parent.iterdir() if path.name.startswith(".")]
        assert left == [".lock"], "no grant is left, and no output"
    finally:
        deepcat("destroy", "--all", "--yes")
