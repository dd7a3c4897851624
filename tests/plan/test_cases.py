"""The planner by cases: what ran before and what is wished -> the plan, as a person reads it.

A folder's `case.yaml` holds `offers`, `modules` (name -> what it is made of), `before` (what was
applied, and where it runs), `after` (the wishes now) and what else `make_plan` takes.
`python -m pytest tests/plan --rewrite` writes each `expected.txt` anew, to be reviewed.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from deepcat.catalog.access import access_of
from deepcat.catalog.values import (
    AcceleratorRequest,
    Deployment,
    ModelRef,
    Module,
    Placement,
    Sample,
)
from deepcat.clouds.offers import Offer
from deepcat.clouds.quotas import quotas
from deepcat.clouds.request import request_for
from deepcat.plain import plain
from deepcat.plan import access
from deepcat.plan.as_json import as_json
from deepcat.plan.digests import applied_nodes, wish_digest
from deepcat.plan.former import lines, made_again
from deepcat.plan.markdown import markdown
from deepcat.plan.plan import make_plan
from deepcat.plan.render import text
from deepcat.plan.values import PartState, Plan, State, Status, Wish
from deepcat.quantities import mebibytes, seconds
from deepcat.resources import schemas
from deepcat.tosca.topology import Edge, Node, Operation, Topology
from deepcat.tosca.workload import Workload

CASES = Path(__file__).with_name("cases")
# As a kind of cloud that can run everything.
TAKES = ("cluster", "container", "job", "notebook", "service", "virtual-machine")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVING: dict[str, Any] = {
    "host": {"type": "tosca.nodes.Compute"},
    "model": {"type": "deepcat.nodes.Model", "roles": ["create"]},
    "server": {
        "type": "deepcat.nodes.ModelServer",
        "roles": ["create", "start"],
        "needs": {"host": "host", "model": "model"},
        "properties": {"rest_port": {"get_input": "port"}},
    },
}


def test_there_are_cases() -> None:
    assert len(list(CASES.iterdir())) >= 25


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda path: path.name)
def test_case(case: Path, request: pytest.FixtureRequest) -> None:
    given = yaml.safe_load((case / "case.yaml").read_text("utf-8"))
    plan = plan_of(given)
    found = readable(plan)
    expected = case / "expected.txt"
    if request.config.getoption("--rewrite"):
        expected.write_text(found, "utf-8")
    assert found == expected.read_text("utf-8")
    assert plan_of(turned_round(given)) == plan
    schema = json.loads((schemas() / "plan.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(json.loads(json.dumps(as_json(plan, "EUR"))))
    assert markdown(plan, "EUR").startswith("**Plan: ")


def readable(plan: Plan) -> str:
    """The plan and its steps, without the hash, which any new field of a value changes."""
    *lines, last = text(plan, "EUR").splitlines()
    assert last.endswith(plan.digest[:12])
    steps = [
        f"{plain(change.deployment)} {number}. {plain(step)}"
        for change in plan.changes
        for number, step in enumerate(change.steps, 1)
    ]
    return "\n".join([*lines, *steps]) + "\n"


def turned_round(given: dict[str, Any]) -> dict[str, Any]:
    """The same case with everything in another order."""
    other = dict(given)
    other["offers"] = list(reversed(given["offers"]))
    for key in ("before", "after"):
        other[key] = dict(reversed((given.get(key) or {}).items()))
    return other


def plan_of(given: dict[str, Any]) -> Plan:
    """What a case's world leads to."""
    modules = given.get("modules") or {}
    groups = given.get("groups") or {}
    wishes = [wish(name, said, modules, groups) for name, said in (given["after"] or {}).items()]
    states = [
        state(name, said, modules | given.get("modules_before", {}))
        for name, said in (given.get("before") or {}).items()
    ]
    known = {part.name for part in fields(Offer)}
    assert all(set(offer) <= known for offer in given["offers"])
    return make_plan(
        wishes,
        states,
        [offer(said) for said in given["offers"]],
        "0123456789abcdef",
        now=NOW,
        held=given.get("held"),
        quotas=quotas(given.get("quotas")),
        leaving=partial(leaving, given),
        rotated=given.get("rotated"),
        times_lost=given.get("times_lost"),
        times_starved=given.get("times_starved"),
    )


def leaving(given: dict[str, Any], before: State, takes_over: Wish | None) -> tuple[str, ...]:
    """What the old version's own operations do; a script holds what the module says of it."""
    modules = given.get("modules") or {}
    old = (modules | given.get("modules_before", {})).get(before.module, {})
    topology = topology_of(old, dict(before.inputs))
    if takes_over is None:
        return lines(topology, before.version)
    new = modules.get(takes_over.module.name, {})
    held = [lambda path, made=made: made.get("holds", {}).get(path, path) for made in (old, new)]
    return lines(topology, before.version, made_again(topology, takes_over.topology, *held))


