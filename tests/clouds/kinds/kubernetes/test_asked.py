"""What a topology and a wish ask for is done on clusters, or refused in the plan by name: rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from deepcat.catalog.build import deployment
from deepcat.catalog.reading.units import Unit, UnitKind
from deepcat.catalog.values import Cloud, Module
from deepcat.clouds.checks import reasons
from deepcat.clouds.kinds.kubernetes import steps
from deepcat.clouds.kinds.kubernetes.carried import CARRIES, carries
from deepcat.clouds.kinds.kubernetes.kind import KIND
from deepcat.clouds.offers import Offer
from deepcat.clouds.request import request_for
from deepcat.plan.asked import words
from deepcat.plan.compile import unrunnable
from deepcat.plan.roles import declared
from deepcat.tosca.load import load_topology
from deepcat.tosca.workloads.derive import workloads

PATH = "modules/m/tosca.yaml"
MODULE = Module("m", "1.0.0", "modules/m", {}, "d", PATH, None, ())
ROWS = yaml.safe_load(Path(__file__).with_name("asked.yaml").read_text("utf-8"))
SERVING: dict[str, Any] = {
    "host": {
        "type": "deepcat.nodes.Compute",
        "capabilities": {"host": {"properties": {"num_cpus": 1, "mem_size": "1 GB"}}},
    },
    "model": {"type": "deepcat.nodes.Model", "properties": {"name": "m", "archive": "m.tar.gz"}},
    "server": {
        "type": "deepcat.nodes.ModelServer",
        "properties": {"rest_port": {"get_input": "rest"}, "grpc_port": {"get_input": "grpc"}},
        "requirements": [{"host": "host"}, {"model": "model"}],
    },
}
OFFER = Offer(
    "lab", "nvidia.A.1", "kubernetes", takes=tuple(sorted(KIND.takes)), carries=CARRIES,
    scripts=False, cpus=8, memory_MiB=32_768, accelerator="A", accelerators=1, shared=True,
    pool=True, free=4,
)  # fmt: skip


class Files:
    """A tree that holds one module."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self._held = {PATH: yaml.safe_dump(template).encode(), "modules/m/s.sh": b"#!/bin/sh\n"}

    def entries(self, under: str = "") -> tuple[Any, ...]:
        return ()

    def size(self, path: str) -> int | None:
        return len(self._held[path]) if path in self._held else None

    def read(self, path: str) -> bytes:
        return self._held[path]


def laid_over(below: Any, above: Any) -> Any:
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: laid_over(below.get(key), value) for key, value in above.items()}}


def template(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {"rest": 0, "grpc": 0, "n": 1}
    inputs = {name: {"type": "integer", "default": usual} for name, usual in numbers.items()}
    nodes = laid_over(SERVING, row.get("nodes", {}))
    whole = {"inputs": inputs, "node_templates": nodes, "policies": row.get("policies", [])}
    return {
        "tosca_definitions_version": "tosca_simple_yaml_1_3",
        "imports": ["deepcat", "indigo"],
        "topology_template": whole,
    }


def refused(row: Mapping[str, Any]) -> list[str]:
    """All that the plan says against a row."""
    said = {"apiVersion": "deepcat/v1", "module": "m", "profile": "serve", **row.get("wish", {})}
    path = "deployments/demo.yaml"
    unit = Unit(UnitKind.DEPLOYMENT, "demo", path, "", False, lambda _: ())
    wish = deployment(unit, said)
    made, findings = load_topology(Files(template(row)), PATH, wish.inputs)
    assert made is not None, findings
    work = workloads(made)
    request = request_for(wish, MODULE, work)
    request = replace(request, words=words(made, tuple(wish.inputs.values())))
    why = unrunnable(made, wish, MODULE, work)
    known = None if row.get("hosts") else carries({}, measures=bool(row.get("measures")))
    return [*(each.message for each in why), *reasons(request, replace(OFFER, carries=known))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_it_is_done_or_refused_by_name(row: Mapping[str, Any]) -> None:
    found = refused(row)
    assert bool(found) == bool(row.get("says")), found
    for words_ in row.get("says", ()):
        assert any(words_ in each for each in found), found


def test_only_our_image_asks_who_calls() -> None:
    fetches = {"image": f"docker.io/tensorflow/serving@{'0' * 64}", "fetcher": f"ours@{'1' * 64}"}
    desks = {"notebooks": {"storage": "1Gi"}}
    data = {"kubernetes": fetches | desks}
    theirs = KIND.lacks(Cloud("lab", "clouds/lab.yaml", "kubernetes", data))
    assert theirs == {"access", "access.oidc", "access.tls"}
    ours = {"kubernetes": {"image": fetches["fetcher"], "fetcher": fetches["fetcher"], **desks}}
    assert not KIND.lacks(Cloud("lab", "clouds/lab.yaml", "kubernetes", ours))
    assert not KIND.lacks(Cloud("lab", "clouds/lab.yaml", "kubernetes", {"kubernetes": desks}))


ROLES = ("container", "job", "onedata_space")
OWN = {word.partition(":")[0] for word in CARRIES}


def test_what_roles_take_and_this_kind_does_not_is_known() -> None:
    """A word that a role learns is refused here until this kind carries it out, too."""
    served = [entry for (role, _), entry in declared().items() if role in ("model", "model_server")]
    known = {
        f"{kind}.{name}"
        for entry in served
        for kind in entry.types
        for name in entry.takes("properties")
    }
    assert known - OWN == {"deepcat.nodes.Model.format"}


def test_what_the_roles_of_jobs_take_is_carried_out() -> None:
    """One role takes jobs of several vocabularies, each of which has some of its words."""
    found = [entry for (role, _), entry in declared().items() if role in ROLES]
    known = {name for entry in found for name in entry.takes("properties")}
    own = {word.rpartition(".")[2] for word in OWN}
    assert known - own == set()
    assert {kind for entry in found for kind in entry.types} <= OWN


def test_every_step_of_what_is_carried_out_is_known() -> None:
    assert {"model", "server", "container", "job", "space"} <= steps.STEPS.keys()
    assert "plugin" not in steps.STEPS
