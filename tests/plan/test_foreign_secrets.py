"""Secrets that only a plan sees, once a topology's inputs are given: they are who wrote them."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.catalog.access import Access, AccessKey, Tls
from deepcat.catalog.values import Deployment, Module, Placement
from deepcat.plan.foreign_secrets import foreign
from deepcat.secrets.owners import secret_owners
from deepcat.tosca.topology import Node, Topology

ADA, BOB = "env:DEEPCAT_WORKLOAD_ADA_KEY", "env:DEEPCAT_WORKLOAD_BOB_KEY"
ROOT = "env:DEEPCAT_WORKLOAD_ROOT_KEY"
BOTH = "env:DEEPCAT_WORKLOAD_BOTH_KEY"
OWNERS = secret_owners(
    {
        "groups": {"both": ["ada", "bob"]},
        "secrets": {
            "ada": ["env:DEEPCAT_WORKLOAD_ADA_"],
            "bob": ["env:DEEPCAT_WORKLOAD_BOB_"],
            "maintainers": ["env:DEEPCAT_WORKLOAD_ROOT_"],
            "both": ["env:DEEPCAT_WORKLOAD_BOTH_"],
        },
    }
)
# Ada maintains the module, Bob deploys it: what is asked for, what the template holds, what the
# inputs hold -> what is refused.
CASES: list[tuple[str, list[str], Any, bool]] = [
    (ADA, [ADA], {}, False),
    (BOB, [], {"key": BOB}, False),
    (BOB, [], {"deep": [{"key": BOB}]}, False),
    (BOB, [BOB], {}, True),
    (ADA, [], {"key": ADA}, True),
    # Bob repeats what the module names: it is still Bob who wishes it.
    (ADA, [ADA], {"key": ADA}, True),
    # One half each.
    (ADA, ["env:DEEPCAT_WORKLOAD_"], {"name": "ADA_KEY"}, True),
    (BOB, ["env:DEEPCAT_WORKLOAD_"], {"name": "BOB_KEY"}, True),
    (BOTH, ["env:DEEPCAT_WORKLOAD_"], {"name": "BOTH_KEY"}, False),
    ("vault:teams/a#k", [], {"name": "a"}, True),
]


@pytest.mark.parametrize(
    ("key", "inherited", "is_refused"),
    [
        (BOB, (), False),
        (ADA, (), True),
        (ROOT, ("keys", "tls"), False),
        (BOB, ("keys", "tls"), True),
    ],
)
def test_keys_belong_to_who_named_them(
    key: str, inherited: tuple[str, ...], is_refused: bool
) -> None:
    tls = Tls(key, key)
    access = Access((AccessKey("k", key),), inherited=inherited, tls=tls)
    topology = Topology("t", "1.3", "", {}, {}, (), {})
    module = Module("m", "1.0.0", "modules/m", {"maintainers": ["ada"]}, "", "", None, ())
    wish = Deployment(
        *("d", "deployments/d.yaml", "m", "1.0.0", "serve", {}, None, Placement(), None, "bob"),
        *({"owner": "bob"}, access),
    )
    assert OWNERS
    assert bool(list(foreign(topology, wish, module, (), OWNERS))) is is_refused


@pytest.mark.parametrize(("wanted", "literal", "inputs", "is_refused"), CASES)
def test_what_each_wrote_must_be_theirs(
    wanted: str, literal: list[str], inputs: Any, is_refused: bool
) -> None:
    app = Node("app", "x", ("x",), {"secrets": {"K": wanted}}, {}, {}, {}, ())
    topology = Topology("t", "1.3", "", {}, {"app": app}, (), {})
    module = Module("m", "1.0.0", "modules/m", {"maintainers": ["ada"]}, "", "", None, ())
    path, data = "deployments/d.yaml", {"owner": "@Bob"}
    wish = Deployment(
        *("d", path, "m", "1.0.0", "serve", inputs, None, Placement(), None, "@Bob"), data
    )
    assert OWNERS
    found = list(foreign(topology, wish, module, literal, OWNERS))
    assert [each.code for each in found] == ["secret/owner"] * is_refused
    assert all(wanted in each.message for each in found)