def offer(said: dict[str, Any]) -> Offer:
    parts = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}
    if "quotas" in parts:
        parts["quotas"] = quotas(said["quotas"])
    return Offer(**{"kind": "openstack", "takes": TAKES, "cpus": 8.0, "memory_MiB": 32_768} | parts)


def wish(name: str, said: dict[str, Any], modules: dict[str, Any], groups: dict[str, Any]) -> Wish:
    made = modules.get(said["module"], {})
    deployment = deployment_of(name, said)
    topology = topology_of(made, said.get("inputs", {}))
    model = made.get("model", "m1")
    module = Module(
        name=said["module"],
        version=made.get("version", "1.0.0"),
        path=f"modules/{said['module']}",
        data={"resources": made.get("resources", {})},
        digest=made.get("files", "f1") * 32,
        topology=f"modules/{said['module']}/tosca.yaml",
        model=ModelRef("tensorflow-savedmodel", "m.tar.gz", "", model * 32, {}) if model else None,
        samples=tuple(Sample(f"s{n}", "predict", {}, {}) for n in range(made.get("samples", 1))),
    )
    work = tuple(workload(each) for each in made.get("workloads") or [made.get("workload", {})])
    request = request_for(deployment, module, work, groups)
    request = replace(request, unboxed=made.get("unboxed", False))
    return Wish(deployment, module, topology, work, request)


def deployment_of(name: str, said: dict[str, Any]) -> Deployment:
    data = {key: value for key, value in said.items() if key != "runs"}
    gpu = dict(said["accelerator"]) if "accelerator" in said else None
    if gpu is not None:
        gpu["memory_MiB"] = mebibytes(gpu.pop("memory", None))
        gpu["models"] = tuple(gpu.get("models", ()))
    bounds = dict(said.get("placement", {}))
    bounds["clouds"] = tuple(bounds.get("clouds", ()))
    lifetime = seconds(said.get("lifetime"))
    return Deployment(
        name=name,
        path=f"deployments/{name}.yaml",
        module=said["module"],
        version=said.get("version", ""),
        profile=said.get("profile", "serve"),
        inputs=said.get("inputs", {}),
        accelerator=AcceleratorRequest(**gpu) if gpu is not None else None,
        placement=Placement(**bounds),
        lifetime_s=int(lifetime) if lifetime else None,
        owner=said.get("owner", "ada"),
        data=data,
        access=access_of(said.get("access")),
    )


def workload(given: dict[str, Any]) -> Workload:
    said = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    gpu = AcceleratorRequest(count=said.pop("gpus", 0), models=said.pop("models", ()))
    return replace(Workload("server", "service"), accelerator=gpu, **said)


def topology_of(made: dict[str, Any], inputs: dict[str, Any]) -> Topology:
    given = {"port": 8501} | inputs
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    for name, said in (made.get("nodes") or SERVING).items():
        roles = [(step, f"role:{name}", {}, "library") for step in said.get("roles", ())]
        scripts = [
            (step, f"scripts/{step}.sh", said.get(step, {}), "module")
            for step in said.get("scripts", ())
        ]
        own = tuple(Operation(step, "Standard", *rest) for step, *rest in roles + scripts)
        properties = {
            key: given[value["get_input"]] if isinstance(value, dict) else value
            for key, value in said.get("properties", {}).items()
        }
        kind = said["type"]
        nodes[name] = Node(name, kind, (kind, "tosca.nodes.Root"), properties, {}, {}, {}, own)
        edges += [Edge(name, n, to, n, "DependsOn") for n, to in said.get("needs", {}).items()]
    return Topology("tosca.yaml", "tosca_simple_yaml_1_3", "", given, nodes, tuple(edges), {})


def state(name: str, said: dict[str, Any], modules: dict[str, Any]) -> State:
    """What a record says of a wish that was carried out."""
    runs = dict(said["runs"])
    applied = wish(name, {k: v for k, v in said.items() if k != "runs"}, modules, {})
    cloud, _, shape = runs.pop("at").partition("/")
    left = runs.pop("hours_left", None)
    runs["placements"] = tuple(PartState(**part) for part in runs.pop("parts", ()))
    model = applied.module.model
    known = State(
        name=name,
        module=applied.module.name,
        version=applied.module.version,
        module_digest=applied.module.digest,
        profile=applied.deployment.profile,
        inputs=dict(applied.topology.inputs),
        cloud=cloud,
        shape=shape,
        status=Status(runs.pop("status", "running")),
        wish_digest=wish_digest(applied.deployment),
        commit="f" * 40,
        expires=(NOW + timedelta(hours=left)).isoformat() if left is not None else "",
        owner=applied.deployment.owner,
        nodes=applied_nodes(applied.topology),
        model_sha256=model.sha256 if model else "",
        access=access.applied(applied.deployment),
    )
    return replace(known, **runs)
