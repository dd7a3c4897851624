"""A version is trained again on a host by ssh, from the commit that made it; nothing is left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ssh_catalog import MODULE, Catalog
from ssh_hosts import Hosts
from waiting import until

from deepcat.records.store import Store
from deepcat.records.trainings import ENDED, REPRODUCED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.starts("hosts with sshd", "Ansible", "a training in a box"),
    pytest.mark.system("sshd", "ip", "nsenter", "git"),
    pytest.mark.xdist_group("ssh hosts"),
]
# What it makes is what its version has: the script copies it.
SCRIPT = """\
import json, os, shutil
out = os.environ["DEEPCAT_OUTPUT"]
shutil.copy("model.tar.gz", out)
with open(os.path.join(out, "metrics.json"), "w") as file:
    json.dump({"max_absolute_error": 0.0}, file)
"""


def _release(catalog: Catalog) -> None:
    """The version was trained from a commit whose script is no more."""
    folder = catalog.root / "modules" / MODULE
    (folder / "train.py").write_text(SCRIPT)
    data = yaml.safe_load((folder / "module.yaml").read_text())
    data["training"]["command"] = ["python3", "train.py"]
    (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    catalog.commit()
    head = ["git", "-C", str(catalog.root), "rev-parse", "HEAD"]
    commit = subprocess.run(head, check=True, capture_output=True, text=True).stdout.strip()
    (folder / "train.py").write_text("raise SystemExit(3)\n")
    data["training"]["run"] = {"id": "0123456789ab", "commit": commit, "from": "1.0.0"}
    data["version"] = "1.1.0"
    entry = {"version": "1.1.0", "date": "2026-01-02", "kind": "changed", "text": "Trained."}
    data["changes"] = [entry, *data.get("changes", [])]
    (folder / "module.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    (catalog.root / "deployments" / "demo.yaml").unlink()
    catalog.commit()


def test_a_killed_one_is_swept_and_the_next_agrees(tmp_path: Path) -> None:
    (tmp_path / "hosts").mkdir()
    hosts = Hosts(tmp_path / "hosts", 1)
    try:
        hosts.begin()
        catalog = Catalog(tmp_path / "catalog", hosts.all[0])
        catalog.begin(hosts.key)
        _release(catalog)
        words, store = ["reproduce", MODULE, "--on", "bare", "--json"], Store(catalog.root)
        killed = subprocess.Popen(
            [sys.executable, "-m", "deepcat", *words, "--yes"],
            cwd=catalog.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        (left,) = until(store.read_all, pause_s=0.3)
        killed.kill()
        killed.wait()
        said = catalog.deepcat(*words, "--yes")
        assert f"nobody waits for: {left}" in said
        (found,) = json.loads(said[said.index("[\n") : said.rindex("]") + 1])
        assert (found["version"], found["verdict"]) == ("1.1.0", "identical")
        assert found["hardware"]["cloud"] == "bare"
        assert not store.read_all()
        assert not [each for each in catalog.host.processes().values() if ".deepcat/" in each]
        known = store.read_trainings().values()
        (again,) = (each for each in known if each.by == REPRODUCED and each.state == ENDED)
        assert store.read_trainings()["0123456789ab"].reproduced["verdict"] == "identical"
        assert "[propose/repeated]" in catalog.deepcat("propose", again.training, ok=False)
    finally:
        hosts.end()
