"""A cloud's file joined with what a probe saw."""

from __future__ import annotations

from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.offers import Offer, Probe, Shape, offers


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
