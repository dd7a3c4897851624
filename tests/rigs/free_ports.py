"""Ports for what tests start: nobody listens there, and no connection gets one meanwhile."""

from __future__ import annotations

from deepcat.host.ports import free_port

_GIVEN: set[int] = set()


def free_ports(count: int, address: str = "127.0.0.1") -> list[int]:
    """Ports of an address, none of them given before."""
    found = []
    for _ in range(count):
        found.append(free_port(address, _GIVEN))
        _GIVEN.add(found[-1])
    return found
