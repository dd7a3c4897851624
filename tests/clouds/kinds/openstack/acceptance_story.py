"""One module, one file edited: this machine is full, then the cluster, and OpenStack takes it.

`make openstack`, as root; no part of `make test`. A real control plane with one real node and real
services of OpenStack stand beside each other, which takes minutes and some gigabytes of memory.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloud_story import Story, catalog
from conformance.grounds.kubernetes import Kubernetes
from conformance.grounds.openstack import OpenStack

from deepcat.clouds.kinds.local.hosts import local_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.starts("OpenStack", "a cluster", "hosts with sshd", "Ansible"),
    pytest.mark.system("mariadbd", "sshd", "ip", "nsenter", "go", "containerd", "runc"),
    pytest.mark.timeout(2400),
    # The rigs' own connections end with the process.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
WISH = "deployments/demo.yaml"
TEXT = """\
apiVersion: deepcat/v1
module: half-plus-two
version: ^1.0.0
profile: serve
placement: {clouds: [here]}
inputs: {rest_port: 0, grpc_port: 0}
owner: ada
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Kubernetes]:
    (tmp_path / "cluster").mkdir()
    made = Kubernetes(tmp_path / "cluster")
    yield made
    made.end()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[OpenStack]:
    (tmp_path / "lab").mkdir()
    made = OpenStack(tmp_path / "lab")
    yield made
    made.end()


def test_full_here_then_in_the_cluster_and_only_the_wish_is_edited(
    tmp_path: Path, cluster: Kubernetes, lab: OpenStack
) -> None:
    root = tmp_path / "catalog"
    with catalog(root):
        story = Story(root, {})
        _write_clouds(story, root, cluster, lab)
        story.write(WISH, TEXT)
        _fill(local_folder(root))
        try:
            said = story.run("apply", "--yes", ends=1)
            assert "[run/disk-full]" in said
            story.edit(WISH, "[here]", "[here, cluster]")
            assert "here was passed over (capacity)" in story.run("apply", "--yes")
            assert _where(story) == ("running", "cluster")
            assert "The answers agree." in story.run("predict", "demo", "--sample", "1")
            # Its node is emptied, and takes nothing new.
            cluster.faults["full"](root, "demo")
            cluster.faults["keeper killed"](root, "demo")
            assert _where(story)[0] == "failed"
            story.edit(WISH, "[here, cluster]", "[here, cluster, lab]")
            story.run("apply", "--yes")
            assert _where(story) == ("running", "lab")
            assert "The answers agree." in story.run("predict", "demo", "--sample", "1")
            assert not cluster.there(root).get("demo")
            assert lab.there(root)["demo"]
        finally:
            cluster.mend()
            subprocess.run(["umount", "-l", str(local_folder(root))], check=True)
        story.run("destroy", "demo", "--yes")
        assert not lab.there(root).get("demo")
        assert "No orphans" in story.run("clouds", "orphans")


def _write_clouds(story: Story, root: Path, cluster: Kubernetes, lab: OpenStack) -> None:
    clouds = {
        "here": {"kind": "local"},
        "cluster": dict(cluster.clouds(root)["first"]),
        "lab": dict(lab.clouds(root)["first"]),
    }
    for name, data in clouds.items():
        head = {"apiVersion": "deepcat/v1", "name": name, "summary": f"The {name}.", **data}
        story.write(f"clouds/{name}.yaml", json.dumps(head, indent=1))


def _fill(folder: Path) -> None:
    """Next to no room is left on this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", str(folder)], check=True)


def _where(story: Story) -> tuple[Any, Any]:
    (row,) = json.loads(story.run("status", "--json"))
    return row["status"], row["cloud"]
