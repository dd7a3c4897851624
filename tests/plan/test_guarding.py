"""What a wish says of who may call, and nothing carries out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deepcat.catalog.access import Access, AccessKey, Tls, access_of
from deepcat.catalog.values import Deployment, Placement
from deepcat.plan.access import applied, default_of, inherited, line, restarts, settled
from deepcat.plan.guarding import answers, refusals
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


DEFAULT = {
    "keys": {"staff": {"secret": "env:DEEPCAT_WORKLOAD_S"}},
    "limits": {"rate": 3},
    "x-note": "of all",
}


def wished(own: dict[str, Any] | None, default: dict[str, Any] = DEFAULT) -> Deployment:
    wish = Deployment(
        *("demo", "deployments/demo.yaml", "m", "", "serve", {}),
        *(None, Placement(), None, "ada", {"access": own} if own else {}, access_of(own)),
    )  # fmt: skip
    return settled(wish, default)


def test_the_catalogs_words_hold_where_a_deployment_lacks_them() -> None:
    plain, own = wished(None), wished({"keys": {"ada": {"secret": "env:A"}}})
    assert line(plain.access).endswith(
        "the keys of staff (as deepcat.yaml says); limits as deepcat.yaml says"
    )
    assert line(own.access).endswith("the keys of ada; limits as deepcat.yaml says")
    assert own.access and own.access.rate == 3
    assert applied(plain) == {word: DEFAULT[word] for word in ("keys", "limits")}
    assert inherited(own) == ('{"limits":{"rate":3}}',)
    assert "access" not in plain.data  # the file's digest stays the file's


def test_open_takes_none_of_the_catalogs_words() -> None:
    wish = wished({"open": True})
    assert wish.access is None
    assert (applied(wish), inherited(wish)) == ({}, ())


@pytest.mark.parametrize("said", ["all", {"keys": "forged"}, {"keys": {"a": 1}}, {}, None])
def test_a_default_that_cannot_be_read_is_none(said: Any) -> None:
    assert default_of({"access": said}) == {}
    assert default_of({"access": DEFAULT}) == DEFAULT


def test_it_is_for_what_answers_callers() -> None:
    def of(type_: str, kind: str) -> bool:
        node = Node("n", type_, (type_,), {}, {}, {}, {}, ())
        topology = Topology("tosca.yaml", "tosca_simple_yaml_1_3", "", {}, {"n": node}, (), {})
        return answers(topology, (Workload("n", kind),))

    assert of(SERVER, "service") and of(PLUGIN, "service") and of(NOTEBOOK, "notebook")
    assert not of("deepcat.nodes.Job", "job")
    why = said(wished(None).access, PLUGIN)
    assert "say `access: {open: true}` here" in why


PAIR = {"certificate": "env:C", "key": "env:K"}
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
        (ADA, {**ADA, "tls": PAIR}, True),
        ({"tls": PAIR}, {"tls": {**PAIR, "minimum": "1.3"}}, True),
        ({"tls": PAIR}, {"tls": {**PAIR, "certificate": "env:D"}}, False),
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
    tls = Tls("env:C", "env:K")
    assert line(Access(tls=tls)) == "let in whoever calls by TLS 1.2 or newer"
    assert line(replace(KEYS, tls=tls)).startswith("let in who shows a key by TLS 1.2 or newer: ")
