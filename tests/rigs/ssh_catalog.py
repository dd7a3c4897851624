"""One catalog with one deployment, on a host with sshd where nobody is root, used by commands."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
from ssh_hosts import USER, Host

SOURCE = Path(__file__).resolve().parents[2]
MODULE = "half-plus-two"


@dataclass
class Catalog:
    """One catalog with one deployment, on a host where nobody is root."""

    root: Path
    host: Host

    def begin(self, key: Path) -> None:
        (self.root / "clouds").mkdir(parents=True)
        (self.root / "deployments").mkdir()
        shutil.copy(SOURCE / "deepcat.yaml", self.root)
        shutil.copytree(
            SOURCE / "modules" / MODULE,
            self.root / "modules" / MODULE,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        cloud = {
            "apiVersion": "deepcat/v1", "name": "bare", "price": 0, "summary": "One cloud.",
            **self.section(key),
        }  # fmt: skip
        wish = {
            "apiVersion": "deepcat/v1", "module": MODULE, "version": "^1.0.0", "profile": "serve",
            "inputs": {"rest_port": 0, "grpc_port": 0}, "placement": {"clouds": ["bare"]},
            "owner": "ada",
        }  # fmt: skip
        (self.root / "clouds" / "bare.yaml").write_text(json.dumps(cloud))
        (self.root / "deployments" / "demo.yaml").write_text(json.dumps(wish))
        (self.root / ".gitignore").write_text(".deepcat/\n")
        self.git("init", "-q", "-b", "main")
        self.commit()

    def section(self, key: Path) -> dict[str, Any]:
        """The kind of its one cloud, and what the cloud's file says of that kind."""
        return {
            "kind": "ssh",
            "ssh": {
                "hosts": {"one": {"address": self.host.address}}, "user": USER,
                "identity": str(key), "known_hosts": [self.host.known],
            },
        }  # fmt: skip

    def git(self, *words: str) -> None:
        subprocess.run(["git", "-C", str(self.root), *words], check=True)

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")

    def deepcat(self, *words: str, ok: bool = True) -> str:
        done = forked.run(
            [sys.executable, "-m", "deepcat", *words],
            cwd=self.root, capture_output=True, timeout=300,
        )  # fmt: skip
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def apply(self, ok: bool = True) -> str:
        return self.deepcat("apply", "--yes", ok=ok)

    def state(self) -> dict[str, Any]:
        (found,) = json.loads(self.deepcat("status", "--json"))
        return dict(found)

    def predict(self) -> list[float]:
        """What it answers to one, which is by a half more than two."""
        (self.root.parent / "asked").write_text('{"instances": [1.0]}')
        said = self.deepcat("predict", "demo", "--json", "--data", str(self.root.parent / "asked"))
        return list(json.loads(said)["predictions"])

    def release(self, version: str, old: str = "", new: str = "") -> None:
        """Another version of the module, with another archive of the same model."""
        folder = self.root / "modules" / MODULE
        archive = folder / "model.tar.gz"
        before = hashlib.sha256(archive.read_bytes()).hexdigest()
        content = gzip.decompress(archive.read_bytes())
        archive.write_bytes(gzip.compress(content, mtime=int(version.replace(".", ""))))
        after = hashlib.sha256(archive.read_bytes()).hexdigest()
        for name in ("module.yaml", "tosca.yaml"):
            text = (folder / name).read_text().replace(before, after)
            if name == "module.yaml":
                text = re.sub(r"(?m)^version: .*$", f"version: {version}", text)
                text = text.replace(
                    "changes:\n",
                    f"changes:\n  - {{version: {version}, date: '2026-01-01', kind: changed,"
                    " text: New.}\n",
                    1,
                )
                assert old in text
                text = text.replace(old, new) if old else text
            (folder / name).write_text(text)
        self.commit()

    def there(self) -> tuple[list[str], list[str]]:
        """Of the catalog, what lies and what runs on the host, by the host's own listing."""
        files = self.host.run(f"cd /home/{USER}/.deepcat 2>/dev/null && ls -A || true").split()
        files = [each for each in files if re.fullmatch("[0-9a-f]{12}", each)]
        words = self.host.processes().values()
        return files, [each for each in words if "/.deepcat/" in each]
