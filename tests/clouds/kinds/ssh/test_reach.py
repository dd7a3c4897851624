"""Hosts that are cut off while their connection is shared, or show another key; many at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ssh_hosts import USER, Hosts

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.ssh.kind import KIND
from deepcat.errors import DeepcatError
from deepcat.remote import ssh

# A command gives up after 12 s; a busy machine needs some more to say so.
HANGS_S = 30.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.starts("hosts with sshd"),
    pytest.mark.system("sshd", "ip", "nsenter"),
    pytest.mark.xdist_group("ssh hosts"),
]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    found = Hosts(tmp_path_factory.mktemp("reach"), 2)
    try:
        found.begin()
        yield found
    finally:
        found.end()


@pytest.fixture
def means(tmp_path: Path) -> Means:
    # Longer than anybody may wait, so that it is ssh that knows and no deadline of ours.
    return Means(tmp_path, "0123456789ab", deadline_s=4 * HANGS_S)


def _cloud(hosts: Hosts, named: dict[str, Any], **more: Any) -> Cloud:
    section = {
        "hosts": named, "user": USER, "identity": str(hosts.key),
        "known_hosts": [each.known for each in hosts.all], **more,
    }  # fmt: skip
    return Cloud("bare", "clouds/bare.yaml", KIND.name, {KIND.name: section})


def _soon(**asks: Callable[[], object]) -> dict[str, Any]:
    """What each gives or raises, all asked at once; none of them hangs."""
    told: dict[str, Any] = {}

    def asked(name: str) -> None:
        try:
            told[name] = asks[name]()
        except Exception as error:  # whatever it is, it is no silence
            told[name] = error

    threads = [threading.Thread(target=asked, args=(name,), daemon=True) for name in asks]
    for thread in threads:
        thread.start()
    until = time.monotonic() + HANGS_S
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    assert sorted(told) == sorted(asks), "the others hang"
    for each in told.values():
        if isinstance(each, Exception) and not isinstance(each, DeepcatError):
            raise each
    return told


def test_who_asks_of_a_host_that_was_cut_off_knows_it_soon(hosts: Hosts, means: Means) -> None:
    inner, gate = hosts.all
    way = [f"{USER}@{gate.address}:22"]
    direct = _cloud(hosts, {"one": {"address": inner.address}})
    behind = _cloud(hosts, {"behind": {"address": inner.address, "jump": way}})
    # Each has a connection that is shared when the cable is pulled.
    for cloud in (direct, behind):
        assert KIND.probe(cloud, means).healthy
    assert KIND.observe([direct], means).clouds == {"bare"}
    resources = {"logs": ["a.log"]}
    inner.cut()
    try:
        told = _soon(
            run=lambda: ssh.run(
                KIND.reach(direct, means, "demo", "one").link, "true", timeout_s=4 * HANGS_S
            ),
            probe=lambda: KIND.probe(direct, means),
            behind=lambda: KIND.probe(behind, means),
            observe=lambda: KIND.observe([direct, behind], means),
            logs=lambda: list(KIND.logs(direct, "demo", "one", resources, means, 5, follow=True)),
        )
    finally:
        inner.restore()
    assert told["run"].code == "remote/unreachable"
    for name in ("probe", "behind"):
        assert not told[name].healthy
        assert f"`{inner.address}` is not reached by ssh" in told[name].detail
    assert told["observe"].clouds == frozenset(), "silent is unknown, never empty"
    assert told["logs"] == []
    assert KIND.probe(direct, means).healthy, "a connection that died holds up nobody after"


def test_a_host_that_was_set_up_anew_is_not_talked_to(hosts: Hosts, means: Means) -> None:
    one, other = hosts.all
    lying = [f"{one.address} {other.public}"]
    cloud = _cloud(hosts, {"one": {"address": one.address}}, known_hosts=lying)
    seen = KIND.probe(cloud, means)
    assert not seen.healthy
    assert "shows another key than the one that is pinned" in seen.detail
    assert KIND.observe([cloud], means).clouds == frozenset()


def test_one_of_fifty_hosts_that_is_away_holds_up_none_of_the_others(
    hosts: Hosts, means: Means
) -> None:
    up, down = hosts.all
    named = {f"h{number:02}": {"address": up.address} for number in range(49)}
    cloud = _cloud(hosts, {**named, "away": {"address": down.address}})
    down.cut()
    try:
        told = _soon(
            probe=lambda: KIND.probe(cloud, means), observe=lambda: KIND.observe([cloud], means)
        )
    finally:
        down.restore()
    assert told["probe"].healthy, "all but one are there"
    assert [each.name for each in told["probe"].shapes if each.down] == ["away"]
    assert told["observe"].shapes == {("bare", name) for name in named}
