"""What of a graph its signatures need, followed into the functions that they call; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# Body and condition of a loop; branches; plain calls have one function.
_LOOPS = frozenset({"While", "StatelessWhile"})
_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_CHOICES = frozenset({"If", "StatelessIf", "Case", "StatelessCase"})


def needed(meta_graph: Any, outputs: Iterable[str]) -> set[str]:
    """The nodes that a session runs for some outputs.

    A node that is only handed to a function which makes nothing of it is not among them.

    Args:
        meta_graph: a MetaGraphDef.
        outputs: tensors by their names in the graph, ``op:0``.
    """
    graph = meta_graph.graph_def
    functions = _Functions({each.signature.name: each for each in graph.library.function})
    return functions.reached({node.name: node for node in graph.node}, outputs)


class _Functions:
    """The functions of a graph, and which of its arguments each makes something of."""

    def __init__(self, functions: Mapping[str, Any]) -> None:
        self._functions = functions
        self._used: dict[str, set[int]] = {}

    def reached(self, nodes: Mapping[str, Any], ends: Iterable[str]) -> set[str]:
        """All that leads to some ends; a name that is no node's is an argument's."""
        seen: set[str] = set()
        waiting = [_owner(end) for end in ends]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if (node := nodes.get(name)) is not None:
                waiting += self._inputs(node)
        return seen

    def _inputs(self, node: Any) -> list[str]:
        data = [name for name in node.input if not name.startswith("^")]
        control = [name for name in node.input if name.startswith("^")]
        used = self._used_of(node)
        kept = data if used is None else [name for n, name in enumerate(data) if n in used]
        return [_owner(name) for name in (*kept, *control)]

    def _used_of(self, node: Any) -> set[int] | None:
        """The inputs of a call that matter; None for all."""
        if node.op in _CALLS:
            return self._arguments(node.attr["f"].func.name)
        if node.op in _LOOPS:
            parts = [node.attr[key].func.name for key in ("cond", "body")]
            used = [self._arguments(name, loop=True) for name in parts]
            return None if None in used else set().union(*filter(None, used))
        if node.op in _CHOICES:
            chosen = [node.attr[key].func.name for key in ("then_branch", "else_branch")]
            chosen = [name for name in chosen if name]
            chosen += [each.name for each in node.attr["branches"].list.func]
            used = [self._arguments(name) for name in chosen]
            if None in used:
                return None
            # The first input chooses.
            return {0}.union(*({n + 1 for n in each} for each in used if each))
        return None

    def _arguments(self, name: str, *, loop: bool = False) -> set[int] | None:
        """The arguments of a function that matter; None where it is not known.

        Args:
            name: of the function.
            loop: whether what it only hands on does not count.
        """
        function = self._functions.get(name)
        if function is None:
            return None
        key = f"{name} {loop}"
        if key not in self._used:
            # A function that calls itself: all of it, until it is known better.
            self._used[key] = set(range(len(function.signature.input_arg)))
            self._used[key] = self._read(function, loop=loop)
        return self._used[key]

    def _read(self, function: Any, *, loop: bool) -> set[int]:
        nodes = {node.name: node for node in function.node_def}
        places = {each.name: n for n, each in enumerate(function.signature.input_arg)}
        given = [function.ret[each.name] for each in function.signature.output_arg]
        if loop:
            given = [name for n, name in enumerate(given) if places.get(_origin(nodes, name)) != n]
        reached = self.reached(nodes, (*given, *function.control_ret.values()))
        return {place for name, place in places.items() if name in reached}


def _origin(nodes: Mapping[str, Any], tensor: str) -> str:
    """Where a tensor comes from, past what hands it on unchanged."""
    name = _owner(tensor)
    while (node := nodes.get(name)) is not None and node.op == "Identity":
        name = _owner(node.input[0])
    return name


def _owner(tensor: str) -> str:
    return tensor.removeprefix("^").partition(":")[0]
