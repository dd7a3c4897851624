"""The story of the guide `From an SSH host to Slurm`, really lived: `cloud_story.py [--write]`.

A host of its own with a real sshd and a real Slurm stand on this machine. Whatever a person types
in the story is run, and what it says is told; `masked` takes out what differs each time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import forked

if TYPE_CHECKING:
    from ssh_hosts import Host

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "site/pages/guides/clouds-story.md"
MODULE = "half-plus-two"
_HEAD = """\
# From an SSH host to Slurm

One module, one file edited. What follows was run on a host with a real sshd and on a real Slurm,
and `tests/e2e/test_cloud_story.py` runs it again and holds this page to it.

A catalog has the module `half-plus-two` and two clouds: a host of the lab, and a supercomputer.

"""
_WISH = """\
apiVersion: deepcat/v1
module: half-plus-two
version: ^1.0.0
profile: serve
placement: {clouds: [CLOUDS]}
inputs: {rest_port: REST, grpc_port: GRPC}
owner: ada
"""


class Story:
    """A catalog, and what was told of it so far.

    Attributes:
        root: the catalog's folder.
        text: the page.
    """

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root = root
        self.text = _HEAD
        self._environment = {**os.environ, **environment, "NO_COLOR": "1", "COLUMNS": "100"}

    def tell(self, words: str) -> None:
        """A paragraph."""
        self.text += f"{words}\n\n"

    def show(self, path: str) -> None:
        """A file of the catalog."""
        content = (self.root / path).read_text().rstrip()
        self.text += f'```yaml title="{path}"\n{content}\n```\n\n'

    def write(self, path: str, content: str) -> None:
        """Somebody writes a file, and commits it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        for words in (["add", "-A"], ["commit", "-qm", f"write {path}"]):
            subprocess.run(["git", "-C", self.root, *words], check=True)

    def edit(self, path: str, old: str, new: str) -> None:
        """Somebody edits one line; the page shows it as Git does."""
        before = (self.root / path).read_text()
        assert old in before
        self.write(path, before.replace(old, new))
        words = ["git", "-C", str(self.root), "show", "-U0", "--format=", "HEAD"]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        lines = [line for line in said.splitlines() if re.match(r"[-+](?!--|\+\+)", line)]
        self.text += "\n".join((f'```diff title="{path}"', *lines, "```\n\n"))

    def run(self, *words: str, ends: int = 0) -> str:
        """Somebody runs a command of deepcat's; the page has what it said."""
        done = forked.run(
            [sys.executable, "-m", "deepcat", *words], cwd=self.root, env=self._environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == ends, done.stdout
        self.said("deepcat " + " ".join(words), done.stdout)
        return done.stdout

    def said(self, command: str, answer: str) -> None:
        """What a command answered."""
        self.text += f"```console\n$ {command}\n{answer.rstrip()}\n```\n\n".replace(
            "\n\n```", "\n```"
        )


def live(folder: Path) -> str:
    """Live the story in an empty folder; gives the page."""
    from conformance.grounds.slurm import GROUND as SLURM
    from conformance.grounds.ssh import GROUND as SSH

    (folder / "ssh").mkdir()
    (folder / "slurm").mkdir()
    host, cluster = SSH(folder / "ssh"), SLURM(folder / "slurm")
    root = folder / "catalog"
    try:
        with catalog(root):
            lab, hpc = (each.clouds(root)["first"] for each in (host, cluster))
            return _lived(Story(root, dict(cluster.environment())), host.first, lab, hpc)
    finally:
        for each in (host, cluster):
            each.end()


def _lived(story: Story, machine: Host, lab: Mapping[str, Any], hpc: Mapping[str, Any]) -> str:
    rest, grpc = _ports()
    wish = "deployments/demo.yaml"
    for name, data in (("lab", lab), ("hpc", hpc)):
        head = {"apiVersion": "deepcat/v1", "name": name, "summary": f"The {name}.", **data}
        story.write(f"clouds/{name}.yaml", json.dumps(head, indent=1))
    text = _WISH.replace("CLOUDS", "lab").replace("REST", str(rest)).replace("GRPC", str(grpc))
    story.write(wish, text)
    story.tell("## On the host of the lab")
    story.show(wish)
    story.run("plan")
    story.run("apply", "--yes")
    story.run("predict", "demo", "--sample", "1")
    story.tell(
        "## The host is full\n\nSomebody else's data fill its disk. The wish gets another port, for"
        " which the server must be brought up anew, and may go to the supercomputer, too:"
    )
    used = int(machine.run("df -k --output=used /home | tail -1"))
    machine.run(f"mount -o remount,size={used}k /home")
    other, _ = _ports()
    old = f"clouds: [lab]}}\ninputs: {{rest_port: {rest}"
    new = f"clouds: [lab, hpc]}}\ninputs: {{rest_port: {other}"
    story.edit(wish, old, new)
    story.run("plan")
    story.run("apply", "--yes")
    story.run("status")
    story.run("predict", "demo", "--sample", "1")
    story.tell("Its record tells how it got there:")
    story.run("records", "log", "demo")
    machine.run("mount -o remount,size=90% /home")
    story.tell("Nothing of it is left on the host:")
    left = machine.run("ls -A /home/ada/.deepcat/*/ | grep -c demo || true")
    story.said("ssh ada@lab 'ls -A ~/.deepcat/*/ | grep -c demo'", left)
    assert left.strip() == "0"
    assert not any("half-plus-two=" in words for words in machine.processes().values())
    story.tell("And destroyed, nothing is left on the supercomputer:")
    story.run("destroy", "demo", "--yes")
    story.run("clouds", "orphans")
    return story.text.rstrip() + "\n"


@contextmanager
def catalog(root: Path) -> Iterator[None]:
    shutil.copytree(
        ROOT / "modules" / MODULE,
        root / "modules" / MODULE,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (root / "deepcat.yaml").write_text(
        "apiVersion: deepcat/v1\ntitle: The lab\nsummary: What the lab serves.\n"
    )
    (root / ".gitignore").write_text("/.deepcat/\n")
    for words in (
        ["init", "-q", "-b", "main"], ["config", "user.name", "Ada"],
        ["config", "user.email", "ada@example.org"], ["add", "-A"], ["commit", "-qm", "begin"],
    ):  # fmt: skip
        subprocess.run(["git", "-C", str(root), *words], check=True)
    try:
        yield
    finally:
        subprocess.run(
            [sys.executable, "-m", "deepcat", "destroy", "--all", "--yes"], cwd=root,
            check=False, capture_output=True,
        )  # fmt: skip


def _ports() -> tuple[int, int]:
    from free_ports import free_ports

    first, second = free_ports(2)
    return first, second


_MASKS = (
    # A run that takes long says so in the history.
    (re.compile(r"(?m)^.*: still at work\n"), ""),
    (re.compile(r"\b[0-9a-f]{10,64}\b"), "HASH"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:]+(\+00:00|Z)?|\d{8}T\d{6}Z"), "TIME"),
    (re.compile(r"[0-9a-f]{6}\b(?=\n|$)"), "RUN"),
    (re.compile(r"\d+(\.\d+)*"), "N"),
)


def masked(text: str) -> list[str]:
    """The page's lines without what differs each time it is lived."""
    for pattern, word in _MASKS:
        text = pattern.sub(word, text)
    return text.splitlines()


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]
    with tempfile.TemporaryDirectory() as made:
        page = live(Path(made))
    if "--write" in sys.argv:
        PAGE.write_text(page)
    else:
        print(page)
