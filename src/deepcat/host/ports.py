"""EDGE of the host: ports that nobody has, and that the kernel gives to nobody meanwhile."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LEAST, _TRIES = 15_000, 50


def free_port(address: str, without: Collection[int] = ()) -> int:
    """A port that nobody listens on.

    Between this and the moment when a server listens there, the kernel may give the same port to a
    connection that somebody opens; so it is taken from below those that the kernel gives.

    Args:
        address: where it shall be free.
        without: ports that are spoken for.

    Raises:
        OSError: the address is not this machine's, or no port is free.
    """
    below = _lowest_given()
    for _ in range(_TRIES if below > _LEAST else 0):
        port = random.randrange(_LEAST, below)  # noqa: S311 - nobody need be kept from guessing it
        if port not in without and is_free(address, port):
            return port
    while (port := bound(address, 0)) in without:
        pass
    return port


def is_free(address: str, port: int) -> bool:
    """Whether nobody listens there; not so where the address is not this machine's."""
    try:
        bound(address, port)
    except (OSError, OverflowError):
        return False
    return True


def bound(address: str, port: int) -> int:
    """The port that was listened on for a moment: the one asked for, or any for 0.

    Raises:
        OSError: it is taken, or not for us.
    """
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, port))
        return int(probe.getsockname()[1])


def _lowest_given() -> int:
    try:
        return int(_RANGE.read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0
