"""Which data lies where is known by what deployments were brought, and by clouds' files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deepcat.catalog.values import Dataset
from deepcat.clouds.match import match
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import Request
from deepcat.host.data.manifest import Piece, made_of
from deepcat.plan.moving import line
from deepcat.plan.values import Status
from deepcat.records.data_places import with_data
from deepcat.records.record import Record

POINTS = Dataset("points", "", "", made_of([Piece("a", "0" * 64)]), 1_500_000_000, {})
OTHER = Dataset("other", "", "", made_of([Piece("b", "1" * 64)]), 500, {})
NODES = {"train": {"properties": {"data": {"p": {"digest": POINTS.digest}}}}, "x": {}}
HERE, THERE = (
    Offer(cloud, "host", "local", free=1, cpus=8, memory_MiB=8192, takes=("job",))
    for cloud in ("a", "b")
)


@pytest.mark.parametrize(
    ("status", "first"), [(Status.ENDED, "b"), (Status.RUNNING, "b"), (Status.GONE, "a")]
)
def test_between_equal_prices_a_training_goes_where_its_data_lies(
    make_record: Callable[..., Record], status: Status, first: str
) -> None:
    records = {"old": make_record("old", cloud="b", status=status, nodes=NODES)}
    found = with_data((HERE, THERE), records, {})
    best = match(Request(data=(POINTS.digest,)), found).ranked[0]
    assert best.cloud == first


def test_what_a_file_of_a_cloud_names_lies_there(make_record: Callable[..., Record]) -> None:
    named = Offer("c", "host", "local", data=("points", "unknown"))
    bad = make_record(
        "bad", cloud="c", nodes={"train": {"properties": {"data": {"p": 5, "q": {}}}}}
    )
    (offer,) = with_data((named,), {"bad": bad}, {"points": POINTS})
    assert offer.data == ("points", "unknown", POINTS.digest)


def test_a_plan_says_what_moving_costs_in_time() -> None:
    assert line((), HERE) == ""
    assert line((POINTS,), HERE) == "1.5 GB of data to bring there: about 2 min at 12.5 MB/s"
    quick = Offer("a", "host", "local", bandwidth=1e9, data=(OTHER.digest,))
    told = line((POINTS, OTHER, POINTS), quick)
    assert told == "1.5 GB of data to bring there: about 2 s at 1 GB/s; 500 B lie there"
    assert line((OTHER,), quick) == "its data (500 B) lies there"
