"""Servers that a real OpenStack keeps apart, or together: by `make openstack`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stack.cloud import SMALL, Stack
from stack.lab import NOTHING, OWNER, cloud, means, refusal

from deepcat.clouds.kinds.openstack.kind import KIND
from deepcat.host.failure import StepError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.starts("OpenStack", "hosts with sshd"),
    pytest.mark.system("mariadbd", "sshd", "ip", "nsenter"),
    pytest.mark.timeout(2400),
    # The rig's own connections end with the process.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
MAKER: Any = KIND


def test_servers_are_kept_apart_and_the_group_goes_with_the_last(
    stack: Stack, tmp_path: Path
) -> None:
    own, given = cloud(stack, server_group={"policy": "anti-affinity"}), means(stack, tmp_path)
    soft = cloud(stack, server_group={"policy": "soft-anti-affinity"})
    try:
        assert MAKER.make(own, given, "demo", SMALL, OWNER)
        (group,) = stack.ours().compute.server_groups()
        assert (group.policy, group.member_ids) == (
            "anti-affinity", [next(stack.ours().compute.servers()).id],
        )  # fmt: skip
        # There is one host alone.
        with pytest.raises(StepError) as caught:
            MAKER.make(own, given, "other", SMALL, {**OWNER, "name": "other"})
        assert (caught.value.kind, caught.value.code) == ("capacity", "run/server-group")
        assert "No valid host was found" in caught.value.message
        assert "and 1 more in it" in caught.value.message
        assert len(stack.left()["servers"]) == len(stack.left()["server groups"]) == 1
        assert MAKER.make(soft, given, "other", SMALL, {**OWNER, "name": "other"})
        assert MAKER.unmake(soft, given, "other", SMALL)
        assert stack.left()["server groups"] == [group.name]
    finally:
        MAKER.unmake(own, given, "other", SMALL)
        MAKER.unmake(own, given, "demo", SMALL)
    assert stack.left() == NOTHING


def test_one_that_is_somebodys_is_used_and_stays(stack: Stack, tmp_path: Path) -> None:
    own, given = cloud(stack, server_group={"name": "models"}), means(stack, tmp_path)
    error = refusal(stack, tmp_path, server_group={"name": "models"})
    assert (error.kind, error.code) == ("cloud", "run/server-group")
    assert "no server group `models`" in KIND.probe(own, given).detail
    compute = stack.ours().compute
    made = compute.create_server_group(name="models", policy="affinity")
    try:
        assert KIND.probe(own, given).healthy
        assert MAKER.make(own, given, "demo", SMALL, OWNER)
        (group,) = compute.server_groups()
        assert len(group.member_ids) == 1
        assert MAKER.unmake(own, given, "demo", SMALL)
        assert [each.id for each in compute.server_groups()] == [made.id]
    finally:
        MAKER.unmake(own, given, "demo", SMALL)
        compute.delete_server_group(made)
    assert stack.left() == NOTHING
