"""A deployment, its module and its workloads brought to one request."""

from __future__ import annotations

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
