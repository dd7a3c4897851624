"""A change as lines that a person reads: what will be done, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from deepcat.catalog.wording import count
from deepcat.plan.lifecycle import bring_up
from deepcat.plan.proof import AWAITED, Proof
from deepcat.plan.values import Action
from deepcat.tosca.reading.galaxy import Pinned
from deepcat.tosca.topology import Topology

_BEGIN = "write down what is about to happen"
_BESIDE = "bring up the new one beside the old one"
_DOWN = "take the old one down"
_END = "write down how it went"


def steps(
    action: Action,
    topology: Topology,
    samples: int,
    nodes: Mapping[str, Action],
    proof: Proof = Proof.ANSWERS,
) -> tuple[str, ...]:
    """What a change does, one line a step; the place stands in the change itself."""
    return tuple(_steps(action, topology, samples, nodes, proof))


def after(steps: tuple[str, ...], leaving: Sequence[str]) -> tuple[str, ...]:
    """The steps, and what the old version's own operations do once the new one has taken over."""
    return (*steps[:-1], *leaving, *steps[-1:])


def fetching(steps: tuple[str, ...], roles: Iterable[Pinned]) -> tuple[str, ...]:
    """The steps of what is brought up, with the roles of Ansible Galaxy that it is given."""
    lines = (f"fetch the Ansible role {role}" for role in roles)
    return (*steps[:1], *lines, *steps[1:]) if steps else steps


def guarded(steps: tuple[str, ...], line: str) -> tuple[str, ...]:
    """The steps of what asks who calls, with whom it lets in."""
    return (*steps[:1], line, *steps[1:]) if steps and line else steps


def unboxed(steps: tuple[str, ...], lacks: Sequence[str]) -> tuple[str, ...]:
    """The steps on a host that gives no box, in the words of what it lacks."""
    return (*steps[:1], f"do without a box: {'; '.join(lacks)}", *steps[1:]) if lacks else steps


def renamed(steps: tuple[str, ...], leaving: Sequence[str]) -> tuple[str, ...]:
    """The steps of what has another name where it runs: there the old one must make room first."""
    rest = (step for step in steps[1:] if step not in (_BESIDE, _DOWN))
    return (*steps[:1], *leaving, "take it down under its old name", *rest)


def deletion(leaving: Sequence[str]) -> tuple[str, ...]:
    """What taking a deployment down does: its own operations first, and then all goes."""
    return (_BEGIN, *leaving, "stop and delete everything that carries its name", _END)


def _steps(
    action: Action,
    topology: Topology,
    samples: int,
    nodes: Mapping[str, Action],
    proof: Proof,
) -> Iterator[str]:
    if action is Action.NONE:
        return
    yield _BEGIN
    if action is Action.REPLACE:
        yield _BESIDE
    if action in (Action.CREATE, Action.REPLACE):
        yield from (f"{name}: {', '.join(names)}" for name, names in bring_up(topology))
    if action is Action.UPDATE:
        changed = [name for name, what in nodes.items() if what is Action.UPDATE]
        yield from (f"{name}: configure" for name in topology.nodes if name in changed)
    if action in (Action.CREATE, Action.REPLACE):
        yield from _proved(proof, samples)
    if action is Action.REPLACE:
        yield _DOWN
    yield _END


def _proved(proof: Proof, samples: int) -> Iterator[str]:
    if proof is not Proof.ANSWERS:
        yield f"wait until {AWAITED[proof]}"
    elif samples:
        yield f"send {count(samples, 'sample')} and compare the answers"
