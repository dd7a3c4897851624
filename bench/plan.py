"""How long one process takes to plan many deployments on many clouds, and how much memory.

    python bench/plan.py [CLOUDS [DEPLOYMENTS]]

A third of the deployments is new, a third runs and stays, the rest is changed, renamed or removed.
The last line also says what it costs when no two deployments ask for the same.
"""

from __future__ import annotations

import gc
import random
import resource
import sys
import time
from dataclasses import replace

from match import offers_of

from deepcat.catalog.values import AcceleratorRequest, Deployment, ModelRef, Module, Placement
from deepcat.clouds.market import Market
from deepcat.clouds.offers import Offer
from deepcat.plan.digests import applied_nodes, wish_digest
from deepcat.plan.plan import make_plan
from deepcat.plan.values import Plan, State, Status, Wish
from deepcat.tosca.topology import Edge, Node, Operation, Topology
from deepcat.tosca.workload import Workload

MODULES = 200


def topology_of(name: str, port: int) -> Topology:
    """A machine, a model and a server, as the demonstration modules have them."""
    path = f"modules/{name}/tosca.yaml"
    up = ("create", "configure", "start")
    nodes = {
        "host": node("host", "tosca.nodes.Compute", (), {}),
        "model": node("model", "deepcat.nodes.Model", ("create",), {"name": name, "version": 1}),
        "server": node("server", "deepcat.nodes.ModelServer", up, {"rest_port": port}),
    }
    edges = (
        Edge("server", "host", "host", "host", "tosca.relationships.HostedOn"),
        Edge("server", "model", "model", "model", "deepcat.relationships.Serves"),
    )
    return Topology(path, "tosca_simple_yaml_1_3", "", {"rest_port": port}, nodes, edges, {})


def node(name: str, kind: str, operations: tuple[str, ...], properties: dict[str, object]) -> Node:
    """One node with roles for its operations."""
    own = tuple(Operation(o, "Standard", f"role:{name}", {}, "library") for o in operations)
    return Node(name, kind, (kind, "tosca.nodes.Root"), properties, {}, {}, {}, own)


def world(number: int, offers: list[Offer], distinct: bool) -> tuple[list[Wish], list[State]]:
    """So many deployments: wishes, and what is known of two thirds of them."""
    dice = random.Random(3)
    modules = []
    for index in range(MODULES):
        name = f"module-{index}"
        model = ModelRef("tensorflow-savedmodel", "model.tar.gz", "", f"{index:064x}", {})
        digest = f"{index + 1:064x}"
        module = Module(name, "1.0.0", f"modules/{name}", {}, digest, "tosca.yaml", model, ())
        modules.append((module, topology_of(name, 8501)))
    wishes, states = [], []
    usable = [offer for offer in offers if not offer.users and not offer.profiles]
    for index in range(number):
        module, topology = modules[index % MODULES]
        wish = wish_of(index, module, topology, dice, distinct)
        if index % 3 == 0:
            wishes.append(wish)
            continue
        state = state_of(wish, dice.choice(usable))
        kind = index % 30
        if kind == 1:
            state = replace(state, module_digest="0" * 64, model_sha256="0" * 64)
        if kind == 2:
            state = replace(state, name=f"old-{index:06}")
        if kind == 4:
            state = replace(state, wish_digest="1" * 64)
        if kind != 5:
            wishes.append(wish)
        states.append(state)
    return wishes, states


def wish_of(
    index: int, module: Module, topology: Topology, dice: random.Random, distinct: bool
) -> Wish:
    """One wish; distinct ones differ in their price bound too."""
    models = dice.choice([(), (), (), ("A100",), ("H100", "A100"), ("T4", "L4", "A10")])
    gpu = AcceleratorRequest(models=models, count=1 if models else 0)
    most = round(20 + index / 1000, 3) if distinct else dice.choice([None, 20.0])
    placement = Placement((), most, dice.choice(["price", "sla"]))
    data = {"module": module.name, "models": models, "most": most, "index": index}
    name, owner = f"deployment-{index:06}", f"user{dice.randrange(50)}"
    path = f"deployments/{name}.yaml"
    deployment = Deployment(
        name, path, module.name, "^1.0.0", "serve", {}, gpu if models else None, placement, None,
        owner, data,
    )  # fmt: skip
    work = Workload("server", "service", model="model", memory_MiB=2048)
    return Wish(deployment, module, topology, (work,))


def state_of(wish: Wish, offer: Offer) -> State:
    """What a record says of a wish that was carried out there."""
    deployment, module = wish.deployment, wish.module
    return State(
        name=deployment.name,
        module=module.name,
        version=module.version,
        module_digest=module.digest,
        profile="serve",
        inputs=dict(wish.topology.inputs),
        cloud=offer.cloud,
        shape=offer.shape,
        status=Status.RUNNING,
        wish_digest=wish_digest(deployment),
        commit="c" * 40,
        owner=deployment.owner,
        nodes=applied_nodes(wish.topology),
        model_sha256=module.model.sha256 if module.model else "",
    )


def measure(clouds: int, number: int, distinct: bool = False) -> Plan:
    """Plan, and print time and memory."""
    offers = offers_of(clouds, 20)
    for position, offer in enumerate(offers):
        if offer.free is not None and offer.free:
            offers[position] = replace(offer, free=offer.free * 20)
    wishes, states = world(number, offers, distinct)
    gc.collect()
    start, worked = time.perf_counter(), time.process_time()
    plan = make_plan(wishes, states, Market(offers), "c" * 40)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    counts = {str(kind): 0 for kind in ("create", "update", "replace", "delete", "none")}
    for change in plan.changes:
        counts[str(change.action)] += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    what = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    kind = "all requests differ" if distinct else "requests as they come"
    print(
        f"{len(offers):>7} offers {number:>7} deployments, {kind}: {seconds:6.2f} s"
        f" ({worked:.2f} s of CPU), {worked / number * 1e6:5.1f} µs each, peak {peak:.2f} GiB"
        f" ({what}, {len(plan.refusals)} refused)"
    )
    return plan


def main() -> None:
    """Print the figures for a quarter, a half and the whole; then with requests that differ."""
    clouds, number = (
        int(word) for word in (sys.argv[1:] + ["1000", "100000"][len(sys.argv) - 1 :])
    )
    for part in (4, 2, 1):
        measure(clouds, number // part)
    measure(clouds, number, distinct=True)


if __name__ == "__main__":
    main()
