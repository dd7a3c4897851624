"""Commits that no `git add` makes: two files of one name, Git's own names, trees that explode."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from deepcat.cli.main import cli
from deepcat.errors import DeepcatError
from deepcat.forge.git import Repository
from deepcat.loop.proposed import proposal

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rigs"))

from pull_requests import Proposed, begin

pytestmark = [pytest.mark.system("ssh-keygen"), pytest.mark.starts("git hooks")]

Rows = list[tuple[str, str, str]]
OWN = {"name": "", "author": "ann", "change": {"modules/plain/README.md": "Other words.\n"}}
SECONDS = 120


class Crafted(Proposed):
    """A pull request whose trees are written byte for byte."""

    def object(self, kind: str, content: bytes) -> str:
        argv = ["git", "hash-object", "--literally", "-t", kind, "-w", "--stdin"]
        done = subprocess.run(argv, cwd=self.root, input=content, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def tree(self, rows: Rows) -> str:
        entries = (f"{mode} {name}\0".encode() + bytes.fromhex(sha) for mode, name, sha in rows)
        return self.object("tree", b"".join(entries))

    def rows(self, tree: str) -> Rows:
        found = (line.split("\t") for line in self.git("ls-tree", tree).splitlines())
        return [(facts.split()[0].lstrip("0"), name, facts.split()[2]) for facts, name in found]

    def put(self, change: Callable[[Rows], Rows]) -> str:
        """A commit of ann's upon main, with other entries in the folder of her module."""
        made = self.tree(change(self.rows("main:modules/plain")))
        for folder, name in (("main:modules", "plain"), ("main:", "modules")):
            made = self.tree(
                [(m, n, made if n == name else sha) for m, n, sha in self.rows(folder)]
            )
        words = ("commit-tree", made, "-p", self.commit_of("main"), "-m", "crafted", "-S")
        commit = self.git(*words, who="ann").strip()
        self.git("update-ref", "refs/heads/crafted", commit)
        return commit


def twice(made: Crafted, rows: Rows) -> Rows:
    evil = made.object("blob", b"What a checkout has.\n")
    at = next(index for index, row in enumerate(rows) if row[1] == "README.md")
    return [*rows[: at + 1], ("100644", "README.md", evil), *rows[at + 1 :]]


def named(name: str) -> Callable[[Crafted, Rows], Rows]:
    def change(made: Crafted, rows: Rows) -> Rows:
        blob = made.object("blob", b"[core]\n\tfsmonitor = touch canary\n")
        return sorted(
            [*rows, ("40000", name, made.tree([("100644", "config", blob)]))],
            key=lambda row: row[1],
        )

    return change


def exploding(made: Crafted, rows: Rows) -> Rows:
    """Ten folders of the same folder, nine deep: a thousand million files in ten objects."""
    mode, sha = "100644", made.object("blob", b"x")
    for _ in range(9):
        sha = made.tree([(mode, f"d{number}", sha) for number in range(10)])
        mode = "40000"
    return sorted([*rows, ("40000", "big", sha)], key=lambda row: row[1])


TREES = {
    "two files of one name": (twice, "two files of one name"),
    ".git": (named(".git"), "is Git's own"),
    ".GIT": (named(".GIT"), "is Git's own"),
    "git~1": (named("git~1"), "is Git's own"),
    "..": (named(".."), "is Git's own"),
    "a thousand million files": (exploding, "more than 250,000 files"),
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    begin(folder)
    return folder


@pytest.fixture
def made(begun: Path, tmp_path: Path) -> Crafted:
    return Crafted(tmp_path, begun, OWN)


@pytest.mark.parametrize("name", TREES)
def test_a_review_does_not_look_at_it(made: Crafted, name: str) -> None:
    change, words = TREES[name]
    commit, began = made.put(lambda rows: change(made, rows)), time.monotonic()
    with pytest.raises(DeepcatError, match=words) as error:
        proposal(Repository(made.root), made.commit_of("main"), commit)
    assert error.value.code == "git/tree"
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("gate", [["--gate"], []], ids=["gate", "branch"])
@pytest.mark.parametrize("name", TREES)
def test_a_bare_server_ends_it_soon(made: Crafted, name: str, gate: list[str]) -> None:
    """Git refuses most; what it takes is not looked at, and never reaches `main`."""
    argv = ["ci", "hook", "install", str(made.origin), *gate]
    assert CliRunner().invoke(cli, argv).exit_code == 0
    made.put(lambda rows: TREES[name][0](made, rows))
    before, began = made.git("rev-parse", "main", at=made.origin), time.monotonic()
    done = made.push("crafted:main" if gate else "crafted:crafted")
    assert "fsck error" in done.stderr or "is not read: it holds" in done.stderr, done.stderr
    assert made.git("rev-parse", "main", at=made.origin) == before
    assert time.monotonic() - began < SECONDS


def test_what_git_add_makes_is_looked_at(made: Crafted) -> None:
    git = Repository(made.root)
    assert git.tree_fault(made.head) == ""
    assert git.tree_fault(made.head, most=3) == "it holds more than 3 files, or too long names"
