"""A deployment on a real cluster that is a training, step by step."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cluster.control_plane import Cluster
from waiting import until
from wheels import pin, wheel

from deepcat.clouds.kinds.kubernetes.kind import KIND
from pods.given import Run, cloud, means

LEARNS = Path(__file__).resolve().parents[1] / "conformance" / "learns"


def wheels(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay what the module requires below a folder, and let pip look nowhere else."""
    folder = wheel(root / "wheels", "slope", "STEP = 0.5\n").parent
    settings = root / "pip.conf"
    settings.write_text(f"[global]\nno-index = true\nfind-links = {folder}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


class Trains:
    """One deployment that is a training of the module `learns`, run by run.

    Args:
        cluster: with a real node.
        lab: its namespace there.
        image: of the runtime, by its digest.
        root: where `wheels` laid what it requires.
        name: its own.
        own: more of the cloud's file.
    """

    def __init__(
        self, cluster: Cluster, lab: str, image: str, root: Path, name: str = "demo", **own: Any
    ) -> None:
        login = {"kubeconfig": f"file:{cluster.kubeconfig}"}
        self.cloud, self.name = cloud(login, lab, image=image, **own), name
        self.means, self.root = means(root), root
        self.values: dict[str, Any] = {}
        self.said: list[str] = []
        self._runs = count(1)

    def begin(
        self,
        inputs: Mapping[str, Any],
        run: Mapping[str, Any],
        brings: Mapping[str, bytes] | None = None,
        **more: Any,
    ) -> bool:
        """Hand it over, with further files that the run brings; whether it was handed over now."""
        name = f"r{next(self._runs)}"
        own = {"deployment": self.name, **self.values, "training": dict(run)}
        made = Run(self.cloud, self.means, name, servers=0, timeout=240, **own)
        files = Path(str(made.values["files"]))
        shutil.rmtree(files / "module")
        shutil.copytree(LEARNS, files / "module")
        package = self.root / "wheels" / "slope-0.1-py3-none-any.whl"
        (files / "module" / "requirements.lock").write_text(f"{pin(package, 'slope')}\n")
        for path, content in (brings or {}).items():
            (files / path).parent.mkdir(parents=True, exist_ok=True)
            (files / path).write_bytes(content)
        given = {"epochs": 3, "pause": 0, "does": "", "ran": "ran", **inputs}
        own = {"command": "python train.py", "requirements": "requirements.lock", "inputs": given}
        node = {"name": "training", "type": "deepcat.nodes.TrainingJob", "properties": own | more}
        told = [made.step("begin"), made.step("job", node=node), made.step("prove")]
        self.said = [str(each.get("msg") or "") for each in told]
        assert not any(each.get("failed") for each in told), told
        assert not made.step("settle").get("failed")
        return bool(told[1]["changed"])

    def told(self) -> dict[str, Any]:
        (found,) = KIND.gather(self.cloud, self.name, "cpu", {}, self.means)  # type: ignore[attr-defined]
        return dict(found)

    def bring(self, into: Path) -> None:
        KIND.bring(self.cloud, self.name, "cpu", {}, self.means, "training", into)  # type: ignore[attr-defined]

    def until(self, state: str) -> dict[str, Any]:
        until(lambda: self.told()["state"] == state, patience_s=240)
        return self.told()

    def delete(self) -> None:
        made = Run(self.cloud, self.means, f"r{next(self._runs)}", deployment=self.name)
        told = made.step("delete")
        assert not told.get("failed"), told
