"""What a wish says of who may call, and nothing carries out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepcat.catalog.access import Access, AccessKey
from deepcat.catalog.values import Deployment, Placement
from deepcat.plan.access import line, restarts
from deepcat.plan.guarding import refusals
from deepcat.tosca.topology import Node, Topology
from deepcat.tosca.workload import Workload

KEYS = Access((AccessKey("ada", "env:DEEPCAT_WORKLOAD_A"),))
TOKENS = Access(issuer="https://i.example", audience="a")
SERVER, PLUGIN = "deepcat.nodes.ModelServer", "deepcat.nodes.DEEPaaSGateway"
NOTEBOOK = "deepcat.nodes.JupyterNotebook"


def said(access: Access | None, *types: str, kind: str = "service", connects: bool = False) -> str:
    nodes = {
        f"n{i}": Node(f"n{i}", each, (each,), {}, {}, {}, {}, ()) for i, each in enumerate(types)
    }
    topology = Topology("tosca.yaml", "tosca_simple_yaml_1_3", "", {}, nodes, (), {})
    wish = Deployment(
        *("demo", "deployments/demo.yaml", "m", "", "serve", {}),
        *(None, Placement(), None, "ada", {}, access),
    )  # fmt: skip
    work = tuple(Workload(name, kind) for name in nodes)
    found = list(refusals(topology, wish, work, connects=connects))
    assert {each.code for each in found} <= {"plan/access"}
    return " ".join(f"{each.message}; {each.hint}" for each in found)


def test_a_model_server_carries_it_out_and_no_other_service_does() -> None:
    assert said(KEYS, SERVER) == said(None, NOTEBOOK) == said(None, PLUGIN) == ""
    assert "`n1`, a plug-in of DEEPaaS" in said(KEYS, SERVER, PLUGIN)
    assert f"`n1`, a `{NOTEBOOK}`, asks no caller for a key" in said(KEYS, SERVER, NOTEBOOK)
    assert "nothing here answers callers" in said(KEYS, "deepcat.nodes.Job", kind="job")
    assert said(Access(origins=("*",)), NOTEBOOK) != ""


def test_tokens_take_a_server_that_may_call_out() -> None:
    why = said(TOKENS, SERVER)
    assert "may not call out" in why and "`allowed_network`" in why and "https://i.example" in why
    assert said(TOKENS, SERVER, connects=True) == ""


ADA = {"keys": {"ada": {"secret": "env:A"}}}


@pytest.mark.parametrize(
    ("before", "after", "anew"),
    [
        ({}, {}, False),
        ({}, ADA, True),
        (ADA, {}, True),
        (ADA, {"keys": {"bob": {"secret": "env:B"}}}, False),
        (ADA, {"keys": {"ada": {"secret": "env:A", "rate": 1}}}, False),
        ({"origins": ["https://a.example"]}, {"origins": ["https://b.example"]}, True),
        (ADA, {**ADA, "limits": {"rate": 1}}, True),
        ({"keys": {"ada": "forged"}}, ADA, True),
    ],
)
def test_only_keys_change_where_it_runs(before: dict, after: dict, anew: bool) -> None:  # type: ignore[type-arg]
    assert restarts(before, after) is anew


def test_a_person_reads_whom_it_lets_in() -> None:
    both = replace(TOKENS, keys=KEYS.keys, groups=("vo",))
    words = "let in who shows a key or token: the keys of ada; tokens of https://i.example in vo"
    assert line(both) == words
    assert line(None) == line(Access(origins=("*",))) == ""
