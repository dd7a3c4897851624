"""A value that is known only on the host, as one expression of Ansible's. Pure.

Text of the catalog enters an expression only where it consists of letters, digits and a few signs
that mean nothing to a template. All other text stands beside the expression, in the list
`deepcat_literals`, which is data that Ansible does not evaluate; the expression names its place
there. So no text can become a part of an expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.tosca.topology import Deferred, Topology

LITERALS = "deepcat_literals"
_ADDRESSES = {"private_address", "public_address"}
_POSITION = re.compile(r"[0-9]{1,9}\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_.:/ -]*\Z")


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
        self.topology = topology
        self.host_of = host_of

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Variables with each `Deferred` inside them as an `Expression`.

        Returns:
            the same names, and `LITERALS` where an expression needs it.

        Raises:
            DeepcatError: a function that no host can answer (``plan/function``).
        """
        writer = _Writer(self)
        found = {name: writer.value(value) for name, value in values.items()}
        return found | ({LITERALS: writer.literals} if writer.literals else {})


class _Writer:
    """Writes the expressions that share one list of literals."""

    def __init__(self, resolver: Resolver) -> None:
        self.literals: list[str] = []
        self._topology = resolver.topology
        self._host_of = resolver.host_of

    def value(self, value: Any) -> Any:
        """The value with expressions in it."""
        if isinstance(value, Deferred):
            return Expression("{{ " + self.term(value) + " }}")
        if isinstance(value, Mapping):
            return {str(key): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value

    def term(self, value: Any) -> str:
        """A value as a term of an expression."""
        if isinstance(value, Deferred):
            make = _FUNCTIONS.get(value.function)
            if make is None:
                raise DeepcatError(
                    f"`{value.function}` cannot be worked out on a host",
                    hint="use get_attribute, get_operation_output, concat, join or token",
                    code="plan/function",
                )
            return make(self, value.arguments)
        if isinstance(value, Mapping):
            items = (f"{self.term(str(key))}: {self.term(item)}" for key, item in value.items())
            return "{" + ", ".join(items) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(self.term(item) for item in value) + "]"
        if value is None or isinstance(value, (bool, int)):
            return str(value).lower()
        if isinstance(value, float) and isfinite(value):
            return repr(value)
        return self._text(str(value))

    def _text(self, text: str) -> str:
        if _PLAIN.match(text):
            return f"'{text}'"
        if text not in self.literals:
            self.literals.append(text)
        return f"{LITERALS}[{self.literals.index(text)}]"

    def attribute(self, arguments: Sequence[Any]) -> str:
        """What a node's operations said of it, or else what it declares."""
        node, path = self._node(arguments)
        own = self._topology.nodes[node]
        declared: tuple[Mapping[str, Any], ...] = (own.attributes, own.properties)
        if len(path) > 1 and path[0] in own.capabilities:
            declared = (own.capabilities[str(path[0])], *declared)
            path = path[1:]
        name = str(path[0])
        facts = self._fact("deepcat_attributes", node)
        return self._inside(
            f"{facts}.get({self.term(name)}, {self._declared(declared, node, name)})", path[1:]
        )

    def output(self, arguments: Sequence[Any]) -> str:
        """What an operation of a node wrote."""
        node, (_interface, operation, name, *keys) = self._node(arguments, 3)
        facts = self._fact("deepcat_outputs", node)
        found = f"{facts}.get({self.term(str(operation))}, {{}}).get({self.term(str(name))}, '')"
        return self._inside(found, keys)

    def concat(self, arguments: Sequence[Any]) -> str:
        """The parts as one text."""
        return f"({self._texts(arguments)} | map('string') | join(''))"

    def join(self, arguments: Sequence[Any]) -> str:
        """The items as one text, with a delimiter between them."""
        items, *rest = arguments
        delimiter = self.term(str(rest[0]) if rest else "")
        return f"({self._texts(items)} | map('string') | join({delimiter}))"

    def token(self, arguments: Sequence[Any]) -> str:
        """One part of a text that is split at any of some characters."""
        text, characters, index = arguments
        if not str(characters) or not _POSITION.match(str(index)):
            raise DeepcatError(
                "`token` asks for a text, the characters that part it, and a position",
                hint="write { token: [text, ':', 0] }",
                code="plan/function",
            )
        first, *others = (self.term(character) for character in str(characters))
        whole = f"({self.term(text)} | string)"
        for other in others:
            whole += f".replace({other}, {first})"
        return f"{whole}.split({first})[{int(index)}]"

    def _node(self, arguments: Sequence[Any], least: int = 1) -> tuple[str, Sequence[Any]]:
        """The node that is asked, and what it is asked for."""
        node, *path = arguments
        if node not in self._host_of or len(path) < least:
            raise DeepcatError(
                f"there is no node `{node}` to ask",
                hint="name a node of the topology, and what is asked of it",
                code="plan/function",
            )
        return str(node), path

    def _fact(self, fact: str, node: str) -> str:
        host = self.term(self._host_of[node])
        return f"(hostvars[{host}].{fact} | default({{}})).get({self.term(node)}, {{}})"

    def _declared(self, declared: Sequence[Mapping[str, Any]], node: str, name: str) -> str:
        """What an attribute is before any operation has said otherwise."""
        for values in declared:
            if values.get(name) is not None and not isinstance(values[name], Deferred):
                return self.term(values[name])
        if name in _ADDRESSES:
            return f"hostvars[{self.term(self._host_of[node])}].deepcat_address | default('')"
        return "''"

    def _texts(self, items: Sequence[Any]) -> str:
        words = (str(item).lower() if isinstance(item, bool) else item for item in items)
        return "[" + ", ".join(self.term(word) for word in words) + "]"

    def _inside(self, term: str, keys: Sequence[Any]) -> str:
        """What lies inside a term by keys and positions."""
        for key in keys:
            position = int(key) if _POSITION.match(str(key)) else str(key)
            term = f"({term})[{self.term(position)}]"
        return term


_FUNCTIONS: dict[str, Callable[[_Writer, Sequence[Any]], str]] = {
    "get_attribute": _Writer.attribute,
    "get_operation_output": _Writer.output,
    "concat": _Writer.concat,
    "join": _Writer.join,
    "token": _Writer.token,
}
