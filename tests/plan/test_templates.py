"""Every template of the field planned onto a fixture of clouds, as a data file says.

`clouds/` holds catalog files. `templates/<name>.yaml` names a template, and for some inputs what is
asked of a host and what is planned. `python -m pytest tests/plan --rewrite` writes it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from field import named, present, template

from deepcat.catalog.reading.open_tree import work_tree
from deepcat.catalog.values import AcceleratorRequest, Cloud, Deployment, Module, Placement
from deepcat.clouds.offers import Offer, offers
from deepcat.clouds.request import request_for
from deepcat.plan.compile import unrunnable
from deepcat.plan.plan import make_plan
from deepcat.plan.values import Action, Change, Plan, Wish
from deepcat.tosca.load import load_topology
from deepcat.tosca.workloads.derive import workloads

HERE = Path(__file__).parent
# As a kind of cloud that can run everything.
TAKES = ("cluster", "container", "job", "notebook", "service", "virtual-machine")
ALL = sorted((HERE / "templates").glob("*.yaml"))
CASES = present(ALL)


@pytest.fixture(scope="module")
def market() -> tuple[Offer, ...]:
    """What the clouds of the fixture offer; hpc has a queue, as a probe would see it."""
    found: list[Offer] = []
    for path in sorted((HERE / "clouds").glob("*.yaml")):
        data = yaml.safe_load(path.read_text("utf-8"))
        found += offers(Cloud(path.stem, f"clouds/{path.name}", data["kind"], data), None, TAKES)
    return tuple(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_template_is_planned(
    case: Path, market: tuple[Offer, ...], request: pytest.FixtureRequest
) -> None:
    said = yaml.safe_load(case.read_text("utf-8"))
    path = template(case)
    found = [told(wished(path, plan), market) | plan_key(plan) for plan in said["plans"]]
    if request.config.getoption("--rewrite"):
        text = yaml.safe_dump(
            {"template": said["template"], "plans": found},
            sort_keys=False,
            width=100,
            allow_unicode=True,
        )
        case.write_text(text, "utf-8")
    assert found == said["plans"] or request.config.getoption("--rewrite")


def test_every_template_has_a_plan(shared_data: Path) -> None:
    folder = shared_data / "tosca" / "templates"
    templates = {path.relative_to(folder).as_posix() for path in folder.rglob("*.y*ml")}
    assert templates == named(ALL)


def plan_key(plan: dict[str, Any]) -> dict[str, Any]:
    return {key: plan[key] for key in ("inputs", "accelerator", "owner", "profile") if key in plan}


def wished(path: Path, said: dict[str, Any]) -> Wish:
    inputs = said.get("inputs")
    topology, _ = load_topology(work_tree(path.parent), path.name, inputs, complete=False)
    assert topology is not None
    gpu = said.get("accelerator")
    deployment = Deployment(
        name="it",
        path="deployments/it.yaml",
        module="m",
        version="",
        profile=said.get("profile", "serve"),
        inputs=inputs or {},
        accelerator=AcceleratorRequest(**gpu | {"models": tuple(gpu["models"])}) if gpu else None,
        placement=Placement(),
        lifetime_s=None,
        owner=said.get("owner", "ada"),
        data=said,
    )
    module = Module("m", "1.0.0", "modules/m", {}, "d", path.name, None, ())
    work = workloads(topology)
    request = request_for(deployment, module, work, {"members": ["grace"]})
    return Wish(deployment, module, topology, work, request)


def told(wish: Wish, market: tuple[Offer, ...]) -> dict[str, Any]:
    """What a reader of the plan is told."""
    assert wish.request is not None
    units = [
        f"{unit.count} × {unit.cpus:g} cores, {unit.memory_MiB} MiB, {unit.accelerators} GPUs"
        for unit in wish.request.units
    ]
    plan = make_plan([wish], [], market, "c")
    here = unrunnable(wish.topology, wish.deployment, wish.module, wish.workloads)
    said = {"kinds": list(wish.request.kinds), "units": units} | outcome(plan)
    return said | {"nothing_here": [each.message for each in here]}


def outcome(plan: Plan) -> dict[str, Any]:
    if plan.refusals:
        return {"refused": list(plan.refusals["it"])}
    (change,) = plan.changes
    assert isinstance(change, Change)
    assert change.action is Action.CREATE
    assert change.offer is not None
    assert set(change.nodes.values()) == {Action.CREATE}
    parts = [
        f"{each.part}: {each.offer.shape} × {each.hosts}, {each.price_hour:g}"
        for each in change.placements
    ]
    return {
        "where": f"{change.offer.cloud}/{change.offer.shape}",
        "hosts": change.hosts,
        "price_hour": round(change.price_hour, 4),
        **({"parts": parts} if parts else {}),
        "fallbacks": [f"{offer.cloud}/{offer.shape}" for offer in change.fallbacks],
        "rejected": {
            f"{each.cloud}/{each.shape}".rstrip("/"): "; ".join(each.reasons)
            for each in change.rejected
        },
        "nodes": list(change.nodes),
    }
