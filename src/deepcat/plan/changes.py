"""The diff: what is wished against what is known to run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from deepcat.plan import access, training
from deepcat.plan.digests import applied_nodes, wish_digest
from deepcat.plan.in_place import in_place
from deepcat.plan.values import Action, Cause, State, Status, Wish

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """What one deployment's change is, before a place is chosen.

    Attributes:
        action: what happens to the deployment.
        causes: why.
        nodes: node name -> what happens to it.
    """

    action: Action
    causes: tuple[Cause, ...] = ()
    nodes: Mapping[str, Action] = field(default_factory=dict)


def difference(wish: Wish, state: State | None, rotated: Iterable[str] = ()) -> Difference:
    """Compare one wish with what is known of it; places and lifetimes are not looked at.

    Args:
        wish: what shall be.
        state: what is known.
        rotated: names of API keys that were changed where they lie.
    """
    if state is None:
        return Difference(Action.CREATE, (), dict.fromkeys(_on(wish), Action.CREATE))
    if state.has_ended:
        return _run_again(wish, state)
    if state.status is Status.STOPPED:
        return _once_stopped(wish, state, _of_running(wish, state, rotated))
    if state.status is not Status.RUNNING:
        return _begin_again(wish, state)
    return _of_running(wish, state, rotated)


def _once_stopped(wish: Wish, state: State, found: Difference) -> Difference:
    """What is stopped stays so, unless its wish changed: whoever changes it wants it."""
    if found.action is Action.NONE:
        return found
    return replace(_begin_again(wish, state), causes=found.causes)


def _of_running(wish: Wish, state: State, rotated: Iterable[str]) -> Difference:
    """What differs between what is wished and what runs."""
    keys = (_rotated(name) for name in rotated)
    own = (*_own(wish, state), *keys)
    by_node = dict(_by_node(wish, state))
    causes = own + tuple(cause for found in by_node.values() for _, cause in found)
    if not causes:
        quiet = Difference(Action.NONE, (), dict.fromkeys(wish.topology.nodes, Action.NONE))
        return quiet if wish_digest(wish.deployment) == state.wish_digest else _noted(wish, state)
    if _replaces(wish, state, own, by_node):
        return Difference(Action.REPLACE, causes, _replaced(wish, state))
    nodes = {
        name: Action.UPDATE if by_node.get(name) else Action.NONE for name in wish.topology.nodes
    }
    return Difference(Action.UPDATE, causes, nodes)


def _begin_again(wish: Wish, state: State) -> Difference:
    """A deployment that is known but does not run: bring it up, clearing what may be left."""
    cause = Cause("status", str(state.status), str(Status.RUNNING))
    action = Action.REPLACE if state.status is Status.STOPPING else Action.CREATE
    return Difference(action, (cause,), dict.fromkeys(_on(wish), action))


def _run_again(wish: Wish, state: State) -> Difference:
    """A job that ended is as wished, unless what it is made from is wished otherwise now.

    Who owns it and where it may run change nothing of what it did. Of one that failed any change of
    its file counts: it may run elsewhere now, or with more.
    """
    by_node = tuple(cause for _, found in _by_node(wish, state) for _, cause in found)
    if _trained(wish, state):
        causes = tuple(each for each in by_node if not training.is_use(each.property))
        return Difference(Action.CREATE if causes else Action.NONE, causes, _all_on(wish, causes))
    causes = (*(each for each in _own(wish, state) if each.property != "owner"), *by_node)
    if not causes and state.exit_status and wish_digest(wish.deployment) != state.wish_digest:
        causes = _noted(wish, state).causes
    action = Action.CREATE if causes else Action.NONE
    return Difference(action, causes, dict.fromkeys(_on(wish), action))


def _trained(wish: Wish, state: State) -> bool:
    """Whether it is a training that ended well, by the very module and in the same way.

    Then its nodes say all that it is made from; what came of it, such as a new version of its
    module, is no reason to train again.
    """
    nodes = [node for node in wish.topology.nodes.values() if training.trains(node)]
    same = (state.module, state.profile) == (wish.module.name, wish.deployment.profile)
    is_known = all("files" in node.properties for node in nodes)
    return bool(nodes) and is_known and same and bool(state.nodes) and not state.exit_status


def _all_on(wish: Wish, causes: tuple[Cause, ...]) -> dict[str, Action]:
    return dict.fromkeys(_on(wish), Action.CREATE if causes else Action.NONE)


def _noted(wish: Wish, state: State) -> Difference:
    """Only what nothing running depends on differs: the record is written anew."""
    cause = Cause("deployment file", state.wish_digest[:12], wish_digest(wish.deployment)[:12])
    return Difference(Action.UPDATE, (cause,), dict.fromkeys(wish.topology.nodes, Action.NONE))


def _replaced(wish: Wish, state: State) -> dict[str, Action]:
    nodes = dict.fromkeys(_on(wish), Action.REPLACE)
    if state.nodes:
        nodes |= {name: Action.CREATE for name in _on(wish) if name not in state.nodes}
        nodes |= {name: Action.DELETE for name in state.nodes if name not in wish.topology.nodes}
    return nodes


def _on(wish: Wish) -> list[str]:
    """The nodes that are to run."""
    return [name for name, node in wish.topology.nodes.items() if not node.is_off]


def _rotated(name: str) -> Cause:
    if not name:
        return Cause("access.tls", "the certificate so far", "another certificate")
    return Cause(f"access.keys.{name}", "the key so far", "another key")


def _own(wish: Wish, state: State) -> Iterator[Cause]:
    """What differs of the deployment itself."""
    model = wish.module.model
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("module", state.module, wish.module.name),
        ("version", state.version, wish.module.version),
        ("profile", state.profile, wish.deployment.profile),
        ("model", state.model_sha256, model.sha256 if model else ""),
        ("owner", state.owner, wish.deployment.owner),
    )
    for name, before, after in pairs:
        known = name != "model" or bool(state.nodes)
        if known and before != after:
            yield Cause(name, before, after)
    if state.module_digest != wish.module.digest:
        yield Cause("module files", state.module_digest[:12], wish.module.digest[:12])
    yield from _deep(("inputs",), dict(state.inputs), dict(wish.topology.inputs))
    yield from _deep(("access",), dict(state.access), access.applied(wish.deployment))


def _by_node(wish: Wish, state: State) -> Iterator[tuple[str, tuple[tuple[bool, Cause], ...]]]:
    """Node name -> what differs, each with whether it can be applied in place."""
    if not state.nodes:
        return
    wanted = applied_nodes(wish.topology)
    for name in sorted({*wanted, *state.nodes}):
        label = f"nodes.{name}"
        if name not in wanted or name not in state.nodes:
            there = {True: "present", False: "absent"}
            yield name, ((False, Cause(label, there[name in state.nodes], there[name in wanted])),)
            continue
        node = wish.topology.nodes[name]
        found = tuple(
            (in_place(node, path), Cause(".".join((label, *path)), before, after))
            for path, before, after in _walk((), state.nodes[name], wanted[name])
        )
        if found:
            yield name, found


def _replaces(
    wish: Wish,
    state: State,
    own: tuple[Cause, ...],
    by_node: Mapping[str, tuple[tuple[bool, Cause], ...]],
) -> bool:
    properties = {cause.property for cause in own}
    if properties & {"module", "profile", "model"}:
        return True
    if access.restarts(state.access, access.applied(wish.deployment)):
        return True
    if not state.nodes:  # a record that does not say what was applied: be on the safe side
        return bool(properties - {"owner"})
    if "module files" in properties and (wish.is_job or _brings_code(wish)):
        return True
    return any(not alone for found in by_node.values() for alone, _ in found)


def _brings_code(wish: Wish) -> bool:
    """Whether files of the module run as they are: scripts, or a plug-in."""
    if any(workload.has_plug_in for workload in wish.workloads):
        return True
    nodes = wish.topology.nodes.values()
    return any(operation.origin == "module" for node in nodes for operation in node.operations)


def _deep(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Cause]:
    for where, old, new in _walk(path, before, after):
        yield Cause(".".join(where), old, new)


def _walk(
    path: tuple[str, ...], before: Any, after: Any
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Every leaf that differs, with its path, in the order of names; absent is None."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}, key=str):
            old, new = before.get(key, _MISSING), after.get(key, _MISSING)
            yield from _walk((*path, str(key)), old, new)
    elif before is _MISSING or after is _MISSING or not _same(before, after):
        yield path, None if before is _MISSING else before, None if after is _MISSING else after


def _same(before: Any, after: Any) -> bool:
    return bool(before == after) and isinstance(before, bool) == isinstance(after, bool)
