"""Values of properties that a role takes: those among them that it does not. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from deepcat.host.variables import may_be_set
from deepcat.plan.refusal import Refusal, listed
from deepcat.tosca.topology import Edge, Node
from deepcat.tosca.workloads.reading import REFERENCE

_VARIABLES = ("environment", "environment_variables")
_VOLUME = re.compile(r"/[^:]*(:(rw|ro))?\Z")
MODEL, SERVER = "deepcat.nodes.Model", "deepcat.nodes.ModelServer"
PLUGIN = "deepcat.nodes.DEEPaaSGateway"
# Type of what listens -> its properties that are ports.
_PORTS = {SERVER: ("rest_port", "grpc_port"), PLUGIN: ("port",)}


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
    if name in _VARIABLES and isinstance(value, Mapping):
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
    elif isinstance(value, (str, int)) and value not in option.get("choices", (value,)):
        message = f"`{node.name}`: nothing here carries out `{name}: {value}`"
        known = map(str, option["choices"])
        yield Refusal("plan/property", message, listed(known), where)


def _variables(node: Node, values: Mapping[str, Any], where: tuple[str, ...]) -> Iterator[Refusal]:
    for name, value in values.items():
        # A job's own program alone sees its variables, in its box.
        if {SERVER, PLUGIN} & {node.type, *node.ancestry} and not may_be_set(str(name)):
            message = f"`{node.name}`: the variable `{name}` is not for a topology to set"
            hint = "what decides which code is loaded, and whom it trusts, is the host's"
            yield Refusal("plan/environment", message, hint, (*where, str(name)))
        elif isinstance(value, str) and REFERENCE.match(value):
            message = f"nothing here can give `{node.name}`, a `{node.type}`, the secret `{name}`"
            hint = "take it away, or let an operation that the module brings use it"
            yield Refusal("plan/secret", message, hint, (*where, str(name)))


def refused_archive(node: Node) -> Iterator[Refusal]:
    """A model's archive that no host could fetch: in the words in which one would say so."""
    source = node.properties.get("archive") if MODEL in (node.type, *node.ancestry) else None
    where = ("node_templates", node.name, "properties", "archive")
    if not isinstance(source, str) or "://" not in source:
        return
    if not source.startswith("https://"):
        message = f"`{source}` is no https address"
        yield Refusal("run/source", message, "name one that is", where)
    if node.properties.get("sha256") is None:
        message = f"no checksum is given for `{source}`"
        yield Refusal("run/checksum", message, "add its sha256", where)


def refused_volumes(node: Node, values: Mapping[str, Any]) -> Iterator[Refusal]:
    """Folders of the host that a container asks for; one that it only names is made for it."""
    where = ("node_templates", node.name, "capabilities", "host", "properties", "volumes")
    for each in values.get("volumes") or ():
        if isinstance(each, str) and not _VOLUME.match(each):
            message = f"`{node.name}`: nothing here carries out the volume `{each}`"
            hint = "name a folder of the container's alone, such as `/data`, which is made for it"
            yield Refusal("plan/property", message, hint, where)


def refused_published(node: Node, values: Mapping[str, Any]) -> Iterator[Refusal]:
    """Ports of a container that are more than a port at which it listens."""
    where = ("node_templates", node.name, "capabilities", "host", "properties", "publish_ports")
    for each in values.get("publish_ports") or ():
        if not isinstance(each, Mapping):
            continue
        protocol = each.get("protocol", "tcp")
        odd = [f"{name}: {each[name]}" for name in each if name not in ("source", "protocol")]
        odd += [] if protocol == "tcp" else [f"protocol: {protocol}"]
        for words in odd:
            message = f"`{node.name}`: nothing here carries out `{words[:80]}` of a published port"
            hint = "name a port of TCP as `source` alone; where it is reached is told then"
            yield Refusal("plan/property", message, hint, where)


def refused_ports(node: Node) -> Iterator[Refusal]:
    """A server that is to answer REST and gRPC at one port."""
    rest, grpc = (node.properties.get(f"{name}_port") for name in ("rest", "grpc"))
    if SERVER in (node.type, *node.ancestry) and rest and rest == grpc:
        message = f"`{node.name}`: `rest_port` and `grpc_port` are both {rest}"
        where = ("node_templates", node.name, "properties", "grpc_port")
        yield Refusal("plan/property", message, "name two, or 0 for a free one", where)


def ports_of(node: Node) -> tuple[str, ...]:
    """The properties of a node that are ports at which it listens."""
    own = () if node.is_off else (node.type, *node.ancestry)
    return next((_PORTS[each] for each in own if each in _PORTS), ())


def fixed_ports(nodes: Iterable[Node], fixed: Collection[Any]) -> tuple[int, ...]:
    """The ports of servers that the wish itself names, sorted.

    Args:
        nodes: of the topology.
        fixed: what the wish gives its inputs.
    """
    named = {value for value in fixed if type(value) is int and value}
    if not named:
        return ()
    ports = (node.properties.get(name) for node in nodes for name in ports_of(node))
    return tuple(sorted({port for port in ports if type(port) is int and port in named}))


def shared_ports(
    nodes: Iterable[Node], host_of: Mapping[str, str], fixed: Collection[Any]
) -> Iterator[Refusal]:
    """Servers of one host that the wish itself gives one port: one of them could not come up.

    Args:
        nodes: of the topology.
        host_of: node -> where it lives.
        fixed: what the wish names; a port that only the template names gives way where it is taken.
    """
    held: dict[tuple[str, int], str] = {}
    for node in nodes:
        for name in ports_of(node):
            port = node.properties.get(name)
            if type(port) is not int or not port or port not in fixed:
                continue
            other = held.setdefault((host_of[node.name], port), node.name)
            if other != node.name:
                message = f"`{other}` and `{node.name}` are both to answer at port {port}"
                hint = "give each its own input, or 0 for a free one"
                where = ("node_templates", node.name, "properties", name)
                yield Refusal("plan/property", message, hint, where)


def plugins_apart(
    nodes: Mapping[str, Node], edges: Iterable[Edge], host_of: Mapping[str, str]
) -> Iterator[Refusal]:
    """Plug-ins of DEEPaaS that are to run on another machine than the server that they ask."""
    for edge in edges:
        node = nodes[edge.source]
        is_plugin = PLUGIN in (node.type, *node.ancestry) and edge.name == "server"
        if is_plugin and host_of[edge.source] != host_of[edge.target]:
            message = f"`{node.name}` and its server `{edge.target}` are on different machines"
            hint = "give both the same `host`: a plug-in may call the loopback of its machine alone"
            where = ("node_templates", node.name, "requirements")
            yield Refusal("plan/requirement", message, hint, where)
