"""The kind against a real OpenStack whose guests are hosts with sshd: `make openstack`, as root.

No part of `make test`: the first run installs the services and seeds their databases for minutes.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from stack.catalog import Catalog
from stack.cloud import CARD, OUTSIDE, SMALL, Stack
from stack.lab import NOTHING, OWNER, cloud, means, quota, refusal

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.openstack.edge import Project
from deepcat.clouds.kinds.openstack.kind import KIND
from deepcat.host.failure import StepError

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


@pytest.fixture
def catalog(stack: Stack, tmp_path: Path) -> Catalog:
    made = Catalog(tmp_path / "catalog", stack)
    made.begin()
    return made


def test_brought_up_asked_kept_and_taken_down(stack: Stack, catalog: Catalog) -> None:
    said = catalog.deepcat("clouds", "probe", "lab")
    assert "1 × A100-40GB" in said
    said = catalog.deepcat("apply", "--yes")
    assert "make its machine: ok" in said
    assert "5 samples passed" in said
    assert catalog.predict() == [2.5]
    assert "Nothing to do" in catalog.deepcat("apply", "--yes")
    found = stack.left()
    assert [len(found[each]) for each in ("servers", "ports", "groups")] == [1, 1, 1]
    (server,) = stack.ours().compute.servers()
    assert server.metadata["deepcat.deployment"] == "demo"
    assert any(tag.startswith("deepcat-catalog-") for tag in server.tags)
    # It is stopped by hand: that is seen, and mended with the machine that is there.
    stack.ours().compute.stop_server(server)
    _wait(lambda: stack.ours().compute.get_server(server.id).status == "SHUTOFF")
    assert "failed" in catalog.deepcat("status")
    catalog.deepcat("apply", "--yes")
    assert catalog.predict() == [2.5]
    assert [each.id for each in stack.ours().compute.servers()] == [server.id]
    # It is taken away by hand, and its port stays: another one takes its place.
    stack.ours().compute.delete_server(server)
    _wait(lambda: not stack.left()["servers"])
    catalog.deepcat("apply", "--yes")
    assert catalog.predict() == [2.5]
    found = stack.left()
    assert [len(found[each]) for each in ("servers", "ports", "groups")] == [1, 1, 1]
    catalog.deepcat("destroy", "demo", "--yes")
    assert stack.left() == NOTHING
    assert "orphan" not in catalog.deepcat("clouds", "orphans").lower().replace("no orphan", "")


def _wait(done: Any, patience_s: float = 120.0) -> None:
    until = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.mark.parametrize("kind", ["groups", "ports", "servers"])
def test_killed_once_something_is_made_nothing_is_left(
    stack: Stack, catalog: Catalog, kind: str
) -> None:
    with catalog.start("apply", "--yes") as process:
        _wait(lambda: stack.left()[kind] or process.poll() is not None)
        os.kill(process.pid, signal.SIGKILL)
    assert stack.left()[kind]
    catalog.deepcat("destroy", "demo", "--yes")
    assert stack.left() == NOTHING


def test_what_lost_its_record_is_an_orphan_and_is_swept(stack: Stack, catalog: Catalog) -> None:
    own = Cloud("lab", "clouds/lab.yaml", "openstack", {"openstack": stack.section()})
    from deepcat.catalog.identity import identity

    given = Means(catalog.root, identity(catalog.root), lambda _: stack.credential["secret"])
    project = Project(own, given)
    from deepcat.clouds.kinds.openstack import names

    of = names.Of(given.catalog, "gone", SMALL)
    project.create_group(of.name, names.description(of, OWNER), of.tags, ["0.0.0.0/0"])
    project.close()
    (found,) = KIND.observe([own], given).found
    assert (found.name, found.shape, found.up) == ("gone", SMALL, frozenset())
    assert KIND.unmake(own, given, "gone", SMALL)  # type: ignore[attr-defined]
    assert not KIND.unmake(own, given, "gone", SMALL)  # type: ignore[attr-defined]
    assert stack.left() == NOTHING


def test_there_is_no_host_for_it(stack: Stack, tmp_path: Path) -> None:
    admin = stack.admin()
    flavour = admin.compute.create_flavor(name="many", vcpus=1, ram=512, disk=1)
    try:
        admin.compute.create_flavor_extra_specs(flavour, {"pci_passthrough:alias": "a100:8"})
        error = refusal(stack, tmp_path, "many")
    finally:
        admin.compute.delete_flavor(flavour)
    assert (error.kind, error.code) == ("capacity", "run/no-host")
    assert "No valid host was found" in error.message


def test_quotas(stack: Stack, tmp_path: Path) -> None:
    with quota(stack, instances=0):
        error = refusal(stack, tmp_path)
        assert (error.kind, error.code) == ("quota", "run/quota")
        assert "Quota exceeded for instances" in error.message
        assert ("deployments", 0.0) in KIND.probe(cloud(stack), means(stack, tmp_path)).limits
    with quota(stack, ports=0):
        error = refusal(stack, tmp_path)
        assert (error.kind, error.code) == ("quota", "run/quota")
        assert "port" in error.message


def test_it_cannot_be_built(stack: Stack, tmp_path: Path) -> None:
    told = stack.services.guests / "refuses"
    told.write_text("the disk has burnt")
    try:
        error = refusal(stack, tmp_path)
    finally:
        told.unlink()
    assert error.kind in ("cloud", "capacity")
    assert "could not be made" in error.message


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ({"image": {"name": "none"}}, "run/image"),
        ({"image": {"properties": {"os_distro": "none"}}}, "run/image"),
        ({"network": "none"}, "run/network"),
        ({"floating": "none"}, "run/network"),
    ],
)
def test_what_it_needs_is_not_there(
    stack: Stack, tmp_path: Path, section: dict[str, Any], code: str
) -> None:
    error = refusal(stack, tmp_path, **section)
    assert (error.kind, error.code) == ("cloud", code)
    probe = KIND.probe(cloud(stack, **section), means(stack, tmp_path))
    assert not probe.healthy
    assert "none" in probe.detail


def test_a_server_is_reached_from_outside(stack: Stack, tmp_path: Path) -> None:
    own, given, is_over = cloud(stack, floating=OUTSIDE), means(stack, tmp_path), Event()

    def lend() -> None:
        network = stack.ours().network
        while not is_over.wait(0.3):
            for each in network.ips():
                if stack.guests.lend(each.fixed_ip_address, each.floating_ip_address):
                    return

    lending = Thread(target=lend)
    lending.start()
    try:
        assert KIND.make(own, given, "demo", SMALL, OWNER)  # type: ignore[attr-defined]
        link = KIND.reach(own, given, "demo", SMALL).link
        assert link is not None
        assert link.host.startswith("198.51.100.")
        assert not KIND.make(own, given, "demo", SMALL, OWNER)  # type: ignore[attr-defined]
    finally:
        is_over.set()
        lending.join()
        KIND.unmake(own, given, "demo", SMALL)  # type: ignore[attr-defined]
    assert stack.left() == NOTHING


def test_no_address_from_outside_is_left(stack: Stack, tmp_path: Path) -> None:
    network = stack.admin().network
    last = network.create_ip(floating_network_id=network.find_network(OUTSIDE).id)
    try:
        error = refusal(stack, tmp_path, floating=OUTSIDE)
    finally:
        network.delete_ip(last)
    assert (error.kind, error.code) == ("capacity", "run/addresses")


def test_a_key_is_taken_from_the_console_alone(stack: Stack, tmp_path: Path) -> None:
    stack.guests.silent = True
    try:
        error = refusal(stack, tmp_path, wait=20)
    finally:
        stack.guests.silent = False
    assert (error.kind, error.code) == ("cloud", "run/console")


def test_a_host_with_another_key_is_not_talked_to(stack: Stack, tmp_path: Path) -> None:
    stack.guests.lies = True
    try:
        error = refusal(stack, tmp_path)
    finally:
        stack.guests.lies = False
    assert (error.kind, error.code) == ("cloud", "remote/host-key")


def test_a_token_that_ends_is_renewed_and_a_credential_that_ends_is_told(
    stack: Stack, tmp_path: Path
) -> None:
    ours = stack.ours()
    made = ours.identity.create_application_credential(
        ours.current_user_id, "short", roles=[{"name": "member"}]
    )
    own = cloud(stack)
    login = {**own.data["openstack"]["login"], "id": made.id}
    own.data["openstack"]["login"] = login
    given = Means(tmp_path, "0" * 12, lambda _: made.secret)
    project = Project(own, given)
    token = project._cloud.session.get_token()
    # Nova keeps a token that it has seen for a while; the identity service does not.
    stack.admin().session.delete(
        f"{own.data['openstack']['login']['address']}/auth/tokens",
        headers={"X-Subject-Token": token}, authenticated=True,
    )  # fmt: skip
    assert {each["name"] for each in project.flavours()} >= {SMALL, CARD}
    assert project.network("models")
    project.close()
    ours.identity.delete_application_credential(ours.current_user_id, made.id)
    probe = KIND.probe(own, given)
    assert (probe.healthy, probe.refused) == (False, True), probe.detail
    with pytest.raises(StepError) as caught:
        KIND.make(own, given, "demo", SMALL, OWNER)  # type: ignore[attr-defined]
    assert (caught.value.kind, caught.value.code) == ("auth", "run/denied")
