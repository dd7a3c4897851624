"""A cloud's file joined with what a probe saw."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.catalog.values import AcceleratorRequest, Cloud
from deepcat.clouds.checks import reasons
from deepcat.clouds.offers import Offer, Probe, Shape, nothing_of, offers
from deepcat.clouds.quotas import TOGETHER
from deepcat.clouds.request import Request, Unit


def cloud(**data: Any) -> Cloud:
    return Cloud("institute", "clouds/institute.yaml", "openstack", data)


TAKES = frozenset({"service", "job"})


def test_the_file_alone() -> None:
    (offer,) = offers(
        cloud(
            region="eu",
            price=0.5,
            sla=0.99,
            users=["ada", "@staff"],
            profiles=["serve"],
            data=["plants"],
            quotas={"*": {"accelerators": 4}},
            shapes=[
                {
                    "name": "gpu",
                    "accelerator": "NVIDIA A100-SXM4-80GB",
                    "accelerators": 2,
                    "cpus": 16,
                    "memory": "128GiB",
                    "count": 3,
                    "interconnect": "nvlink",
                }
            ],
        ),
        None,
        TAKES,
    )
    assert offer == Offer(
        cloud="institute",
        shape="gpu",
        kind="openstack",
        takes=("job", "service"),
        region="eu",
        accelerator="A100-80GB",
        accelerators=2,
        memory_MiB_each=81_920,
        cpus=16.0,
        memory_MiB=131_072,
        price=0.5,
        free=3,
        sla=0.99,
        profiles=("serve",),
        users=("ada", "@staff"),
        data=("plants",),
        interconnect="nvlink",
        quotas=(("*", (("accelerators", 4.0),)),),
    )


def test_the_probe_says_what_is_free_and_fills_in_what_the_file_leaves_out() -> None:
    written = cloud(shapes=[{"name": "gpu", "price": 2, "count": 3}])
    seen = Shape("gpu", "Tesla T4", 1, 15_360, 8.0, 32_768, free=1, wait_s=60.0, driver="550.54")
    (offer,) = offers(written, Probe("institute", shapes=(seen,)), TAKES)
    assert (offer.price, offer.free, offer.wait_s, offer.driver) == (2.0, 1, 60.0, "550.54")
    assert (offer.accelerator, offer.accelerators, offer.memory_MiB_each) == ("T4", 1, 16_384)


def test_a_list_of_shapes_is_what_may_be_used() -> None:
    probe = Probe("institute", shapes=(Shape("small"), Shape("large")))
    assert [o.shape for o in offers(cloud(shapes=[{"name": "small"}]), probe, TAKES)] == ["small"]
    assert [o.shape for o in offers(cloud(), probe, TAKES)] == ["large", "small"]


def test_a_cloud_that_does_not_answer_is_not_healthy() -> None:
    written = cloud(shapes=[{"name": "gpu"}])
    assert not offers(written, Probe("institute", healthy=False), TAKES)[0].healthy


def test_an_unknown_accelerator_keeps_its_spelling() -> None:
    shape = {"name": "odd", "accelerator": "Voodoo 2", "accelerator_memory": "12MiB"}
    (offer,) = offers(cloud(shapes=[shape]), None, TAKES)
    assert (offer.accelerator, offer.accelerators, offer.memory_MiB_each) == ("Voodoo 2", 1, 12)


def test_no_accelerators_means_none() -> None:
    shape = {"name": "cpu", "accelerator": "A100", "accelerators": 0}
    (offer,) = offers(cloud(shapes=[shape]), None, TAKES)
    assert (offer.accelerator, offer.accelerators, offer.memory_MiB_each) == ("", 0, 0)


def test_what_a_cloud_promises_is_a_share_or_a_mapping_with_one() -> None:
    shapes = [{"name": "cpu", "cpus": 1}]
    for sla, promised in ((0.99, 0.99), ("99%", 0.99), ({"availability": 99.5}, 0.995), ({}, 0.0)):
        (offer,) = offers(cloud(shapes=shapes, sla=sla), None, TAKES)
        assert offer.sla == promised


@pytest.mark.parametrize(
    ("takes", "probe", "why"),
    [
        ((), None, "nothing here can run on clouds of the kind `kind`"),
        (("service",), None, "it is not asked before its file is agreed to"),
        (("service",), Probe("far", healthy=False, detail="refused"), "last probe: refused"),
        (("service",), Probe("far", detail="no node is up"), "no node is up"),
        (("service",), Probe("far"), "it has nothing to offer now"),
    ],
)
def test_who_asks_for_a_cloud_that_offers_nothing_hears_why(
    takes: tuple[str, ...], probe: Probe | None, why: str
) -> None:
    offer = nothing_of(Cloud("far", "clouds/far.yaml", "kind", {}), probe, takes)
    (reason,) = reasons(Request(), offer)
    assert why in reason


def test_a_part_of_a_card_is_never_offered_as_a_whole_one() -> None:
    shape = Shape("node", accelerator="a100_1g.5gb", accelerators=7, cpus=8.0, memory_MiB=65_536)
    (offer,) = offers(Cloud("hpc", "clouds/hpc.yaml", "kind", {}), Probe("hpc", shapes=(shape,)),
                      ["service"])  # fmt: skip
    assert (offer.accelerator, offer.accelerators, offer.memory_MiB_each) == ("A100-40GB", 7, 5120)
    assert offer.mig == ("1g.5gb",)
    unit = (Unit(accelerators=1),)
    whole = Request(unit, AcceleratorRequest(models=("A100",)), (("A100-40GB", "A100-80GB"),))
    assert reasons(whole, offer) == ("has parts of A100-40GB (1g.5gb); whole ones asked",)
    part = Request(unit, AcceleratorRequest(mig="1g.5gb"))
    assert reasons(part, offer) == ()
    enough = Request(unit, AcceleratorRequest(memory_MiB=40 * 1024))
    assert "has parts of A100-40GB (1g.5gb); whole ones asked" in reasons(enough, offer)


def test_a_cloud_that_refuses_our_credentials_is_told_as_such_and_lets_others_be() -> None:
    a, b = Shape("a", down="nobody gets in"), Shape("b")
    (none,) = offers(cloud(), Probe("c", healthy=False, shapes=(a,), refused=True), ())
    assert none.down == "it refuses our credentials: nobody gets in"
    one, other = offers(cloud(), Probe("c", shapes=(a, b), refused=True), ())
    assert (one.down, other.down) == ("it refuses our credentials: nobody gets in", "")


def test_what_a_probe_says_of_one_host_holds_for_that_one_alone() -> None:
    shapes = (
        Shape("a", down="it did not answer", disk_MiB=10),
        Shape("b", lacks=("no files",), most_s=3600.0, wait_s=60.0),
        Shape("c"),
    )
    probe = Probe("far", shapes=shapes, lacks=("no calls",), limits=(("accelerators", 2.0),))
    a, b, c = offers(Cloud("far", "clouds/far.yaml", "kind", {}), probe, ["service"])
    assert (a.down, a.disk_MiB, a.lacks) == ("it did not answer", 10, ("no calls",))
    assert (b.down, b.lacks, b.most_s, b.wait_s) == ("", ("no files",), 3600.0, 60.0)
    assert (c.down, c.lacks, c.most_s) == ("", ("no calls",), 0.0)
    assert c.quotas == ((TOGETHER, (("accelerators", 2.0),)),)
