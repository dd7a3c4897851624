"""Servers that a real OpenStack keeps apart, or together: by `make openstack`."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from stack.cloud import SMALL, Stack
from stack.lab import NOTHING, OWNER, cloud, means, refusal

from deepcat.clouds.kinds.openstack.edge import Project
from deepcat.clouds.kinds.openstack.kind import KIND
from deepcat.clouds.kinds.openstack.names import group_of
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
POLICY = "soft-anti-affinity"
_MAKES = """
import json, os, sys
from pathlib import Path
from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.openstack.edge import Project
own = Cloud("lab", "clouds/lab.yaml", "openstack", {"openstack": json.loads(sys.argv[1])})
given = Means(Path.cwd(), "0" * 12, lambda _: os.environ["STACK_SECRET"], deadline_s=120.0)
project = Project(own, given)
project.servers("deepcat")
print("ready", flush=True)
for catalog in sys.stdin:
    print(project.server_groups.wanted(project.own, catalog.strip()), flush=True)
project.close()
"""


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


def test_who_make_one_at_once_share_it(stack: Stack, tmp_path: Path) -> None:
    section = json.dumps(stack.section(server_group={"policy": POLICY}))
    compute = stack.ours().compute
    words = [sys.executable, "-c", _MAKES, section]
    begun = partial(
        subprocess.Popen, words, cwd=tmp_path, env=stack.environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with ExitStack() as kept:
        makers = [kept.enter_context(begun()) for _ in range(3)]
        ways = [(each.stdin, each.stdout) for each in makers if each.stdin and each.stdout]
        assert [out.readline() for _, out in ways] == ["ready\n"] * 3
        for number in range(3):
            catalog = f"{number:012x}"
            for given, _ in ways:
                given.write(f"{catalog}\n")
                given.flush()
            used = {out.readline().strip() for _, out in ways}
            groups = list(compute.server_groups())
            assert [each.id for each in groups] == list(used), f"of round {number}"
            assert groups[0].name == group_of(catalog, POLICY)
            compute.delete_server_group(groups[0])
    assert stack.left() == NOTHING


def test_of_several_the_one_with_servers_is_used_and_all_go(stack: Stack, tmp_path: Path) -> None:
    shared, given = cloud(stack, server_group={"policy": POLICY}), means(stack, tmp_path)
    compute, name = stack.ours().compute, group_of(given.catalog, POLICY)
    try:
        # Of those who made them at once one was killed right after that. No server begins by
        # taking them away.
        made = [compute.create_server_group(name=name, policy=POLICY).id for _ in range(2)]
        own = cloud(stack, server_group={"name": max(made)})
        assert MAKER.make(own, given, "demo", SMALL, OWNER)
        assert {each.id for each in compute.server_groups()} == set(made)
        project = Project(shared, given)
        try:
            assert project.server_groups.wanted(project.own, given.catalog) == max(made)
        finally:
            project.close()
        assert MAKER.unmake(shared, given, "demo", SMALL)
    finally:
        MAKER.unmake(shared, given, "demo", SMALL)
    assert stack.left() == NOTHING
