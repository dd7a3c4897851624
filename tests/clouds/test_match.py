"""The matcher by example: reasons in words, one score, a documented order."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deepcat.catalog.values import AcceleratorRequest
from deepcat.clouds import table
from deepcat.clouds.checks import EDITOR, bounds, hosts, reasons
from deepcat.clouds.market import Market
from deepcat.clouds.match import match
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request, Unit, tiers
from deepcat.clouds.score import PREFERENCES, UNPROMISED, score
from deepcat.host.data.address import BY_FUSE
from deepcat.resources import schemas

OFFER = Offer(
    "institute",
    "gpu",
    "openstack",
    takes=("job", "notebook", "service"),
    accelerator="A100-40GB",
    accelerators=2,
    memory_MiB_each=40_960,
    cpus=16,
    memory_MiB=65_536,
    price=2.0,
    cuda="12.2",
    driver="535.104",
)


def gpu(count: int = 1, **wish: Any) -> Request:
    wanted = AcceleratorRequest(count=count, **wish)
    return Request(units=(Unit(1, 1, 1024, count),), accelerator=wanted, tiers=tiers(wanted.models))


@pytest.mark.parametrize(
    ("request_", "changes", "reason"),
    [
        (gpu(memory_MiB=81_920), {}, "has 2 × A100-40GB; 80 GiB asked"),
        (gpu(4), {}, "has 2 × A100-40GB; 4 accelerators asked"),
        (gpu(models=("V100", "T4")), {}, "has 2 × A100-40GB; V100 or T4 asked"),
        (gpu(vendor="amd"), {}, "has 2 × A100-40GB; an accelerator by amd asked"),
        (gpu(compute_capability=(9, 0)), {}, "A100-40GB's compute capability is 8.0; 9.0 asked"),
        (
            gpu(compute_capability=(7, 0)),
            {"accelerator": "MI300X"},
            "MI300X's compute capability is unknown; 7.0 asked",
        ),
        (gpu(cuda="12.10"), {}, "CUDA is 12.2; 12.10 or newer asked"),
        (gpu(cuda="11"), {"cuda": ""}, "CUDA is of unknown version; 11 or newer asked"),
        (gpu(driver="550"), {}, "the driver is 535.104; 550 or newer asked"),
        (gpu(mig="1g.10gb"), {}, "offers no MIG share; 1g.10gb asked"),
        (gpu(mig="1g.10gb"), {"mig": ("1g.5gb",)}, "offers MIG 1g.5gb; 1g.10gb asked"),
        (gpu(interconnect="nvlink"), {}, "interconnect is unknown; nvlink asked"),
        (
            gpu(2, models=("A100",), memory_MiB=40_960),
            {"accelerator": "", "accelerators": 0},
            "has no accelerator; 2 × A100 40 GiB asked",
        ),
        (Request(units=(Unit(1, 32),)), {}, "has 16 cores; 32 asked"),
        (
            Request(units=(Unit(1, 1, 131_072),)),
            {},
            "has 64 GiB of memory; 128 GiB asked",
        ),
        (Request(max_price=1.5), {}, "costs 2 an hour; at most 1.5 allowed"),
        (
            Request(units=(Unit(3, 10),), max_price=5),
            {},
            "costs 6 an hour for 3 hosts; at most 5 allowed",
        ),
        (
            Request(unlimited=True),
            {},
            "costs 2 an hour, and nothing ends the training:"
            " say `limits: {time: …}` or `limits: {cost: …}`",
        ),
        (Request(clouds=("a", "b")), {}, "placement allows only a and b"),
        (
            Request(identities=("eve",)),
            {"users": ("ada", "@staff")},
            "open to ada and @staff; the owner is eve",
        ),
        (Request(), {"users": ("ada",)}, "open to ada; no owner is named"),
        (Request(profile="train"), {"profiles": ("serve",)}, "takes serve; train asked"),
        (
            Request(),
            {"kind": "slurm", "takes": ()},
            "nothing here can run on clouds of the kind `slurm`",
        ),
        (
            Request(kinds=("job", "service")),
            {"kind": "x", "takes": ("notebook", "service")},
            "the kind `x` takes notebook and service; job asked",
        ),
        (Request(), {"healthy": False}, "the cloud did not answer the last probe"),
        (
            Request(),
            {"lacks": ("no seccomp", "no Landlock")},
            "gives no box to code of modules, and deepcat.yaml does not say `unboxed: true`:"
            " no seccomp; no Landlock",
        ),
        (
            Request(words=(EDITOR,)),
            {"unedits": ("no code-server; install it",)},
            "its hosts do not have the editor: no code-server; install it",
        ),
        (Request(), {"free": 0}, "0 of the 1 host needed free now"),
        (Request(units=(Unit(3, 10),)), {"free": 2}, "2 of the 3 hosts needed free now"),
        (Request(), {"down": "no route to it"}, "no route to it"),
        (
            Request(),
            {"healthy": False, "down": "HTTP 401"},
            "the cloud did not answer the last probe: HTTP 401",
        ),
        (Request(storage_MiB=2048), {"disk_MiB": 1024}, "has 1 GiB of disk free; 2 GiB asked"),
        (Request(storage_MiB=2048), {}, "how much disk it has is not known; 2 GiB asked"),
        (
            Request(job_s=7200.0),
            {"most_s": 3600.0},
            "lets a job run for 1 h; the wish's lifetime is 2 h",
        ),
        (
            gpu(memory_MiB=1024),
            {"accelerator": "Voodoo 2", "memory_MiB_each": 0},
            "the memory of Voodoo 2 is not known; 1 GiB asked",
        ),
    ],
)
def test_reasons_in_words(request_: Request, changes: dict[str, Any], reason: str) -> None:
    assert reasons(request_, replace(OFFER, **changes)) == (reason,)


@pytest.mark.parametrize(
    ("request_", "changes"),
    [
        (gpu(2, models=("A100",), memory_MiB=40_960, compute_capability=(8, 0), cuda="12.2"), {}),
        (gpu(models=("nvidia-tesla-a100",)), {}),
        (gpu(vendor="nvidia", driver="535"), {}),
        (gpu(mig="1g.10gb", memory_MiB=99_999), {"mig": ("1g.10gb",)}),
        (gpu(interconnect="nvlink"), {"interconnect": "NVLink"}),
        (Request(identities=("ada",)), {"users": ("ada",)}),
        (Request(identities=("eve", "@staff")), {"users": ("@staff",)}),
        (Request(kinds=("job",), profile="train"), {"profiles": ("job", "service")}),
        (Request(), {"free": 0, "wait_s": 60.0}),
        (Request(unboxed=True), {"lacks": ("no seccomp",)}),
        (Request(), {"unedits": ("no code-server",)}),
        (Request(words=(EDITOR,)), {}),
        (Request(accelerator=AcceleratorRequest(cuda="99")), {}),
        (Request(storage_MiB=1024), {"disk_MiB": 1024}),
        (Request(), {"disk_MiB": 1, "most_s": 60.0}),
        (Request(job_s=3600.0), {"most_s": 3600.0}),
    ],
)
def test_what_meets_has_no_reason(request_: Request, changes: dict[str, Any]) -> None:
    assert reasons(request_, replace(OFFER, **changes)) == ()


def test_every_reason_is_given_not_only_the_first() -> None:
    found = reasons(replace(gpu(4, cuda="13"), clouds=("x",)), OFFER)
    assert len(found) == 3


def test_an_offer_in_use_need_not_be_free_nor_answer() -> None:
    assert bounds(Request(), replace(OFFER, free=0, healthy=False)) == ()
    silent = replace(OFFER, down="no route to it", lacks=("no seccomp",), disk_MiB=1)
    assert bounds(Request(storage_MiB=2048), silent) == ()
    assert len(bounds(Request(job_s=7200.0), replace(OFFER, most_s=3600.0))) == 1
    assert bounds(Request(clouds=("x",)), OFFER) == ("placement allows only x",)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ((Unit(1, 1),), 1),
        ((Unit(16, 1),), 1),
        ((Unit(17, 1),), 2),
        ((Unit(2, 1, 0, 1),), 1),
        ((Unit(3, 1, 0, 1),), 2),
        ((Unit(1, 4), Unit(2, 4)), 1),
        ((Unit(1, 12), Unit(2, 8)), 2),
        ((Unit(1, 0, 60_000), Unit(3, 0, 60_000)), 4),
        ((Unit(3, 1, apart=True),), 3),
        ((Unit(1, 1, apart=True), Unit(2, 1), Unit(3, 1)), 2),
    ],
)
def test_hosts_that_a_request_takes(units: tuple[Unit, ...], expected: int) -> None:
    assert hosts(Request(units=units), OFFER) == expected


def test_the_score_is_the_expected_cost_of_a_useful_hour() -> None:
    offer = replace(OFFER, sla=0.8, failure_rate=0.5, wait_s=3600.0)
    weights = PREFERENCES["price"]
    good = 0.5 * 0.8
    expected = 2 * 2.0 / good + weights.lost * (1 / good - 1) + weights.wait / (10 * 0.5)
    assert score(Request(hours=10), offer, 2) == pytest.approx(expected)
    assert score(Request(), replace(OFFER, price=0), 1) == pytest.approx(
        weights.lost * (1 / UNPROMISED - 1)
    )


@pytest.mark.parametrize(
    ("prefer", "best"),
    [("price", "cheap"), ("wait", "soon"), ("sla", "sure"), ("data", "near")],
)
def test_prefer_shifts_the_order(prefer: str, best: str) -> None:
    offers = [
        replace(OFFER, cloud="cheap", price=1.0, wait_s=36_000, sla=0.9),
        replace(OFFER, cloud="soon", price=1.4, sla=0.9),
        replace(OFFER, cloud="sure", price=1.6, wait_s=18_000, sla=0.9999),
        replace(OFFER, cloud="near", price=1.8, wait_s=18_000, sla=0.9, data=("plants",)),
    ]
    found = match(Request(prefer=prefer, data=("plants",), hours=24), offers)
    assert found.ranked[0].cloud == best


def test_failures_make_an_offer_dearer() -> None:
    offers = [
        replace(OFFER, cloud="flaky", price=1.0, failure_rate=0.6),
        replace(OFFER, cloud="steady", price=2.0),
    ]
    assert [o.cloud for o in match(Request(), offers).ranked] == ["steady", "flaky"]


def test_an_earlier_model_goes_before_a_cheaper_one() -> None:
    offers = [
        replace(OFFER, cloud="a", accelerator="T4", memory_MiB_each=16_384, price=0.1),
        replace(OFFER, cloud="b", accelerator="A100-80GB", price=9.0),
        replace(OFFER, cloud="c", accelerator="A100-40GB", price=8.0),
    ]
    ranked = match(gpu(models=("A100", "T4")), offers).ranked
    assert [offer.cloud for offer in ranked] == ["c", "b", "a"]


def test_ties_go_by_name() -> None:
    offers = [replace(OFFER, cloud=c, shape=s) for c, s in (("b", "x"), ("a", "y"), ("a", "x"))]
    ranked = match(Request(), offers).ranked
    assert [(o.cloud, o.shape) for o in ranked] == [("a", "x"), ("a", "y"), ("b", "x")]


@pytest.mark.parametrize(
    ("asks", "lacks"),
    [
        (Request(asks=(BY_FUSE,)), {"unmounts": ("no FUSE",)}),
        (Request(words=(EDITOR,)), {"unedits": ("no code-server",)}),
    ],
    ids=["mounts", "editor"],
)
def test_what_one_host_lacks_is_asked_of_each_and_of_each_request(
    asks: Request, lacks: dict[str, Any]
) -> None:
    has = replace(OFFER, shape="b", takes=(*OFFER.takes, BY_FUSE))
    market = Market([replace(has, shape="a", **lacks), has])
    shapes = [
        [each.offer.shape for each in market.ranked(request)] for request in (Request(), asks)
    ]
    assert shapes == [["a", "b"], ["b"]]


def test_a_cloud_that_cannot_be_used_is_rejected_once() -> None:
    offers = [
        replace(OFFER, cloud="closed", shape="x", users=("ada",)),
        replace(OFFER, cloud="closed", shape="y", users=("ada",)),
        replace(OFFER, cloud="open", shape="small", cpus=1),
        replace(OFFER, cloud="open", shape="large"),
    ]
    found = match(Request(units=(Unit(1, 8),)), offers)
    assert [(r.cloud, r.shape) for r in found.rejected] == [("closed", ""), ("open", "small")]
    assert [offer.shape for offer in found.ranked] == ["large"]
    assert len(found.rejected) == 2
    assert found.rejected[1].reasons == ("has 1 cores; 8 asked",)


def test_clouds_that_are_named_are_searched_alone() -> None:
    offers = [replace(OFFER, cloud=name) for name in "abc"]
    found = match(Request(clouds=("c", "a", "zz")), offers)
    assert [offer.cloud for offer in found.ranked] == ["a", "c"]
    assert [each.cloud for each in found.rejected] == ["b"]


def test_clouds_that_are_named_in_order_go_one_before_the_other() -> None:
    prices = {"a": 1.0, "b": 9.0, "c": 5.0}
    offers = [
        replace(OFFER, cloud=name, shape=shape, price=price * factor)
        for name, price in prices.items()
        for shape, factor in (("large", 2), ("small", 1))
    ]
    named = Request(clouds=("b", "a", "c"))
    assert [offer.cloud for offer in match(named, offers).ranked] == [*"aacbcb"]
    found = match(replace(named, in_order=True), offers)
    assert [(offer.cloud, offer.shape) for offer in found.ranked] == [
        (cloud, shape) for cloud in "bac" for shape in ("small", "large")
    ]


def test_nothing_offered_is_nothing_found() -> None:
    found = match(Request(), [])
    assert found.ranked == ()
    assert tuple(found.rejected) == ()


def test_each_part_has_its_own_answer() -> None:
    big, little = gpu(), Request(units=(Unit(2, apart=True),))
    whole = replace(gpu(), units=big.units + little.units, parts=(("big", big), ("little", little)))
    small = replace(OFFER, shape="cpu", accelerator="", accelerators=0, price=0.1)
    tiny = replace(small, shape="tiny", cpus=0.5, memory_MiB=512)
    closed = replace(small, cloud="closed", users=("eve",))
    found = match(whole, [OFFER, small, tiny, closed])
    assert [(name, [offer.shape for offer in each.ranked]) for name, each in found.parts] == [
        ("big", ["gpu"]),
        ("little", ["cpu", "tiny", "gpu"]),
    ]
    assert found.is_met
    assert [(each.cloud, each.shape) for each in found.rejected] == [("closed", "")]
    text = table.as_text(found, "EUR")
    assert text.startswith("big:\n   offer")
    assert "\nlittle:\n   offer" in text
    data = table.as_json(found, "EUR")
    assert [each["part"] for each in data["parts"]] == ["big", "little"]
    schema = json.loads((schemas() / "match.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(data)

    assert not match(whole, [tiny, closed]).is_met, "nothing is there for one of the parts"
    both = replace(whole, parts=(("big", big), ("little", gpu(2))))
    (refused,) = match(both, [small]).rejected
    assert refused.reasons == (
        "big: has no accelerator; 1 accelerator asked",
        "little: has no accelerator; 2 accelerators asked",
    )
    assert match(gpu(), [OFFER]).is_met
    assert not match(gpu(), [tiny]).is_met


@pytest.mark.parametrize(("most", "shapes"), [(3.9, []), (4.0, ["gpu"]), (None, ["gpu"])])
def test_a_price_bounds_all_hosts_together(most: float | None, shapes: list[str]) -> None:
    """By the quick walk as by the reasons."""
    request = Request(units=(Unit(2, 10),), max_price=most)
    assert hosts(request, OFFER) == 2
    found = match(request, [OFFER])
    assert [offer.shape for offer in found.ranked] == shapes
    assert len(found.rejected) == 1 - len(shapes)
