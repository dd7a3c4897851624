"""What goes wrong in a real OpenStack while it is used: `make openstack`, as root."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from stack.catalog import Catalog
from stack.cloud import OUTSIDE, SMALL, Stack
from stack.federated import federate
from stack.lab import NOTHING, OWNER, cloud, means, quota, refusal
from waiting import until

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.openstack.kind import KIND

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "rigs" / "oidc"))
from oidc_server import provider

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


def _compute(stack: Stack) -> str:
    (node,) = stack.admin().compute.services(binary="nova-compute")
    return str(node.state)


def test_the_node_is_silent(stack: Stack, tmp_path: Path) -> None:
    own, given = cloud(stack), means(stack, tmp_path)
    assert KIND.make(own, given, "demo", SMALL, OWNER)  # type: ignore[attr-defined]
    stack.services.freeze("nova-compute")
    try:
        until(lambda: _compute(stack) == "down", pause_s=0.5)
        # What was there can go though its node is silent.
        assert KIND.unmake(own, given, "demo", SMALL)  # type: ignore[attr-defined]
        assert stack.left() == NOTHING
        error = refusal(stack, tmp_path)
    finally:
        stack.services.thaw("nova-compute")
        until(lambda: _compute(stack) == "up", pause_s=0.5)
    assert (error.kind, error.code) == ("capacity", "run/no-host")
    assert "No valid host was found" in error.message
    assert KIND.make(own, given, "demo", SMALL, OWNER)  # type: ignore[attr-defined]
    assert KIND.unmake(own, given, "demo", SMALL)  # type: ignore[attr-defined]
    assert stack.left() == NOTHING


def test_no_address_from_outside_is_allowed(stack: Stack, tmp_path: Path) -> None:
    with quota(stack, floating_ips=0):
        error = refusal(stack, tmp_path, floating=OUTSIDE)
    assert (error.kind, error.code) == ("quota", "run/quota")
    assert "floatingip" in error.message


def test_the_image_is_put_out_of_use(stack: Stack, tmp_path: Path) -> None:
    image = stack.admin().image
    found = image.find_image("debian")
    image.deactivate_image(found)
    try:
        error = refusal(stack, tmp_path)
    finally:
        image.reactivate_image(found)
    assert (error.kind, error.code) == ("cloud", "run/image")


def test_a_lifetime_that_is_over_takes_the_server_away(stack: Stack, tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog", stack)
    catalog.begin()
    catalog.wish(lifetime="1s")
    catalog.deepcat("apply", "--yes")
    assert len(stack.left()["servers"]) == 1
    time.sleep(1.1)  # its lifetime, by the clock
    said = catalog.deepcat("apply", "--yes")
    assert "demo" in said
    assert stack.left() == NOTHING


def test_somebody_logs_in_by_a_token_of_another_provider(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider() as known:
        for name, value in known.environment.items():
            monkeypatch.setenv(name, value)
        told = federate(stack, known.url)
        own = cloud(stack, login={**told, "token": "oidc:openstack"})
        given = Means(tmp_path, "f" * 12, deadline_s=120.0)
        assert KIND.probe(own, given).healthy, KIND.probe(own, given).detail
        try:
            assert KIND.make(own, given, "demo", SMALL, OWNER)  # type: ignore[attr-defined]
        finally:
            KIND.unmake(own, given, "demo", SMALL)  # type: ignore[attr-defined]
        assert stack.left() == NOTHING
        strange = cloud(stack, login={**told, "token": "oidc:elsewhere"})
        _is_refused(strange, given)
    _is_refused(own, Means(tmp_path, "f" * 12, lambda _: "no.token.atall", deadline_s=120.0))


def _is_refused(own: Cloud, given: Means) -> None:
    probe = KIND.probe(own, given)
    assert (probe.healthy, probe.refused) == (False, True), probe.detail
