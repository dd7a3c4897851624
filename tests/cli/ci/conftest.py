"""A catalog with one module in a clone, and the commands of the loop run on it in this process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deepcat.cli.main import cli

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs" / "github"))

from github_fixtures import contract, github, hub, waits  # noqa: F401

SOURCE = Path(__file__).resolve().parents[3]
MODULE = "half-plus-two"


@dataclass
class Said:
    """How a command ended."""

    code: int
    text: str


class Place:
    """A clone of a catalog that lies in a bare repository beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = folder / "origin.git"
        self.root = folder / "clone"
        self.environment: dict[str, str] = {}

    def begin(self, files: Mapping[str, str]) -> None:
        self.git("init", "-q", "--bare", "-b", "main", str(self.origin), at=self.folder)
        self.git("clone", "-q", str(self.origin), str(self.root), at=self.folder)
        for name in ("deepcat.yaml", "clouds/local.yaml"):
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(SOURCE / name, self.root / name)
        shutil.copytree(SOURCE / "modules" / MODULE, self.root / "modules" / MODULE)
        (self.root / ".gitignore").write_text("/.deepcat/\n")
        self.write(files)
        self.commit("begin")
        self.git("push", "-q", "origin", "main")

    def write(self, files: Mapping[str, str | None]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        (self.root / name).write_text(text.replace(old, new))

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *argv: str, at: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *argv], cwd=at or self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def event(self, data: Mapping[str, Any]) -> None:
        """What GitHub would say woke the workflow."""
        path = self.folder / "event.json"
        path.write_text(json.dumps(data))
        self.environment["GITHUB_EVENT_PATH"] = str(path)

    def at(self, forge: Any) -> None:
        """Speak to a forge from now on."""
        self.environment |= {
            "GITHUB_REPOSITORY": "deep/catalog",
            "GITHUB_TOKEN": "ghs_the-token-of-the-workflow",
            "GITHUB_API_URL": forge.url,
            "GITHUB_SERVER_URL": forge.url,
        }
        forge.repository = self.root

    def deepcat(self, *argv: str) -> Said:
        """Run a command in this process."""
        from deepcat.errors import DeepcatError

        names = [name for name in os.environ if name.startswith(("GITHUB_", "ACTIONS_"))]
        environment = dict.fromkeys(names) | self.environment
        done = CliRunner().invoke(cli, ["-C", str(self.root), *argv], env=environment)
        if isinstance(done.exception, DeepcatError):
            return Said(done.exception.exit_code, done.output + done.exception.message)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.output)


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Place]:
    def make(files: Mapping[str, str] | None = None) -> Place:
        found = Place(tmp_path)
        found.begin(files or {})
        return found

    return make


def wish(**fields: Any) -> str:
    """A deployment's file."""
    return json.dumps(
        {
            "apiVersion": "deepcat/v1",
            "module": MODULE,
            "version": "^1.0.0",
            "profile": "serve",
            "inputs": {"rest_port": 0, "grpc_port": 0},
            "placement": {"clouds": ["local"]},
            "owner": "ada",
        }
        | fields,
        indent=1,
    )


@pytest.fixture(name="wish")
def _wish() -> Callable[..., str]:
    return wish
