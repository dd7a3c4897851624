"""One catalog with one deployment on the cloud, used by commands."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.catalog.identity import identity
from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from stack.cloud import CARD, SMALL, Stack

SOURCE = Path(__file__).resolve().parents[3]
MODULE = "half-plus-two"


@dataclass
class Catalog:
    """In a folder of its own.

    Args:
        root: that folder; it is made.
        stack: the cloud.
        name: the cloud's name.
        environment: of its commands, besides that of who uses the cloud.
    """

    root: Path
    stack: Stack
    name: str = "lab"
    environment: dict[str, str] = field(default_factory=dict)

    def begin(self, **section: Any) -> None:
        """Make it.

        Args:
            section: what the cloud's file says besides.
        """
        for name in ("clouds", "deployments"):
            (self.root / name).mkdir(parents=True)
        shutil.copy(SOURCE / "deepcat.yaml", self.root)
        unread = shutil.ignore_patterns("__pycache__")
        shutil.copytree(SOURCE / "modules" / MODULE, self.root / "modules" / MODULE, ignore=unread)
        (self.root / ".gitignore").write_text(".deepcat/\n")
        self.git("init", "-q", "-b", "main")
        self.cloud(**section)
        self.wish()

    def cloud(self, **section: Any) -> None:
        """Write the cloud's file."""
        told = {
            "apiVersion": "deepcat/v1", "name": self.name, "kind": "openstack",
            "shapes": [{"name": SMALL, "price": 1}, {"name": CARD, "price": 4}],
            "summary": "One cloud.", "openstack": self.stack.section(**section),
        }  # fmt: skip
        (self.root / "clouds" / f"{self.name}.yaml").write_text(json.dumps(told))

    def wish(self, name: str = "demo", **more: Any) -> None:
        """Write a wish, and commit all."""
        told = {
            "apiVersion": "deepcat/v1", "module": MODULE, "version": "^1.0.0", "profile": "serve",
            "inputs": {"rest_port": 0, "grpc_port": 0}, "owner": "ada",
            "placement": {"clouds": [self.name]}, **more,
        }  # fmt: skip
        (self.root / "deployments" / f"{name}.yaml").write_text(json.dumps(told))
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")

    def git(self, *words: str) -> None:
        """A command of Git there."""
        subprocess.run(["git", "-C", str(self.root), *words], check=True)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command of ours there."""
        return subprocess.Popen(
            [sys.executable, "-m", "deepcat", *words], cwd=self.root, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self.stack.environment | self.environment,
        )  # fmt: skip

    def deepcat(self, *words: str, ok: bool | None = True) -> str:
        """What a command of ours says there."""
        with self.start(*words) as process:
            said, _ = process.communicate(timeout=1200)
        assert ok is None or (process.returncode == 0) is ok, said
        return said

    def seen(self) -> tuple[Cloud, Means]:
        """The cloud, and what it is asked with, as commands have them."""
        secret = self.stack.credential["secret"]
        told = {"openstack": self.stack.section()}
        own = Cloud(self.name, f"clouds/{self.name}.yaml", "openstack", told)
        return own, Means(self.root, identity(self.root), lambda _: secret, deadline_s=120.0)

    def predict(self) -> list[float]:
        """What it answers to one, which is by a half more than two."""
        asked = self.root.parent / f"{self.root.name}.asked"
        asked.write_text('{"instances": [1.0]}')
        said = self.deepcat("predict", "demo", "--json", "--data", str(asked))
        return list(json.loads(said)["predictions"])
