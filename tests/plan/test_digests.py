"""A plan's hash: it differs as soon as anything differs that the plan was made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from deepcat.catalog.values import Deployment, Module, Placement
from deepcat.clouds.offers import Offer
from deepcat.plan.digests import sha256
from deepcat.plan.plan import make_plan
from deepcat.plan.values import State, Status, Wish
from deepcat.tosca.topology import Topology

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DEPLOYMENT = Deployment(
    "demo", "deployments/demo.yaml", "digits", "", "serve", {}, None, Placement(), None, "ada",
    {"module": "digits"},
)  # fmt: skip
MODULE = Module("digits", "1.0.0", "modules/digits", {}, "d" * 64, "tosca.yaml", None, ())
WISH = Wish(DEPLOYMENT, MODULE, Topology("tosca.yaml", "1.3", "", {}, {}, (), {}), ())
STATE = State(
    "old", "digits", "1.0.0", "e" * 64, "serve", {}, "market", "small", Status.RUNNING, "w", "c"
)
OFFER = Offer("market", "small", "openstack", price=0.1)
GIVEN: dict[str, Any] = {
    "wishes": (WISH,), "states": (STATE,), "offers": (OFFER,), "commit": "a" * 40,
}  # fmt: skip
OTHERS: dict[str, dict[str, Any]] = {
    "commit": {"commit": "b" * 40},
    "wish": {"wishes": (replace(WISH, deployment=replace(DEPLOYMENT, data={"module": "x"})),)},
    "name": {"wishes": (replace(WISH, deployment=replace(DEPLOYMENT, name="other")),)},
    "module": {"wishes": (replace(WISH, module=replace(MODULE, digest="f" * 64)),)},
    "no wish": {"wishes": ()},
    "state": {"states": (replace(STATE, status=Status.FAILED),)},
    "no state": {"states": ()},
    "offer": {"offers": (replace(OFFER, price=0.2),)},
    "free hosts": {"offers": (replace(OFFER, free=3),)},
    "held": {"held": {"broken": ("cannot be read",)}},
    "why it is held": {"held": {"broken": ("is no mapping",)}},
    "how often it was lost": {"times_lost": {"demo": 1}},
    "how often it was starved": {"times_starved": {"demo": 1}},
    "quotas": {"quotas": (("ada", (("deployments", 2.0),)),)},
}


def digest(**other: Any) -> str:
    return make_plan(**(GIVEN | other), now=NOW).digest


def test_the_same_world_has_the_same_hash() -> None:
    assert digest() == digest()


@pytest.mark.parametrize("what", OTHERS)
def test_another_world_has_another_hash(what: str) -> None:
    assert digest(**OTHERS[what]) != digest()


def test_no_two_of_these_worlds_share_a_hash() -> None:
    assert len({digest(**other) for other in OTHERS.values()}) == len(OTHERS)


def test_where_a_text_ends_is_a_part_of_the_hash() -> None:
    assert len({sha256("ab", "c"), sha256("a", "bc"), sha256("abc"), sha256("abc", "")}) == 4
