"""A deployment, its module and its workloads brought to one request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deepcat.catalog.values import AcceleratorRequest, Deployment, Module, Placement
from deepcat.clouds.request import JOB_HOURS, SERVICE_HOURS, Unit, request_for, tiers
from deepcat.tosca.workload import Mount, Part, Workload

A100 = AcceleratorRequest(models=("A100",), count=2, memory_MiB=40_960)


def deployment(**said: Any) -> Deployment:
    parts: dict[str, Any] = {
        "profile": "serve",
        "accelerator": None,
        "placement": Placement(),
        "lifetime_s": None,
        "owner": "@ada",
    }
    return Deployment(
        name="d", path="deployments/d.yaml", module="m", version="", inputs={}, data={},
        **parts | said,
    )  # fmt: skip


def module(**resources: Any) -> Module:
    return Module("m", "1.0.0", "modules/m", {"resources": resources}, "d", "t.yaml", None, ())


SERVICE = Workload("server", "service", cpus=2.0, memory_MiB=2048)
GPU = Workload("server", "service", accelerator=A100)


def test_what_the_topology_says() -> None:
    found = request_for(deployment(), module(), [SERVICE])
    assert found.units == (Unit(1, 2.0, 2048, 0),)
    assert (found.kinds, found.profile, found.identities) == (("service",), "serve", ("ada",))
    assert (found.prefer, found.hours) == ("price", SERVICE_HOURS)


def test_the_modules_own_resources_are_the_floor() -> None:
    needs = {"cpu": 4, "memory_MB": 1000, "gpu": 1, "gpu_memory_MB": 16_000}
    found = request_for(
        deployment(), module(inference=needs | {"gpu_compute_capability": 7.5}), [SERVICE]
    )
    assert found.units == (Unit(1, 4.0, 2048, 1),)
    assert found.accelerator == AcceleratorRequest(
        count=1, memory_MiB=15_258, compute_capability=(7, 5)
    )


def test_a_modules_megabytes_are_a_million_bytes() -> None:
    found = request_for(deployment(), module(inference={"memory_MB": 4000}), [SERVICE])
    assert found.units[0].memory_MiB == 3814


def test_training_has_needs_of_its_own() -> None:
    made = module(inference={"cpu": 1}, training={"cpu": 16})
    found = request_for(deployment(profile="train"), made, [SERVICE])
    assert found.units[0].cpus == 16
    assert found.hours == JOB_HOURS


@pytest.mark.parametrize("odd", [None, "four", True, -1, [], {}])
def test_odd_resources_are_no_needs(odd: Any) -> None:
    assert request_for(deployment(), module(inference={"cpu": odd}), [SERVICE]).units[0].cpus == 2
    assert request_for(deployment(), module(inference=odd), [SERVICE]).units[0].cpus == 2


@pytest.mark.parametrize(
    ("said", "wanted", "count"),
    [
        (AcceleratorRequest(), AcceleratorRequest(), 0),
        (
            AcceleratorRequest(count=4),
            AcceleratorRequest(models=("A100",), count=4, memory_MiB=40_960),
            4,
        ),
        (
            AcceleratorRequest(models=("T4",)),
            AcceleratorRequest(models=("T4",), count=2, memory_MiB=40_960),
            2,
        ),
        (
            AcceleratorRequest(vendor="amd", memory_MiB=1024),
            AcceleratorRequest(vendor="amd", count=2, memory_MiB=1024),
            2,
        ),
    ],
)
def test_the_deployment_goes_before_the_topology(
    said: AcceleratorRequest, wanted: AcceleratorRequest, count: int
) -> None:
    found = request_for(deployment(accelerator=said), module(), [GPU])
    assert found.accelerator == wanted
    assert found.units[0].accelerators == count


def test_a_wish_for_an_accelerator_asks_for_one() -> None:
    found = request_for(
        deployment(accelerator=AcceleratorRequest(vendor="amd")), module(), [SERVICE]
    )
    assert found.units[0].accelerators == 1


def test_a_cluster_asks_for_each_of_its_machines() -> None:
    cluster = Workload(
        "front",
        "cluster",
        parts=(
            Part("fe", "front-end", cpus=4.0, memory_MiB=1024),
            Part("wn", "worker", cpus=16.0, replicas=8, accelerator=AcceleratorRequest(count=1)),
        ),
    )
    found = request_for(deployment(), module(), [cluster])
    assert found.units == (
        Unit(1, 4.0, 1024, 0, apart=True),
        Unit(8, 16.0, 0, 1, apart=True),
    )
    assert found.largest == Unit(9, 16.0, 1024, 1)
    assert found.total.cpus == 4 + 8 * 16
    more = request_for(deployment(accelerator=AcceleratorRequest(count=2)), module(), [cluster])
    assert [unit.accelerators for unit in more.units] == [0, 2]


def test_a_deployment_without_workloads_still_takes_a_host() -> None:
    assert request_for(deployment(), module(), []).units == (Unit(1, 0.0, 0, 0),)


def test_groups_data_bounds_and_lifetime() -> None:
    reads = Workload("s", "service", mounts=(Mount("plants", "/data", kind="webdav"),))
    wish = deployment(placement=Placement(("b", "a"), 2.5, "data"), lifetime_s=7200, owner="ada")
    found = request_for(wish, module(), [reads], {"staff": ["ada"], "other": ["eve"]})
    assert found.identities == ("ada", "@staff")
    assert found.data == ("plants",)
    assert (found.clouds, found.max_price, found.prefer) == (("a", "b"), 2.5, "data")
    assert found.hours == 2


def test_families_become_tiers_and_unknown_names_are_kept() -> None:
    assert tiers(("V100", "Voodoo 2")) == (("V100-16GB", "V100-32GB"), ("Voodoo 2",))


BIG = Workload("server", "service", cpus=4.0, accelerator=A100, hosts=("big",))
LITTLE = Workload("front", "virtual-machine", cpus=1.0, replicas=2, hosts=("little",))


def test_machines_that_ask_for_different_hosts_are_parts() -> None:
    found = request_for(deployment(placement=Placement(max_price=3.0)), module(), [BIG, LITTLE])
    assert found.units == (Unit(1, 4.0, 0, 2), Unit(2, 1.0, 0, 0, apart=True))
    (big, asked), (little, less) = found.parts
    assert (big, asked.units, asked.accelerator) == ("big", found.units[:1], A100)
    assert (little, less.units, less.accelerator) == (
        "little",
        found.units[1:],
        AcceleratorRequest(),
    )
    assert (less.tiers, less.max_price, less.parts) == ((), None, ())
    assert found.max_price == 3.0, "a price is for all parts together"


def test_what_has_no_machine_lies_on_the_first() -> None:
    loose = Workload("loose", "service", cpus=2.0)
    found = request_for(deployment(), module(), [loose, BIG, LITTLE])
    assert [(name, len(each.units)) for name, each in found.parts] == [("big", 2), ("little", 1)]


@pytest.mark.parametrize(
    "work",
    [
        [BIG],
        [SERVICE, GPU],
        [replace(BIG, replicas=3), replace(BIG, name="other", hosts=("second",))],
        [BIG, replace(BIG, name="other", cpus=0.0)],
    ],
)
def test_one_machine_or_many_alike_are_no_parts(work: list[Workload]) -> None:
    assert request_for(deployment(), module(), work).parts == ()


def test_the_parts_of_a_cluster() -> None:
    front = Part("front", "front-end", cpus=2.0)
    worker = Part("worker", "worker", cpus=16.0, replicas=8, accelerator=A100)
    cluster = Workload("slurm", "cluster", parts=(front, worker), hosts=("front", "worker"))
    found = request_for(deployment(accelerator=AcceleratorRequest(count=1)), module(), [cluster])
    assert {name: each.total for name, each in found.parts} == {
        "front": Unit(cpus=2.0),
        "worker": Unit(cpus=128.0, accelerators=8),
    }
    own = dict(found.parts)["worker"].accelerator
    assert (own.count, own.models) == (1, ("A100",)), "the deployment goes before the topology"
