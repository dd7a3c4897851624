"""A change as lines that a person reads: what will be done, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deepcat.plan.lifecycle import bring_up, take_down
from deepcat.plan.proof import Proof
from deepcat.plan.values import Action
from deepcat.tosca.topology import Topology


def steps(
    action: Action,
    topology: Topology | None,
    samples: int,
    nodes: Mapping[str, Action],
    proof: Proof = Proof.ANSWERS,
) -> tuple[str, ...]:
    """What a change does, one line a step; the place stands in the change itself."""
    return tuple(_steps(action, topology, samples, nodes, proof))


def _steps(
    action: Action,
    topology: Topology | None,
    samples: int,
    nodes: Mapping[str, Action],
    proof: Proof,
) -> Iterator[str]:
    if action is Action.NONE:
        return
    yield "write down what is about to happen"
    if action is Action.REPLACE:
        yield "bring up the new one beside the old one"
    if topology is not None and action in (Action.CREATE, Action.REPLACE):
        yield from (f"{name}: {', '.join(names)}" for name, names in bring_up(topology))
    if topology is not None and action is Action.UPDATE:
        changed = [name for name, what in nodes.items() if what is Action.UPDATE]
        yield from (f"{name}: configure" for name in topology.nodes if name in changed)
    if action in (Action.CREATE, Action.REPLACE):
        yield from _proved(proof, samples)
    if action is Action.REPLACE:
        yield "take the old one down"
    if action is Action.DELETE:
        lines = take_down(topology) if topology is not None else ()
        yield from (f"{name}: {', '.join(names)}" for name, names in lines)
        yield "stop and delete everything that carries its name"
    yield "write down how it went"


def _proved(proof: Proof, samples: int) -> Iterator[str]:
    if proof is Proof.ENDED:
        yield "wait until it has ended with status 0"
    elif proof is Proof.STARTED:
        yield "wait until it has started"
    elif samples:
        yield f"send {samples} sample{'s' if samples > 1 else ''} and compare the answers"
