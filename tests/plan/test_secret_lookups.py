"""Which secrets a node may ask for, and how Ansible is told to look them up."""

from __future__ import annotations

from typing import Any

import pytest

from deepcat.errors import DeepcatError
from deepcat.plan.secret_lookups import lookups, references, wanted
from deepcat.tosca.topology import Node, Topology

FOUND = {
    "env:DEEPCAT_WORKLOAD_TOKEN": "{{ lookup('ansible.builtin.env', 'DEEPCAT_WORKLOAD_TOKEN') }}",
    "vault:secret/data/workloads/a#key": (
        "{{ lookup('community.hashi_vault.hashi_vault', 'secret/data/workloads/a:key') }}"
    ),
}
REFUSED = {
    "env:HOME": "secret/forbidden",
    "env:GITHUB_TOKEN": "secret/forbidden",
    "env:DEEPCAT_WORKLOAD_VAULT": "secret/forbidden",
    "file:/etc/passwd": "secret/forbidden",
    "oidc:vault": "secret/forbidden",
    "keyring:a": "secret/forbidden",
    "vault:secret/data/a": "secret/forbidden",
    "vault:secret/../a#key": "secret/forbidden",
    "plain text": "secret/reference",
    "": "secret/reference",
    "env:DEEPCAT_WORKLOAD_{{7*7}}": "secret/missing",
    "env:DEEPCAT_WORKLOAD_A')": "secret/missing",
    "vault:secret/data/{%x%}#key": "secret/missing",
}


def asking(secrets: Any) -> Node:
    return Node("app", "x", ("x",), {"secrets": secrets}, {}, {}, {}, ())


@pytest.mark.parametrize("reference", FOUND)
def test_what_is_meant_for_workloads_is_looked_up(reference: str) -> None:
    found = lookups(wanted(asking({"TOKEN": reference})))
    assert {name: str(term) for name, term in found.items()} == {"TOKEN": FOUND[reference]}
    made = Topology("t", "1.3", "", {}, {"app": asking({"A": reference, "B": reference})}, (), {})
    assert [str(each) for each in references(made)] == [reference]


@pytest.mark.parametrize("reference", REFUSED)
def test_all_else_is_refused(reference: str) -> None:
    with pytest.raises(DeepcatError) as refused:
        lookups(wanted(asking({"TOKEN": reference})))
    assert refused.value.code == REFUSED[reference]


@pytest.mark.parametrize("name", ["", "A B", "A=1", "1A", "A\n"])
def test_a_name_is_a_variable_s(name: str) -> None:
    with pytest.raises(DeepcatError) as refused:
        lookups(wanted(asking({name: "env:DEEPCAT_WORKLOAD_TOKEN"})))
    assert refused.value.code == "secret/reference"


@pytest.mark.parametrize("secrets", [None, {}, [], "env:HOME"])
def test_who_asks_for_none_gets_none(secrets: Any) -> None:
    assert lookups(wanted(asking(secrets))) == {}
