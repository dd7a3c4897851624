"""Values of a property that a role takes: those among them that it does not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.host.variables import may_be_set
from deepcat.plan.refusal import Refusal, listed
from deepcat.tosca.topology import Node
from deepcat.tosca.workloads.reading import REFERENCE

_VARIABLES = "environment"


def refused_values(
    node: Node, name: str, value: Any, option: Mapping[str, Any], where: tuple[str, ...]
) -> Iterator[Refusal]:
    """What a property holds that nothing carries out.

    Args:
        node: whose it is.
        name: the property's, as a person would write it.
        value: not None; what is known only on the host is held against the option there.
        option: Ansible's, by which the role declares it.
        where: its place.
    """
    if name == _VARIABLES and isinstance(value, Mapping):
        yield from _variables(node, value, where)
    elif isinstance(value, Mapping) and "options" in option:
        for key, each in value.items():
            inner = option["options"].get(key)
            if inner is None and each is not None:
                message = f"`{node.name}`: nothing here carries out `{name}.{key}`"
                hint = f"take it away; {listed(option['options'])}"
                yield Refusal("plan/property", message, hint, (*where, str(key)))
            elif inner is not None and each is not None:
                yield from refused_values(node, f"{name}.{key}", each, inner, (*where, str(key)))
    elif isinstance(value, str) and value not in option.get("choices", (value,)):
        message = f"`{node.name}`: nothing here carries out `{name}: {value}`"
        yield Refusal("plan/property", message, listed(option["choices"]), where)


def _variables(node: Node, values: Mapping[str, Any], where: tuple[str, ...]) -> Iterator[Refusal]:
    for name, value in values.items():
        if not may_be_set(str(name)):
            message = f"`{node.name}`: the variable `{name}` is not for a topology to set"
            hint = "what decides which code is loaded, and whom it trusts, is the host's"
            yield Refusal("plan/environment", message, hint, (*where, str(name)))
        elif isinstance(value, str) and REFERENCE.match(value):
            message = f"nothing here can give `{node.name}`, a `{node.type}`, the secret `{name}`"
            hint = "take it away, or let an operation that the module brings use it"
            yield Refusal("plan/secret", message, hint, (*where, str(name)))
