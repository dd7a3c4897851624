"""What a wish sets a training, or a place to develop: limits, tries, when it ends. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import PROSE_FILES, Deployment, Module
from deepcat.plan import reproduction
from deepcat.plan.lifetime import most_tries
from deepcat.plan.matched import PROFILES
from deepcat.plan.refusal import Refusal
from deepcat.plan.training import direction, trains
from deepcat.quantities import SIZES, TIMES
from deepcat.tosca.topology import Node, Topology

_NOTEBOOK = PROFILES["develop"][1]
_WORDS = ("limits", "retries", "stop", "sweep", "from")
_OF_NOTEBOOKS = {"editor": "develop/editor", "idle": "develop/idle"}
_SCRATCH = "scratch"


def bounded(
    topology: Topology, deployment: Deployment, module: Module, tree: Tree
) -> tuple[Topology, tuple[Refusal, ...]]:
    """The topology with what its wish sets what it runs; and what of it nothing carries out.

    Args:
        topology: with its inputs given.
        deployment: the wish.
        module: whose topology it is.
        tree: that the module lies in.
    """
    topology, idle = _stopping(topology, deployment)
    own = [node for node in topology.nodes.values() if trains(node) and not node.is_off]
    said = [word for word in _WORDS if deployment.data.get(word)]
    if not own:
        return topology, (*idle, *(_of_no_training(word) for word in said))
    given, refused = _properties(deployment.data, module)
    if deployment.profile == "train":
        given["files"] = files_digest(tree, module)
    if token := str(reproduction.of(deployment).get("token") or ""):
        given["repeats"] = token
    begun, unknown = _begun(deployment, module)
    return _with(topology, own, {**given, **begun}), (*idle, *refused, *unknown)


def _begun(deployment: Deployment, module: Module) -> tuple[dict[str, str], tuple[Refusal, ...]]:
    """The model that a training begins from, by its checksum; and why it cannot."""
    wanted = str(deployment.data.get("from") or _SCRATCH)
    if wanted == _SCRATCH:
        return {}, ()
    if wanted != module.version:
        why = f"it is to begin from {wanted}, and gets {module.name} {module.version}"
        return {}, (Refusal("training/from", why, f"say `version: {wanted}`, too"),)
    if module.model is None or not module.model.path:
        why = f"the model of {module.name} {wanted} is no file of its folder"
        return {}, (Refusal("training/from", why, f"begin from `{_SCRATCH}`"),)
    return {"begins_from": module.model.sha256}, ()


def _stopping(topology: Topology, deployment: Deployment) -> tuple[Topology, tuple[Refusal, ...]]:
    """The topology with notebooks of the editor, and of the end, that the wish says."""
    data = deployment.data
    given = {word: str(data[word]) for word in _OF_NOTEBOOKS if data.get(word)}
    own = [each for each in topology.nodes.values() if _NOTEBOOK in (each.type, *each.ancestry)]
    if own:
        return _with(topology, own, given), ()
    return topology, tuple(map(_of_no_notebook, given))


def _with(topology: Topology, nodes: Sequence[Node], given: Mapping[str, Any]) -> Topology:
    changed = {each.name: replace(each, properties={**each.properties, **given}) for each in nodes}
    return replace(topology, nodes={**topology.nodes, **changed})


def line(deployment: Deployment) -> str:
    """What a wish sets what it runs, as a step of a plan; empty for nothing."""
    data = deployment.data
    limits, tries, stop = (data.get(word) or {} for word in ("limits", "retries", "stop"))
    parts = []
    begins = str(data.get("from") or _SCRATCH)
    first = "" if begins == _SCRATCH else f"begin from the model of {begins}"
    if limits.get("time"):
        parts.append(f"after {limits['time']}")
    if limits.get("cost"):
        parts.append(f"at a cost of {limits['cost']:g}")
    if limits.get("disk"):
        parts.append(f"when it has written {limits['disk']}")
    if stop.get("patience"):
        what = f"`{stop['metric']}`" if stop.get("metric") else "its metric"
        parts.append(f"when {what} got no better {stop['patience']} times")
    ends = f"end it {', or '.join(parts)}" if parts else ""
    again = f"try it {tries['module'] + 1} times" if tries.get("module") else ""
    most = most_tries(deployment)
    taken = "" if most is None else f"begin it again {most} times at most when its place is lost"
    idle = str(data.get("idle") or "")
    unused = "let it run unused" if idle == "off" else f"stop it when unused for {idle}"
    editor = f"work in {data['editor']}" if data.get("editor") else ""
    return "; ".join(filter(None, (first, ends, again, taken, editor, unused if idle else "")))


def promise(module: Module) -> str:
    """What a module promises of its checkpoints, as a step of a plan; empty for nothing."""
    said = _training(module).get("checkpoint") or {}
    every = f"lose {said['every']} of work at most, by its checkpoints" if "every" in said else ""
    kept = f"keep its newest {said['keep']} checkpoints" if "keep" in said else ""
    return "; ".join(filter(None, (every, kept)))


def _checkpoint(module: Module) -> dict[str, int]:
    said = _training(module).get("checkpoint") or {}
    found = {"every_s": int(TIMES.read(said.get("every")) or 0), "keep": said.get("keep") or 0}
    return {name: value for name, value in found.items() if value}


def _training(module: Module) -> Mapping[str, Any]:
    own = module.data.get("training")
    return own if isinstance(own, Mapping) else {}


def files_digest(tree: Tree, module: Module) -> str:
    """What tells the files that a training may read from others.

    Neither prose, nor the model that came of it, nor the template that serves it is among them: a
    new version that a training brought is no reason to train again.
    """
    model = module.model.path if module.model else ""
    made = {model, *(each.request_file for each in module.samples)}
    made |= {each.response_file for each in module.samples}
    known = hashlib.sha256()
    start = f"{module.path}/"
    made.add(module.topology.removeprefix(start))
    for entry in sorted(tree.entries(module.path), key=lambda each: each.path):
        name = entry.path.removeprefix(start)
        if entry.is_link or name in PROSE_FILES or name in made:
            continue
        known.update(f"{name}\0".encode())
        known.update(hashlib.sha256(tree.read(entry.path)).digest())
    return known.hexdigest()


def _properties(
    data: Mapping[str, Any], module: Module
) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """The properties of a training's node by its wish, and what is refused."""
    limits, tries, stop = (data.get(word) or {} for word in ("limits", "retries", "stop"))
    given: dict[str, Any] = {}
    held: dict[str, Any] = {"checkpoint": kept} if (kept := _checkpoint(module)) else {}
    if seconds := TIMES.read(limits.get("time")):
        given["time_limit"] = f"{int(seconds)} s"
    if limits.get("cost"):
        held["cost"] = float(limits["cost"])
    if size := SIZES.read(limits.get("disk")):
        held["disk_bytes"] = int(size)
    if tries.get("module"):
        given["retries"] = int(tries["module"])
    if "nan" in stop:
        held["nan"] = bool(stop["nan"])
    refused: tuple[Refusal, ...] = ()
    if stop.get("patience"):
        held["stop"], refused = _early(stop, module)
    elif stop.get("metric") or stop.get("mode"):
        refused = (_unclear("`stop` names no `patience`", "say after how many values it ends"),)
    return {**given, **({"limits": held} if held else {})}, refused


def _early(stop: Mapping[str, Any], module: Module) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """When it is ended early, and what is not known of that."""
    metric = str(stop.get("metric") or _training(module).get("metric") or "")
    if not metric:
        why = f"`stop` names no `metric`, nor does the module `{module.name}`"
        return {}, (_unclear(why, "name the one that has to get better"),)
    higher = direction(module.data, metric) if "mode" not in stop else stop["mode"] == "max"
    if higher is None:
        why = f"`{metric}` is none of the metrics of `{module.name}`, so which way is better?"
        return {}, (_unclear(why, "say `mode: min` or `mode: max`"),)
    patience = int(stop["patience"])
    return {"metric": metric, "patience": patience, "higher_is_better": higher}, ()


def _unclear(message: str, hint: str) -> Refusal:
    return Refusal("training/stop", message, hint)


def _of_no_notebook(word: str) -> Refusal:
    message = f"`{word}` is of places to develop, and this runs none"
    hint = f"take `{word}` away, or say `profile: develop`"
    return Refusal(_OF_NOTEBOOKS[word], message, hint)


def _of_no_training(word: str) -> Refusal:
    message = f"`{word}` is of trainings, and this runs none"
    return Refusal("training/bounds", message, f"take `{word}` away, or say `profile: train`")
