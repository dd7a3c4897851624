"""A graph as TensorFlow rewrites it before it runs it, made into one that needs no rewriting; pure.

Of a model's start most goes into that: functions are put in their callers' place, constants worked
out, kernels chosen. What comes out, TensorFlow tells of a run that asks for it. Here such graphs,
one for each signature, are put together with what restores their variables. No more than variables
that are read may keep a state from one run to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deepcat.serving.contract.dtypes import STRING
from deepcat.serving.contract.protos import meta_graph_pb2
from deepcat.serving.engine.bounded import KNOWN, bounded
from deepcat.serving.engine.restored import INIT, never_restored

PREDICT = "tensorflow/serving/predict"
DEFAULT = "serving_default"
# The restored checkpoint is named here, and this restores it.
FILE, RESTORE = "deepcat.file:0", "deepcat.restored"
_TENSORS = "tensors of "
_READ = frozenset({"VarHandleOp", "ReadVariableOp", "ResourceGather", "_Arg", "_Retval"})
# What only tells how a graph came about; with the kernels' names the rest stays.
_SPARED = ("_class", "_output_shapes", "_XlaHasReferenceVars")
_DEVICE = "/device:CPU:0"


class UnfitError(Exception):
    """A graph that is not kept, and why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a signature feeds and fetches, by the names in the graph.

    Attributes:
        feeds: in the order of their aliases, which servers keep.
        fetches: each once, ascending.
    """

    feeds: tuple[str, ...]
    fetches: tuple[str, ...]


def signatures(meta_graph: Any) -> dict[str, Asked]:
    """What the signatures feed and fetch, by name, the default one first.

    Raises:
        UnfitError: one of them can be asked for otherwise than as a whole, or gives no tensor.
    """
    found = {}
    for name in sorted(meta_graph.signature_def, key=lambda name: (name != DEFAULT, name)):
        if name == INIT:
            continue
        signature = meta_graph.signature_def[name]
        inputs, outputs = signature.inputs, signature.outputs
        infos = [*inputs.values(), *outputs.values()]
        if signature.method_name != PREDICT or not all(info.name for info in infos):
            raise UnfitError(f"the signature {name} is of another kind")
        found[name] = Asked(
            tuple(inputs[alias].name for alias in sorted(inputs)),
            tuple(sorted({info.name for info in outputs.values()})),
        )
    if not found:
        raise UnfitError("it has no signature")
    return found


def rewritten(
    meta_graph: Any, runs: Mapping[Asked, Any], restoring: Any | None, stateful: Collection[str]
) -> bytes:
    """A serialised MetaGraphDef with the same signatures, whose graph needs no rewriting.

    Args:
        meta_graph: the model's own MetaGraphDef.
        runs: the GraphDef that TensorFlow ran, of each `Asked` of `signatures`.
        restoring: the GraphDef that it ran to restore the variables; None where there are none.
        stateful: operations that are more than their inputs.

    Raises:
        UnfitError: the model is not of that kind.
    """
    made = meta_graph_pb2.MetaGraphDef()
    for name, signature in meta_graph.signature_def.items():
        if name != INIT:
            made.signature_def[name].CopyFrom(signature)
    parts = _Parts(made.graph_def, stateful)
    for number, (asked, graph) in enumerate(runs.items()):
        fetched = parts.add(graph, asked, f"signature_{number}/" if number else "")
        words = made.collection_def[f"{_TENSORS}{number}"].node_list.value
        feeds = [f"deepcat.feed_{number}_{place}:0" for place in range(len(asked.feeds))]
        words.extend([str(len(feeds)), *asked.feeds, *feeds, *asked.fetches, *fetched])
    if parts.variables:
        if restoring is None:
            raise UnfitError("nothing restores its variables")
        _add_restore(made.graph_def, parts.variables, _sources(restoring, meta_graph))
    whole = meta_graph.signature_def.get(DEFAULT)
    if whole is not None and bounded(meta_graph, [info.name for info in whole.outputs.values()]):
        made.collection_def[KNOWN].node_list.value.append("bounded")
    return bytes(made.SerializeToString(deterministic=True))


Named = Callable[[tuple[str, ...], tuple[str, ...]], tuple[tuple[str, ...], tuple[str, ...]]]


def named(meta_graph: Any) -> Named:
    """Of what a signature feeds and fetches, or of a part of the latter, the names in the graph."""
    parts = []
    for name, collection in meta_graph.collection_def.items():
        if name.startswith(_TENSORS):
            count, *words = collection.node_list.value
            feeds = dict(zip(words[: int(count)], words[int(count) :], strict=False))
            rest = words[2 * int(count) :]
            half = len(rest) // 2
            parts.append((feeds, dict(zip(rest[:half], rest[half:], strict=True))))

    def names(
        feeds: tuple[str, ...], fetches: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        fitting = [part for part in parts if part[0].keys() == set(feeds)]
        fitting.sort(key=lambda part: (part[1].keys() != set(fetches), len(part[1])))
        for fed, fetched in fitting:
            if set(fetches) <= fetched.keys():
                return tuple(fed[each] for each in feeds), tuple(fetched[each] for each in fetches)
        return feeds, fetches

    return names


class _Parts:
    """The graphs of signatures, put together in one."""

    def __init__(self, graph: Any, stateful: Collection[str]) -> None:
        self._graph = graph
        self._stateful = stateful
        self._count = 0
        # Of each variable, by its shared name, a node that stands for it.
        self.variables: dict[bytes, Any] = {}

    def add(self, graph: Any, asked: Asked, prefix: str) -> list[str]:
        """Add one; the tensors that stand for what is fetched."""
        self._graph.versions.CopyFrom(graph.versions)
        if graph.library.function:
            raise UnfitError("it calls functions")
        number, self._count = self._count, self._count + 1
        names, fetched = {}, dict[int, str]()
        for node in graph.node:
            fed = node.op == "_Arg"
            names[node.name] = (
                f"deepcat.feed_{number}_{node.attr['index'].i}" if fed else prefix + node.name
            )
        kinds: dict[int, int] = {}
        for node in graph.node:
            if node.op in self._stateful and node.op not in _READ:
                raise UnfitError(f"{node.op} has a state")
            if not node.device.endswith(_DEVICE):
                raise UnfitError(f"it is computed on {node.device}")
            if node.op == "_Arg":
                kinds[node.attr["index"].i] = node.attr["T"].type
            elif node.op == "_Retval":
                fetched[node.attr["index"].i] = _renamed(node.input[0], names)
            else:
                self._copy(node, names)
        for place in range(len(asked.feeds)):
            made = self._graph.node.add(name=f"deepcat.feed_{number}_{place}", op="Placeholder")
            if place not in kinds:
                raise UnfitError(f"{asked.feeds[place]} is fed in vain")
            made.attr["dtype"].type = kinds[place]
        return [fetched[place] for place in range(len(asked.fetches))]

    def _copy(self, node: Any, names: Mapping[str, str]) -> None:
        made = self._graph.node.add(name=names[node.name], op=node.op)
        made.input.extend([_renamed(each, names) for each in node.input])
        for key, value in node.attr.items():
            if key not in _SPARED:
                made.attr[key].CopyFrom(value)
        if node.op == "VarHandleOp":
            shared = node.attr["shared_name"].s
            if not shared or node.attr["container"].s:
                raise UnfitError(f"the variable {node.name} has no name of its own")
            self.variables.setdefault(shared, made)


def _renamed(name: str, names: Mapping[str, str]) -> str:
    control, name = ("^", name[1:]) if name.startswith("^") else ("", name)
    node, colon, place = name.partition(":")
    return f"{control}{names[node]}{colon}{place}"


def _sources(restoring: Any, meta_graph: Any) -> dict[bytes, tuple[bytes, int]]:
    """Of each variable, by its shared name, what it is called in the checkpoint, and its type."""
    nodes = {node.name: node for node in restoring.node}
    found = {}
    for node in nodes.values():
        if node.op != "AssignVariableOp":
            continue
        variable, value = _origin(nodes, node.input[0]), node.input[1]
        reader, _, place = value.partition(":")
        restore = nodes[reader]
        if variable.op != "VarHandleOp" or restore.op != "RestoreV2":
            raise UnfitError("its variables are not restored as they are")
        names, slices = (nodes[each].attr["value"].tensor for each in restore.input[1:3])
        if any(slices.string_val) or len(names.string_val) != len(restore.attr["dtypes"].list.type):
            raise UnfitError("its variables are restored in parts")
        kind = restore.attr["dtypes"].list.type[int(place or 0)]
        found[variable.attr["shared_name"].s] = names.string_val[int(place or 0)], kind
    shared = {node.name: node.attr["shared_name"].s for node in meta_graph.graph_def.node}
    for lacking, source in never_restored(meta_graph).items():
        if shared[source] in found:
            found[shared[lacking]] = found[shared[source]]
    return found


def _origin(nodes: Mapping[str, Any], name: str) -> Any:
    """The node that a tensor comes from, past what hands it on."""
    node = nodes[name.partition(":")[0]]
    while node.op == "Identity":
        node = nodes[node.input[0].partition(":")[0]]
    return node


def _add_restore(
    graph: Any, variables: Mapping[bytes, Any], sources: Mapping[bytes, tuple[bytes, int]]
) -> None:
    kinds = {shared: node.attr["dtype"].type for shared, node in variables.items()}
    for shared, kind in kinds.items():
        if sources.get(shared, (b"", 0))[1] != kind:
            raise UnfitError(f"the variable {shared.decode(errors='replace')} is not restored")
    graph.node.add(name=FILE.partition(":")[0], op="Placeholder").attr["dtype"].type = STRING.number
    _add_strings(graph, "deepcat.names", [sources[shared][0] for shared in variables])
    _add_strings(graph, "deepcat.slices", [b""] * len(variables))
    inputs = [FILE.partition(":")[0], "deepcat.names", "deepcat.slices"]
    restore = graph.node.add(name="deepcat.read", op="RestoreV2", input=inputs)
    restore.attr["dtypes"].list.type.extend(kinds.values())
    assigned = []
    for place, (shared, node) in enumerate(variables.items()):
        inputs = [node.name, f"deepcat.read:{place}"]
        made = graph.node.add(name=f"deepcat.assign_{place}", op="AssignVariableOp", input=inputs)
        made.attr["dtype"].type = kinds[shared]
        assigned.append(f"^{made.name}")
    graph.node.add(name=RESTORE, op="NoOp", input=assigned)


def _add_strings(graph: Any, name: str, values: Sequence[bytes]) -> None:
    made = graph.node.add(name=name, op="Const")
    made.attr["dtype"].type = STRING.number
    tensor = made.attr["value"].tensor
    tensor.dtype = STRING.number
    tensor.tensor_shape.dim.add(size=len(values))
    tensor.string_val.extend(values)
