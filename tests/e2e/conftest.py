"""A catalog behind a bare repository on this machine, as people use it: with Git alone."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import forked
import pytest

SOURCE = Path(__file__).resolve().parents[2]
MODULE = "half-plus-two"


class Hub:
    """A bare repository with our hook, and one person's clone of it.

    Attributes:
        patience_s: how long a command and a push may take.
    """

    patience_s = 120

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bare = folder / "hub.git"
        self.clone = folder / "clone"
        self.catalog = self.bare / "catalog"

    def begin(self) -> None:
        """An empty catalog with one module, pushed."""
        self.git("init", "-q", "--bare", "-b", "main", str(self.bare), at=self.folder)
        self.deepcat("ci", "hook", "install", str(self.bare), at=self.folder)
        self.git("clone", "-q", str(self.bare), str(self.clone), at=self.folder)
        for name in ("deepcat.yaml", "clouds/local.yaml"):
            (self.clone / name).parent.mkdir(exist_ok=True)
            shutil.copy(SOURCE / name, self.clone / name)
        shutil.copytree(
            SOURCE / "modules" / MODULE,
            self.clone / "modules" / MODULE,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        self.commit("begin")
        self.push("main")

    def wish(self, name: str, **fields: Any) -> Path:
        """Write a deployment's file."""
        data = {
            "apiVersion": "deepcat/v1",
            "module": MODULE,
            "version": "^1.0.0",
            "profile": "serve",
            "inputs": {"rest_port": 0, "grpc_port": 0},
            "placement": {"clouds": ["local"]},
            "owner": "ada",
        } | fields
        path = self.clone / "deployments" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(data, indent=1))
        return path

    def release(self, version: str, change: Callable[[str], str] = lambda text: text) -> None:
        """Give the module another version with another archive of the same model."""
        folder = self.clone / "modules" / MODULE
        archive = folder / "model.tar.gz"
        with gzip.open(archive) as stream:
            content = stream.read()
        packed = io.BytesIO()
        with gzip.GzipFile(filename=version, fileobj=packed, mode="wb", mtime=0) as stream:
            stream.write(content)
        old = hashlib.sha256(archive.read_bytes()).hexdigest()
        archive.write_bytes(packed.getvalue())
        text = (folder / "module.yaml").read_text()
        new = hashlib.sha256(packed.getvalue()).hexdigest()
        text = text.replace(old, new)
        template = folder / "tosca.yaml"
        template.write_text(template.read_text().replace(old, new))
        entry = (
            f"changes:\n  - {{version: {version}, date: '2026-01-01', kind: changed, text: New.}}\n"
        )
        lines = [f"version: {version}" if r.startswith("version:") else r for r in text.split("\n")]
        text = "\n".join(lines).replace("changes:\n", entry, 1)
        (folder / "module.yaml").write_text(change(text))

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def push(self, branch: str, *more: str) -> str:
        """Push; gives what the server said."""
        done = subprocess.run(
            ["git", "push", "origin", branch, *more],
            cwd=self.clone,
            capture_output=True,
            text=True,
            check=True,
            timeout=self.patience_s,
        )
        lines = [line.removeprefix("remote: ").rstrip() for line in done.stderr.splitlines()]
        return "\n".join(lines)

    def merge(self, branch: str) -> str:
        """Merge a branch into main and push it; gives what the server said."""
        self.git("checkout", "-q", "main")
        self.git("pull", "-q", "--ff-only", "origin", "main")
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch)
        return self.push("main")

    def git(self, *argv: str, at: Path | None = None) -> str:
        where = at or self.clone
        done = subprocess.run(
            ["git", *argv], cwd=where, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def deepcat(self, *argv: str, at: Path | None = None, ok: bool | None = True) -> str:
        done = forked.run(
            [sys.executable, "-m", "deepcat", *argv],
            cwd=at or self.catalog,
            capture_output=True,
            timeout=self.patience_s,
        )
        assert ok is None or (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def status(self) -> dict[str, dict[str, Any]]:
        """What runs, by name."""
        return {each["name"]: each for each in json.loads(self.deepcat("status", "--json"))}

    def branches(self) -> set[str]:
        """The branches on the server."""
        found = self.git("for-each-ref", "--format=%(refname:strip=2)", "refs/heads", at=self.bare)
        return set(found.split())

    def end(self) -> None:
        """Leave no process behind."""
        if self.catalog.is_dir():
            self.deepcat("destroy", "--all", "--yes")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    found = Hub(tmp_path)
    found.begin()
    try:
        yield found
    finally:
        found.end()


class Asking:
    """Somebody who asks one address all the time, and notes every answer."""

    def __init__(self, url: str, module: str = MODULE, request: Any = None) -> None:
        from deepcat.serving.client.rest import Client

        self._client = Client(url, timeout_s=120)
        self._asks = module, request or {"instances": [1.0]}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.answers: list[Any] = []
        self.failures: list[str] = []

    def __enter__(self) -> Asking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                module, request = self._asks
                answer = self._client.call(module, "predict", request)
                self.answers.append(answer["predictions"])
            except Exception as error:
                self.failures.append(repr(error))
            time.sleep(0.002)


@pytest.fixture
def asking() -> type[Asking]:
    return Asking
