"""What the steps of a run are given, for tests that take them without Ansible."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.kubernetes import steps

IMAGE = "registry.example/serving@sha256:" + "0" * 64


def means(root: Path, catalog: str = "cat") -> Means:
    return Means(root, catalog, deadline_s=30)


def cloud(login: Mapping[str, Any], namespace: str, **more: Any) -> Cloud:
    own = {"login": dict(login), "namespace": namespace, "image": IMAGE, **more}
    data = {"kubernetes": own}
    return Cloud(name="lab", kind="kubernetes", path="clouds/lab.yaml", data=data)


class Run:
    """One run of one deployment with one server and one model, step by step."""

    def __init__(
        self, cloud: Cloud, means: Means, run: str, content: bytes = b"a model", **values: Any
    ) -> None:
        self.cloud, self.means, self.content = cloud, means, content
        self.name = str(values.get("deployment", "demo"))
        files = means.root / "files" / run / self.name
        (files / "module").mkdir(parents=True, exist_ok=True)
        owner = {"name": self.name, "catalog": means.catalog, "status": "pending"}
        (files / "owner.json").write_text(json.dumps({**owner, "shape": "cpu"}))
        (files / "samples.json").write_text("[{}, {}]")
        (files / "module" / "m.tar.gz").write_bytes(content)
        keeper = {"module": "kubernetes", "shape": "cpu", "needs": {"cpus": 0.5, "memory_MiB": 64}}
        self.values = {
            **{"deployment": self.name, "run": run, "files": str(files), "servers": 1},
            **{"place": f"k/{self.name}", "timeout": 300, "keeper": keeper, "attributes": {}},
            **values,
        }

    def step(self, step: str, **values: Any) -> Mapping[str, Any]:
        return steps.take(self.cloud, self.means, {**self.values, "step": step, **values})

    def made(self, **several: Any) -> list[Mapping[str, Any]]:
        """Its place taken, its model noted, its server's pods asked for.

        Args:
            several: more of the server's node, as to how many of it run.
        """
        sha256 = hashlib.sha256(self.content).hexdigest()
        model = {"name": "half", "version": 1, "archive": "m.tar.gz", "sha256": sha256}
        needs = {"requirements": {"model": ["model"]}}
        server = {"name": "server", "properties": {}, **needs, **several}
        return [
            self.step("begin"),
            self.step("model", node={"name": "model", "properties": model}),
            self.step("server", node=server),
        ]

    def all(self, **several: Any) -> Mapping[str, Any]:
        """What the last step gave: settled, or why it was not proved, and then taken away."""
        for told in (*self.made(**several), self.step("prove")):
            if told.get("failed"):
                self.step("abandon")
                return told
        return self.step("settle")
