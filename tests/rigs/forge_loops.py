"""A catalog of one's own, made by a wheel of deepcat, on a forge of the tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow_runner import Forge, Run

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0.1.0.dev9"
MODULE = "modules/half-plus-two"


def build_wheel(folder: Path) -> Path:
    """The wheel of this tree, of a version that nothing else here has."""
    tree = folder / "tree"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, listed):
        if name.startswith(("src/", "generator/deepcat_site/", "playbooks/", "site/", MODULE)) or (
            "/" not in name
        ):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name, follow_symlinks=False)
    path = tree / "src/deepcat/__init__.py"
    path.write_text(re.sub(r'(__version__ = )"[^"]+"', rf'\1"{VERSION}"', path.read_text()))
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, tree],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def git(root: Path, *argv: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *argv], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Own:
    """A person's clone of the catalog, and the forge that it was pushed to."""

    def __init__(self, folder: Path, wheel: Path, forge: str) -> None:
        self.root = folder / "catalog"
        self.origin = folder / "deep" / "catalog"
        done = subprocess.run(
            [sys.executable, "-m", "deepcat", "new", "catalog", str(self.root), f"--{forge}",
             "--deepcat", str(wheel), "--owner", "ada"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.forge = Forge(folder / "forge", str(self.origin))
        self.forge.folder.mkdir()
        self._spare_the_index()
        self.origin.parent.mkdir()
        git(folder, "init", "-q", "--bare", "-b", "main", str(self.origin))
        git(self.root, "remote", "add", "origin", str(self.origin))
        self.push()

    def _spare_the_index(self) -> None:
        """Only deepcat itself is installed by its hash here: all else would come from an index."""
        for lock in self.root.glob(".*/deepcat/*.lock"):
            text = lock.read_text()
            assert text.count("\n./") == 1
            lock.write_text("./" + text.partition("\n./")[2])
        wish = self.root / "deployments/half-plus-two.yaml"
        wish.write_text(wish.read_text() + "inputs: {rest_port: 0, grpc_port: 0}\n")

    def push(self, branch: str = "main") -> str:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "-m", "Change")
        git(self.root, "push", "-q", "origin", f"HEAD:refs/heads/{branch}")
        return git(self.root, "rev-parse", "HEAD")

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text()
        assert old in text, name
        path.write_text(text.replace(old, new, 1))

    def run(self, name: str, event: str, data: Mapping[str, Any], commit: str) -> Run:
        """Run a workflow as it stands on `main`, or, for a pull request, as that has it."""
        found = next(self.root.glob(f".*/workflows/{name}.yml"))
        return self.forge.workflow(found, event, data, commit)
