"""Which of a deployment's endpoints may be asked: a record may have been written by somebody else.

A loopback address is asked only where the owner tag on this machine, or its operator who adopted a
server, says that the deployment listens there. None is asked that is spelt so that it could be one,
nor what a cloud's machines ask for their own credentials.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepcat.plan.values import State

_ADDRESS = re.compile(
    r"(?:https?://)?(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252})"
    r"(?::(?P<port>[0-9]{1,5}))?(?:/[A-Za-z0-9._~/-]{0,200})?\Z"
)
# No domain ends so: what does is an address in a spelling that the system's resolver takes.
_NUMBER = re.compile(r"[0-9]+\Z|0x[0-9a-f]*\Z")
# IPv4 addresses behind a translator.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_HERE = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_METADATA = ("metadata", "metadata.google.internal", "instance-data", "metadata.azure.internal")
# Of AWS by IPv6, of Alibaba Cloud, of Oracle Cloud.
_METADATA_ADDRESSES = frozenset(
    map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192"))
)


def askable(root: Path, state: State) -> dict[str, str]:
    """Name -> address of those endpoints that may be asked."""
    from deepcat.loop.observation import observe

    tagged: Mapping[str, str] = {}
    if any(leads_here(address) for address in state.endpoints.values()):
        here = observe(root, {}).tagged().get(state.name)
        tagged = here.endpoints if here else _adopted(root, state.name)
    return may_be_asked(state.endpoints, tagged)


def _adopted(root: Path, name: str) -> dict[str, str]:
    """What this machine's operator adopted under that name."""
    from deepcat.loop.noted import noted_here

    address = noted_here(root).get(name)
    return {"rest": address} if address else {}


def may_be_asked(recorded: Mapping[str, str], tagged: Mapping[str, str]) -> dict[str, str]:
    """Those that lead elsewhere, and those that the owner tag on this machine says, too. Pure."""
    return {
        name: address
        for name, address in recorded.items()
        if is_address(address) and (not leads_here(address) or tagged.get(name) == address)
    }


def out_of_reach(state: State, here: str) -> tuple[str, ...]:
    """Names of the endpoints that are of another machine's loopback, so that it alone reaches them.

    Args:
        state: of the deployment.
        here: this machine.
    """
    if state.resources.get("machine", here) == here:
        return ()
    return tuple(name for name, address in state.endpoints.items() if leads_here(address))


def tunnel(endpoints: Mapping[str, str]) -> str:
    """The command that lets what listens on another clone's machine be asked here. Pure.

    What listens on a machine's loopback is asked by way of that one, HOST. To what runs on a cloud
    that every clone reaches, `deepcat tunnel` leads by itself.
    """
    found = filter(None, map(_ADDRESS.match, endpoints.values()))
    ends = {
        match["port"]: "127.0.0.1" if leads_here(match["host"]) else match["host"]
        for match in found
        if match["port"]
    }
    return " ".join(["ssh -N", *(f"-L {port}:{at}:{port}" for port, at in ends.items()), "HOST"])


def is_inside(address: str) -> bool:
    """Whether an address is one of a machine's own, or of a network that is not everybody's. Pure.

    A name without a dot is one of some network's own.
    """
    match = _ADDRESS.match(address)
    found = _ip(match["host"]) if match else None
    if match and found is None:
        name = match["host"].rstrip(".").lower()
        return leads_here(address) or "." not in name or name.endswith((".local", ".internal"))
    return found is not None and (found.is_private or found.is_loopback or found.is_unspecified)


def is_address(address: str) -> bool:
    """Whether it is one of a server on some host, by HTTP or as host and port. Pure."""
    match = _ADDRESS.match(address)
    if match is None or not 0 < int(match["port"] or 80) < 65_536:
        return False
    found = _ip(match["host"])
    if found is None:
        name = match["host"].rstrip(".").lower()
        return name not in _METADATA and not _NUMBER.match(name.rpartition(".")[2])
    is_odd = found.is_link_local or found.is_multicast or found in _METADATA_ADDRESSES
    return not is_odd and not (found.version == 6 and found in _TRANSLATED)


def leads_here(address: str) -> bool:
    """Whether it is a loopback address, which names this very machine. Pure."""
    match = _ADDRESS.match(address)
    host = match["host"].rstrip(".").lower() if match else ""
    found = _ip(host)
    if found is None:
        return host in _HERE or host.endswith(".localhost")
    return found.is_loopback or found.is_unspecified


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    return (isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped) or found
