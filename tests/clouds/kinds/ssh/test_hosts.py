"""What a cloud's file says of its hosts, and what a host's script says, as values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.judging.schema import is_valid
from deepcat.catalog.reading.units import UnitKind
from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.ssh.hosts import base, link, reach
from deepcat.clouds.kinds.ssh.probe import shape, skew, unfit
from deepcat.clouds.offers import Shape
from deepcat.errors import DeepcatError
from deepcat.remote.link import Link

PINNED = "10.0.0.11 ssh-ed25519 AAAA"
ROOT = Path("/catalog")
PROXY = {"name": "models.example.org", "certificate": "/srv/chain.pem", "key": "/srv/key.pem"}


def cloud(**section: Any) -> Cloud:
    hosts = {"one": {"address": "10.0.0.11"}, "two": {"user": "eve", "port": 2222}, "three": None}
    data = {"kind": "ssh", "ssh": {"hosts": hosts, "known_hosts": [PINNED], **section}}
    return Cloud("bare", "clouds/bare.yaml", "ssh", data)


PLAIN = Link("10.0.0.11", known_hosts=(PINNED,))


@pytest.mark.parametrize(
    ("section", "name", "wanted"),
    [
        ({}, "one", PLAIN),
        ({}, "", PLAIN),
        ({}, "two", replace(PLAIN, host="two", user="eve", port=2222)),
        ({"user": "ada", "port": 23}, "one", replace(PLAIN, user="ada", port=23)),
        ({"user": "ada"}, "two", replace(PLAIN, host="two", user="eve", port=2222)),
        ({"jump": ["ops@b:22"]}, "three", replace(PLAIN, host="three", jump=("ops@b:22",))),
        ({"identity": "keys/id"}, "one", replace(PLAIN, identity="/catalog/keys/id")),
        ({"identity": "/keys/id"}, "one", replace(PLAIN, identity="/keys/id")),
    ],
)
def test_how_a_host_is_reached(section: dict[str, Any], name: str, wanted: Link) -> None:
    assert link(cloud(**section), name, ROOT) == wanted


def test_a_host_that_the_file_does_not_name_any_more() -> None:
    with pytest.raises(DeepcatError, match="no host `four` in `bare`") as caught:
        link(cloud(), "four", ROOT)
    assert caught.value.code == "run/host"


@pytest.mark.parametrize(
    ("more", "is_known"),
    [
        ({}, True),
        ({"ways": ["cache", "push"]}, True),
        ({"ways": ["pull"]}, False),
        ({"proxy": PROXY}, True),
        ({"hosts": {"one": {"proxy": {**PROXY, "program": "caddy", "ports": "443-443"}}}}, True),
        ({"proxy": {"name": "models.example.org"}}, False),
        ({"proxy": {**PROXY, "program": "apache"}}, False),
        ({"proxy": {**PROXY, "certificate": "/etc/a b;c"}}, False),
        ({"proxy": {**PROXY, "key": "key.pem"}}, False),
        ({"proxy": {**PROXY, "ports": "8443"}}, False),
        ({"proxy": {**PROXY, "ports": "8443-70000"}}, False),
        ({"proxy": {**PROXY, "domain": "example.org"}}, False),
        ({"hosts": {"one": {"proxy": "models.example.org"}}}, False),
        ({"listen": "0.0.0.0"}, False),
    ],
)
def test_a_word_that_nothing_realises_is_refused(more: dict[str, Any], is_known: bool) -> None:
    whole = {"apiVersion": "deepcat/v1", "name": "bare", "price": 0, "summary": "A host."}
    assert is_valid(UnitKind.CLOUD, {**whole, **cloud(**more).data}) is is_known


@pytest.mark.parametrize(
    ("section", "address", "proxy"),
    [
        ({}, "127.0.0.1", {}),
        ({"listen": "10.0.0.11"}, "10.0.0.11", {}),
        # What stands behind it is nobody else's to reach, whatever it listens on itself.
        ({"proxy": PROXY}, "127.0.0.1", {**PROXY, "listen": ""}),
        ({"listen": "10.0.0.11", "proxy": PROXY}, "127.0.0.1", {**PROXY, "listen": "10.0.0.11"}),
    ],
)
def test_where_services_listen(
    section: dict[str, Any], address: str, proxy: dict[str, Any]
) -> None:
    found = reach(cloud(**section), Means(ROOT, "0123456789ab"), "demo", "one")
    assert (found.address, dict(found.proxy)) == (address, proxy)


@pytest.mark.parametrize(
    ("section", "wanted"),
    [({}, "~/.deepcat"), ({"folder": "/srv/ai/"}, "/srv/ai"), ({"folder": "~/x"}, "~/x")],
)
def test_all_of_ours_lies_below_one_folder(section: dict[str, Any], wanted: str) -> None:
    assert base(cloud(**section)) == wanted
    found = reach(cloud(**section), Means(ROOT, "0123456789ab"), "demo", "one")
    assert found.place == f"{wanted}/0123456789ab/demo"
    assert found.ground is not None
    assert found.ground.base == wanted
    assert found.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("", Shape("one", accelerators=0, cpus=1.0, memory_MiB=0, disk_MiB=0)),
        (
            "Welcome!\ncpus 16\nmemory 65804032 kB\ndisk 104857600\n",
            Shape("one", accelerators=0, cpus=16.0, memory_MiB=64261, disk_MiB=102400),
        ),
        ("cpus many\nmemory -3 kB\n", Shape("one", accelerators=0, cpus=1.0, memory_MiB=0,
                                            disk_MiB=0)),
    ],
)  # fmt: skip
def test_what_a_host_says(said: str, wanted: Shape) -> None:
    found, odd = shape("one", said)
    assert odd == ""
    for name in ("name", "cpus", "memory_MiB", "disk_MiB"):
        assert getattr(found, name) == getattr(wanted, name), name
    assert not found.accelerators
    assert found.lacks is None, "nothing of ours lay there that could have tried"
    assert shape("one", said, ("no seccomp",))[0].lacks == ("no seccomp",)


A100 = """\
gpu NVIDIA A100-PCIE-40GB, 40960, 535.104.05
list GPU 0: NVIDIA A100-PCIE-40GB (UUID: GPU-1a)
cuda 12.2
"""
T4 = """\
gpu Tesla T4, 15360, 535.104.05
list GPU 1: Tesla T4 (UUID: GPU-2b)
"""
MI = "amd AMD Instinct MI210\namd AMD Instinct MI210\n"


@pytest.mark.parametrize(
    ("said", "offered", "odd"),
    [
        (A100, 1, ""),
        (f"{A100}app GPU-1a, 77\n", 0, ""),
        (f'{A100}app GPU-1a, 77\nours "GPU-1a"\n', 1, ""),
        (A100 + T4, 0, "2 different GPUs (NVIDIA A100-PCIE-40GB, Tesla T4); none is offered"),
        (MI, 0, "2 AMD GPUs (AMD Instinct MI210); none is offered"),
        (A100 + MI, 1, "2 AMD GPUs (AMD Instinct MI210); none is offered"),
    ],
)
def test_which_cards_a_host_offers(said: str, offered: int, odd: str) -> None:
    found, told = shape("one", said)
    assert (found.accelerators, told) == (offered, odd)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("", ""),
        ("clock none\n", ""),
        ("clock 1000\n", ""),
        ("clock 940\n", ""),
        ("clock 1065\n", ""),
        ("Welcome!\nclock 939\ncpus 2\n", "a clock that is 61 s behind this machine's"),
        ("clock 87405\n", "a clock that is 86400 s ahead of this machine's"),
    ],
)
def test_how_far_a_clock_is_off(said: str, wanted: str) -> None:
    assert skew(said, (1000.0, 1005.0)) == wanted


@pytest.mark.parametrize(
    ("program", "said", "why"),
    [
        ("", "proxy caddy\n", ""),
        ("caddy", "proxy nginx\nproxy caddy\n", ""),
        ("", "clock 5\n", "no nginx or Caddy for its proxy"),
        ("caddy", "proxy nginx\n", "no caddy for its proxy"),
        (
            "",
            "proxy nginx\nunreadable /srv/key.pem\n",
            "no /srv/key.pem for its proxy that its user may read",
        ),
    ],
)
def test_whether_a_host_can_have_a_proxy(program: str, said: str, why: str) -> None:
    assert unfit({**PROXY, "program": program}, said) == why
