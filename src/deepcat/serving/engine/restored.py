"""Find variables that a SavedModel never restores; pure.

`tf.saved_model.save` of a `tf.Module` that holds a Keras 3 model writes each weight twice: the
signatures read the first, the checkpoint fills the second. TensorFlow 2's own loader mends it by
the object graph; a session, and so TensorFlow Serving, cannot.
"""

from __future__ import annotations

from typing import Any


def never_restored(meta_graph: Any) -> list[str]:
    """Variables that only serve as the initial value of another one, which is restored in turn.

    Args:
        meta_graph: a MetaGraphDef.
    """
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    restore = nodes.get(meta_graph.saver_def.restore_op_name)
    if restore is None:
        return []
    filled = _inputs(restore)
    found: list[str] = []
    for node in nodes.values():
        if node.op != "AssignVariableOp" or len(node.input) < 2:
            continue
        target, value = node.input[0], nodes.get(node.input[1].partition(":")[0])
        if value is None or value.op != "ReadVariableOp" or target not in filled:
            continue
        source = value.input[0]
        variable = nodes.get(source)
        if variable is not None and variable.op == "VarHandleOp" and source not in filled:
            found.append(source)
    written = _written(nodes.values(), restore.name)
    return sorted(name for name in set(found) if name not in written)


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
