"""JupyterLab on a host by ssh that reaches no package index, opened through a tunnel."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import notebooks
import pytest
from ssh_catalog import MODULE, Catalog
from ssh_hosts import Hosts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.starts("hosts with sshd", "Ansible", "JupyterLab"),
    pytest.mark.system("sshd", "ip", "nsenter", "git"),
    pytest.mark.xdist_group("ssh hosts"),
]


def test_it_is_brought_opened_and_its_work_comes_back(tmp_path: Path) -> None:
    (tmp_path / "hosts").mkdir()
    hosts = Hosts(tmp_path / "hosts", 1)
    try:
        hosts.begin()
        theirs = hosts.all[0].run("python3 -c 'import sys; print(*sys.version_info[:2])'")
        if tuple(map(int, theirs.split())) != sys.version_info[:2]:
            pytest.skip("the host's Python is another than that of the packages that are here")
        catalog = Catalog(tmp_path / "catalog", hosts.all[0])
        catalog.begin(hosts.key)
        (catalog.root / "modules" / MODULE / "train.py").write_text("print(1)\n")
        cloud = catalog.root / "clouds" / "bare.yaml"
        data = json.loads(cloud.read_text())
        data["ssh"]["user"] = (
            "root"  # a box that isolates takes namespaces, which the rig's users lack
        )
        cloud.write_text(json.dumps(data))
        path = catalog.root / "deployments" / "demo.yaml"
        wish = json.loads(path.read_text()) | {"profile": "develop", "inputs": {}}
        path.write_text(json.dumps(wish))
        catalog.commit()
        with notebooks.opened(catalog.root, "demo") as told:
            address, token = told["address"], notebooks.token(told["address"])
            assert notebooks.status(address, "api/contents") == 403
            assert notebooks.status(address, "api/contents", Authorization=f"token {token}") == 200
        assert catalog.state()["status"] == "running"
        catalog.deepcat("develop", "stop", "demo")
        said = catalog.deepcat("status")
        assert "stopped" in said
        assert "nobody can work there now: somebody asked for it" in said
        assert catalog.state()["status"] == "stopped"
        kept = catalog.host.run("ls -d /root/.deepcat/*/.work/demo/notebook/files").strip()
        catalog.host.run(f"echo '# better' >> {kept}/train.py")
        said = catalog.deepcat("develop", "save", "demo", "-m", "Better")
        assert "Proposed: deepcat/develop/demo" in said
        catalog.deepcat("destroy", "demo", "--yes", "--discard")
        assert catalog.host.run(f"ls -d {kept} 2>/dev/null || true") == ""
    finally:
        hosts.end()
