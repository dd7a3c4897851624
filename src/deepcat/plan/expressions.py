"""A value that is known only on the host, as one expression of Ansible's. Pure.

Everything that comes from the catalog enters an expression as a string literal in which every
character but ASCII letters, digits and `_` is spelt by its code point; so no text can end the
literal, nor the expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.tosca.topology import Deferred, Topology

_ADDRESSES = {"private_address", "public_address"}


class Expression(str):
    """Text that Ansible shall evaluate; the compiler alone makes it."""

    __slots__ = ()
    is_expression = True


class Resolver:
    """Turns `Deferred` values of one topology into expressions.

    Args:
        topology: for what nodes declare.
        host_of: node -> the inventory host that it lives on.
    """

    def __init__(self, topology: Topology, host_of: Mapping[str, str]) -> None:
        self._topology = topology
        self._host_of = host_of

    def value(self, value: Any) -> Any:
        """The same value with each `Deferred` inside it as an `Expression`."""
        if isinstance(value, Deferred):
            return Expression("{{ " + self._term(value) + " }}")
        if isinstance(value, Mapping):
            return {str(key): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value

    def _term(self, value: Any) -> str:
        if isinstance(value, Deferred):
            make = _FUNCTIONS.get(value.function)
            if make is None:
                raise DeepcatError(
                    f"`{value.function}` cannot be worked out on a host",
                    hint="use get_attribute, get_operation_output, concat, join or token",
                    code="plan/function",
                )
            return make(self, value.arguments)
        return literal(value)

    def _attribute(self, arguments: Sequence[Any]) -> str:
        node, *path = arguments
        own = self._topology.nodes.get(str(node))
        if own is not None and len(path) > 1 and path[0] in own.capabilities:
            path = path[1:]
        return _inside(self._fact("deepcat_attributes", str(node), path), path[1:])

    def _fact(self, fact: str, node: str, path: Sequence[Any]) -> str:
        host = self._host_of.get(node)
        if host is None or not path:
            raise DeepcatError(f"there is no node `{node}` to ask", code="plan/function")
        name = str(path[0])
        held = f"(hostvars[{literal(host)}].{fact} | default({{}})).get({literal(node)}, {{}})"
        return f"{held}.get({literal(name)}, {self._declared(node, name, host)})"

    def _declared(self, node: str, name: str, host: str) -> str:
        """What an attribute is before any operation has said otherwise."""
        own = self._topology.nodes[node]
        for values in (own.attributes, own.properties):
            if values.get(name) is not None and not isinstance(values[name], Deferred):
                return literal(values[name])
        if name in _ADDRESSES:
            return f"hostvars[{literal(host)}].deepcat_address | default('')"
        return "''"

    def _output(self, arguments: Sequence[Any]) -> str:
        node, _interface, operation, name = (str(part) for part in arguments[:4])
        host = self._host_of.get(node)
        if host is None:
            raise DeepcatError(f"there is no node `{node}` to ask", code="plan/function")
        held = f"(hostvars[{literal(host)}].deepcat_outputs | default({{}}))"
        path = f".get({literal(node)}, {{}}).get({literal(operation)}, {{}})"
        return _inside(f"{held}{path}.get({literal(name)}, '')", arguments[4:])

    def _concat(self, arguments: Sequence[Any]) -> str:
        return f"([{self._list(arguments)}] | map('string') | join(''))"

    def _join(self, arguments: Sequence[Any]) -> str:
        items, *rest = arguments
        separator = literal(str(rest[0]) if rest else "")
        return f"([{self._list(items)}] | map('string') | join({separator}))"

    def _token(self, arguments: Sequence[Any]) -> str:
        text, characters, index = arguments
        kind = literal("[" + "".join(re.escape(c) for c in str(characters)) + "]")
        split = f"({self._term(text)} | string | regex_replace({kind}, {literal(chr(0))}))"
        return f"{split}.split({literal(chr(0))})[{int(index)}]"

    def _list(self, items: Sequence[Any]) -> str:
        return ", ".join(self._term(item) for item in items)


_FUNCTIONS: dict[str, Callable[[Resolver, Sequence[Any]], str]] = {
    "get_attribute": Resolver._attribute,
    "get_operation_output": Resolver._output,
    "concat": Resolver._concat,
    "join": Resolver._join,
    "token": Resolver._token,
}


def _inside(term: str, keys: Sequence[Any]) -> str:
    """What lies inside a term by keys and positions."""
    for key in keys:
        position = int(key) if str(key).isdigit() else key
        term = f"({term})[{literal(position)}]"
    return term


def literal(value: Any) -> str:
    """A plain value as a literal that cannot be left."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        items = (f"{literal(str(key))}: {literal(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return "'" + "".join(_spell(character) for character in str(value)) + "'"


def _spell(character: str) -> str:
    if character.isascii() and (character.isalnum() or character == "_"):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
