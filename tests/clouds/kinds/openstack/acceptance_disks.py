"""Servers that start from a volume, and keypairs, on a real OpenStack: by `make openstack`."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from stack.catalog import Catalog
from stack.cloud import SMALL, Stack
from stack.lab import NOTHING, OWNER, cloud, means, quota, refusal
from waiting import until

from deepcat.clouds.kinds.openstack.kind import KIND

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.starts("OpenStack", "hosts with sshd", "Ansible"),
    pytest.mark.system("mariadbd", "sshd", "ip", "nsenter"),
    pytest.mark.timeout(2400),
    # The rig's own connections end with the process.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_a_server_starts_from_a_volume_of_its_own_which_goes_with_it(
    stack: Stack, tmp_path: Path
) -> None:
    ours = stack.ours()
    ours.compute.create_keypair(name="operators")
    own, given = cloud(stack, disk={"size": 40}, keypair="operators"), means(stack, tmp_path)
    shapes = KIND.probe(own, given).shapes
    assert {each.disk_MiB for each in shapes} == {40 << 10}
    try:
        assert KIND.make(own, given, "demo", SMALL, OWNER)  # type: ignore[attr-defined]
        (server,) = ours.compute.servers()
        (volume,) = ours.block_storage.volumes()
        assert server.key_name == "operators"
        assert [each["id"] for each in server.attached_volumes] == [volume.id]
        assert (volume.size, volume.is_bootable, volume.status) == (40, True, "in-use")
        assert volume.metadata["deepcat.deployment"] == "demo"
        assert not KIND.make(own, given, "demo", SMALL, OWNER)  # type: ignore[attr-defined]
        # The word is gone from the file, and what it made is still found.
        assert KIND.unmake(cloud(stack), given, "demo", SMALL)  # type: ignore[attr-defined]
    finally:
        KIND.unmake(own, given, "demo", SMALL)  # type: ignore[attr-defined]
        ours.compute.delete_keypair("operators")
    assert stack.left() == NOTHING


def test_killed_once_the_volume_is_made_nothing_is_left(stack: Stack, tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog", stack)
    catalog.begin(disk={"size": 40})
    with catalog.start("apply", "--yes") as process:
        until(lambda: stack.left()["volumes"] or process.poll() is not None)
        os.kill(process.pid, signal.SIGKILL)
    assert stack.left()["volumes"]
    catalog.deepcat("destroy", "demo", "--yes")
    assert stack.left() == NOTHING


def test_there_is_no_volume_for_it(stack: Stack, tmp_path: Path) -> None:
    for limits in ({"volumes": 0}, {"gigabytes": 10}):
        with quota(stack, **limits):
            error = refusal(stack, tmp_path, disk={"size": 40})
        assert (error.kind, error.code) == ("quota", "run/quota"), error.message
    error = refusal(stack, tmp_path, disk={"size": 40, "type": "none"})
    assert error.kind == "cloud"
    assert "none" in error.message


def test_there_is_no_such_keypair(stack: Stack, tmp_path: Path) -> None:
    error = refusal(stack, tmp_path, keypair="none")
    assert (error.kind, error.code) == ("cloud", "run/openstack")
    assert "keypair" in error.hint
