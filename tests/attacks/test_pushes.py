"""What somebody who may push tries to push to a bare server: each with the words of the refusal."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from deepcat.cli.main import cli

# Each push is a process of Git's, and a review.
pytestmark = pytest.mark.slow

RECORDS = "records are written by deepcat alone, on this server"
OWN = "branches `deepcat/…` are written by deepcat alone, on this server"
LIKE_MAIN = "it could be taken for the branch `main`"
OTHER = "only branches and tags are taken here"
TAG = "a tag of this name would be taken for something else"
MISLEADING = "Git could take it for something else"
HIDDEN = "it holds characters that do not print"
SHA = "0123456789abcdef" * 2 + "01234567"

# What is pushed, `:` before it deletes -> what the server says.
PUSHES = [
    ("refs/heads/records", RECORDS),
    (":refs/heads/records", RECORDS),
    ("refs/heads/Records", RECORDS),
    ("refs/heads/RECORDS", RECORDS),
    ("refs/heads/records/x", RECORDS),
    ("refs/heads/rec\u200bords", RECORDS),
    ("refs/heads/ｒecords", RECORDS),
    ("refs/heads/deepcat", OWN),
    ("refs/heads/deepcat/mend/demo", OWN),
    (":refs/heads/deepcat/mend/there", OWN),
    ("refs/heads/deepcat/mend/there", OWN),
    ("refs/heads/DeepCat/revert/demo", OWN),
    ("refs/heads/alias", RECORDS),
    (":refs/heads/alias", RECORDS),
    ("refs/heads/Main", LIKE_MAIN),
    ("refs/heads/MAIN/x", LIKE_MAIN),
    ("refs/heads/refs/heads/main", MISLEADING),
    ("refs/heads/heads/main", MISLEADING),
    ("refs/heads/tags/v1", MISLEADING),
    ("refs/heads/FETCH_HEAD", MISLEADING),
    ("refs/heads/ORIG_HEAD", MISLEADING),
    (f"refs/heads/{SHA}", MISLEADING),
    ("refs/heads/@", MISLEADING),
    ("refs/heads/a\u2028b", HIDDEN),
    ("refs/heads/a\u0085b", HIDDEN),
    ("refs/heads/a\u009b2Jb", HIDDEN),
    ("refs/heads/\u202ea", HIDDEN),
    ("refs/tags/a\u2029b", HIDDEN),
    ("refs/tags/main", TAG),
    ("refs/tags/records", TAG),
    ("refs/tags/deepcat/mend/demo", TAG),
    ("refs/tags/heads/main", TAG),
    ("refs/tags/HEAD", TAG),
    (f"refs/tags/{SHA}", TAG),
    (f"refs/replace/{SHA}", OTHER),
    ("refs/notes/commits", OTHER),
    ("refs/deepcat/remote/records", OTHER),
    ("refs/remotes/origin/records", OTHER),
    ("refs/worktree/x", OTHER),
    ("refs/bisect/bad", OTHER),
    ("refs/stash", OTHER),
]
TAKEN = ["refs/heads/mine", "refs/heads/record", "refs/heads/deepcats/x", "refs/tags/v1.0"]


@dataclass(frozen=True)
class Server:
    """A bare repository with our hook, and a clone from which somebody pushes."""

    bare: Path
    clone: Path

    def push(self, *specs: str) -> subprocess.CompletedProcess[str]:
        return git(self.clone, "push", "--force", str(self.bare), *specs, check=False)

    def refs(self) -> str:
        return git(self.bare, "for-each-ref", "--format=%(refname) %(objectname)").stdout


def git(folder: Path, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    argv = ("git", "-C", str(folder), *argv)
    return subprocess.run(argv, capture_output=True, text=True, check=check)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("server")
    bare, clone = folder / "bare.git", folder / "clone"
    who = ("-c", "user.name=Eve", "-c", "user.email=eve@example.org")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    subprocess.run(["git", "init", "-q", "-b", "main", str(clone)], check=True)
    git(clone, *who, "commit", "-q", "--allow-empty", "-m", "x")
    git(clone, "push", "-q", str(bare), "main", "main:records", "main:deepcat/mend/there")
    git(bare, "symbolic-ref", "refs/heads/alias", "refs/heads/records")
    done = CliRunner().invoke(cli, ["ci", "hook", "install", str(bare)])
    assert done.exit_code == 0, done.output
    git(clone, *who, "commit", "-q", "--allow-empty", "-m", "y")

    return Server(bare, clone)


@pytest.mark.parametrize(("ref", "why"), PUSHES, ids=[ref for ref, _ in PUSHES])
def test_it_is_refused(server: Server, ref: str, why: str) -> None:
    before = server.refs()
    done = server.push(ref if ref.startswith(":") else f"main:{ref}")
    assert done.returncode == 1
    said = " ".join(line.removeprefix("remote: ").strip() for line in done.stderr.splitlines())
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in ref)
    assert f"refused: {shown.removeprefix(':')}: {why}" in said
    assert server.refs() == before


def test_one_of_them_refuses_all(server: Server) -> None:
    before = server.refs()
    assert server.push("main:refs/heads/mine", "main:refs/heads/records").returncode == 1
    assert server.refs() == before


@pytest.mark.parametrize("ref", TAKEN)
def test_other_names_are_taken(server: Server, ref: str) -> None:
    assert server.push(f"main:{ref}").returncode == 0
    assert server.push(f":{ref}").returncode == 0


def test_no_file_in_the_repository_is_taken_for_python_s(
    server: Server,
) -> None:
    canary = server.bare / "canary"
    text = f"open({str(canary)!r}, 'w')\n"
    planted = [server.bare / name for name in ("click.py", "json.py", "deepcat.py")]
    for path in planted:
        path.write_text(text)
    try:
        assert "refused" in server.push("main:refs/heads/records").stderr
        assert not canary.exists()
    finally:
        for path in planted:
            path.unlink()
    assert sys.executable in (server.bare / "hooks" / "pre-receive").read_text()
