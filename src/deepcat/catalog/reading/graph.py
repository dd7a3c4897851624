"""The operations of a SavedModel's graphs, read from `saved_model.pb` without TensorFlow.

    SavedModel.meta_graphs 2 -> MetaGraphDef.graph_def 2, .saver_def 3, .signature_def 5
    GraphDef.node 1, .library 2 -> FunctionDefLibrary.function 1
    FunctionDef.signature 1, .node_def 3
    NodeDef.name 1, .op 2, .input 3, .attr 5
    AttrValue.list 1 (.func 9), .func 10 -> NameAttrList.name 1, .attr 2
    SaverDef.filename_tensor_name 1, .save_tensor_name 2, .restore_op_name 3

An operation is of the saver alone when nothing but saving and restoring the variables leads to it:
what a server runs for a request, or to initialise the model, is everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from deepcat.catalog.reading.wire import Fields, fields, messages, pairs, text

_MOST_DEPTH = 32
# The first bytes of the fields that name functions, .func 10 and .func 9, in their two encodings:
# most attributes hold none of these, and need no closer look.
_MAY_CALL = re.compile(rb"[RJ\xd2\xca]").search
# A function of such a name would stand for an operation.
_PRIMITIVE = re.compile(r"[A-Z][A-Za-z0-9]*\Z")


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of operation in one place.

    Attributes:
        name: its type, such as ``MatMul``.
        place: the node, and the function that holds it.
        of_saver: whether only saving and restoring lead to it.
        source: type of the node that its first input comes from; ``argument`` for what is given
            from outside, empty where it takes nothing.
    """

    name: str
    place: str
    of_saver: bool
    source: str = ""


@dataclass(slots=True)
class _Node:
    name: str
    op: str
    inputs: list[str]
    calls: set[str]


@dataclass(slots=True)
class _Body:
    """The nodes of a graph or a function."""

    nodes: dict[str, _Node] = field(default_factory=dict)
    arguments: set[str] = field(default_factory=set)


def operations(content: bytes) -> Iterator[Operation]:
    """Every operation of every graph in a SavedModel, each with its place.

    Args:
        content: of `saved_model.pb`.

    Raises:
        ValueError: it is no SavedModel; two of its parts have one name, so that nobody can say
            which is meant; or they are nested deeper than any program makes them.
    """
    for value in messages(fields(content), 2):
        yield from _of_graph(fields(value))


def _of_graph(meta: Fields) -> Iterator[Operation]:
    main, functions = _Body(), {}
    for value in messages(meta, 2):
        graph = fields(value)
        _take_nodes(main, messages(graph, 1))
        for library in messages(graph, 2):
            for function in messages(fields(library), 1):
                name, body = _function(fields(function))
                if name in functions:
                    raise ValueError(f"two of its functions have the name {name!r}")
                functions[name] = body
    main.arguments |= _saver(meta, 1)
    saving = _reach(main, functions, _saver(meta, 1, 2, 3))
    others = [name for name in main.nodes if ("", name) not in saving]
    others += _served(meta)
    used = _reach(main, functions, others)
    for place, body in (("", main), *functions.items()):
        for node in body.nodes.values():
            if node.op not in functions or _PRIMITIVE.match(node.op):
                here = f"`{node.name}` of the function `{place}`" if place else f"`{node.name}`"
                key = (place, node.name)
                only = key in saving and key not in used
                yield Operation(node.op, here, only, _source(body, node))


def _source(body: _Body, node: _Node) -> str:
    if not node.inputs:
        return ""
    name = _base(node.inputs[0])
    if name in body.arguments:
        return "argument"
    return body.nodes[name].op if name in body.nodes else ""


def _take_nodes(body: _Body, values: Iterable[bytes]) -> None:
    for value in values:
        node = _Node("", "", [], set())
        for number, part in fields(value):
            if type(part) is not bytes:
                continue
            if number == 1:
                node.name = text(part)
            elif number == 2:
                node.op = text(part)
            elif number == 3:
                node.inputs.append(text(part))
            elif number == 5 and _MAY_CALL(part):
                node.calls.update(_functions_in([(5, part)], 5, 0))
        if node.name in body.nodes:
            raise ValueError(f"two of its nodes have the name {node.name!r}")
        body.nodes[node.name] = node


def _function(parts: Fields) -> tuple[str, _Body]:
    body = _Body()
    _take_nodes(body, messages(parts, 3))
    signature = [fields(value) for value in messages(parts, 1)]
    name = _last([part for each in signature for part in each], 1)
    for part in signature:
        body.arguments |= {_last(fields(each), 1) for each in messages(part, 2)}
    return name, body


def _functions_in(parts: Fields, number: int, depth: int) -> Iterator[str]:
    """The functions that attributes name, however deep."""
    if depth > _MOST_DEPTH:
        raise ValueError("its functions are nested deeper than any program makes them")
    for _, value in pairs(parts, number):
        attribute = fields(value)
        named = [*messages(attribute, 10)]
        for listed in messages(attribute, 1):
            named += messages(fields(listed), 9)
        for each in named:
            inner = fields(each)
            yield _last(inner, 1)
            yield from _functions_in(inner, 2, depth + 1)


def _reach(
    main: _Body, functions: Mapping[str, _Body], roots: Iterable[str]
) -> set[tuple[str, str]]:
    """The nodes that lead to the roots, and all nodes of the functions that these call.

    Returns:
        Pairs of a function's name, empty for the graph itself, and a node's.
    """
    found: set[tuple[str, str]] = set()
    entered: set[str] = set()
    waiting = [("", name) for name in roots]
    while waiting:
        place, name = waiting.pop()
        body = functions[place] if place else main
        node = body.nodes.get(name)
        if node is None or (place, name) in found:
            continue
        found.add((place, name))
        waiting += [(place, _base(each)) for each in node.inputs]
        for called in {node.op, *node.calls} & functions.keys() - entered:
            entered.add(called)
            waiting += [(called, each) for each in functions[called].nodes]
    return found


def _saver(meta: Fields, *numbers: int) -> set[str]:
    """The nodes that fields of SaverDef name: where the path comes in, what saves, restores."""
    found = set()
    for value in messages(meta, 3):
        parts = fields(value)
        found |= {_base(_last(parts, number)) for number in numbers}
    return found - {""}


def _served(meta: Fields) -> list[str]:
    """The nodes whose values a signature gives: asked for by a request, or to initialise."""
    found = []
    for _, signature in pairs(meta, 5):
        for _, tensor in pairs(fields(signature), 2):
            found.append(_base(_last(fields(tensor), 1)))
    return found


def _base(name: str) -> str:
    """The node of a tensor's name, such as ``a`` of ``a:0`` and ``^a``."""
    return name.removeprefix("^").partition(":")[0]


def _last(parts: Fields, number: int) -> str:
    """A text field; of one that is written twice the last counts, as protocol buffers have it."""
    value: Any = b""
    for key, each in parts:
        if key == number and type(each) is bytes:
            value = each
    return text(value)
