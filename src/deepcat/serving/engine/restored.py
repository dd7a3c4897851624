"""Find variables that a SavedModel's signatures need and that it never restores; pure.

`tf.saved_model.save` of a Keras 3 model writes each weight twice: the signatures read the first,
the checkpoint fills the second. TensorFlow 2's own loader mends it by the object graph; a session,
and so TensorFlow Serving, cannot. A second one tells its first by the value that it begins with.
Keras 3's exports hold such variables that no signature reads, too: the state of a generator.
"""

from __future__ import annotations

from typing import Any

from deepcat.serving.engine.needed import needed

INIT = "__saved_model_init_op"


def never_restored(meta_graph: Any) -> dict[str, str]:
    """Variables that a signature needs and nothing fills -> the one that has the value.

    Args:
        meta_graph: a MetaGraphDef.
    """
    found = _twins(meta_graph)
    read = needed(meta_graph, _answers(meta_graph)) if found else ()
    return {first: second for first, second in sorted(found.items()) if first in read}


def _answers(meta_graph: Any) -> list[str]:
    """The tensors that the signatures give."""
    return [
        info.name
        for name, signature in meta_graph.signature_def.items()
        if name != INIT
        for info in signature.outputs.values()
        if info.name
    ]


def _twins(meta_graph: Any) -> dict[str, str]:
    """Variables that are only the initial value of another one, which is restored -> that one."""
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    restore = nodes.get(meta_graph.saver_def.restore_op_name)
    if restore is None:
        return {}
    filled = _inputs(restore)
    found: dict[str, str] = {}
    for node in nodes.values():
        if node.op != "AssignVariableOp" or len(node.input) < 2:
            continue
        target, value = node.input[0], nodes.get(node.input[1].partition(":")[0])
        if value is None or value.op != "ReadVariableOp" or target not in filled:
            continue
        source = value.input[0]
        variable = nodes.get(source)
        if variable is not None and variable.op == "VarHandleOp" and source not in filled:
            found[source] = target
    written = _written(nodes.values(), restore.name)
    return {source: target for source, target in found.items() if source not in written}


def _inputs(node: Any) -> set[str]:
    return {name.partition(":")[0].lstrip("^") for name in node.input}


def _written(nodes: Any, restore: str) -> set[str]:
    """Variables that something else fills: an assignment, or a function without outputs."""
    names: set[str] = set()
    for node in nodes:
        if node.op == "AssignVariableOp":
            names.add(node.input[0])
        elif "Call" in node.op and node.name != restore and not node.attr["Tout"].list.type:
            names |= _inputs(node)
    return names
