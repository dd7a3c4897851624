"""Addresses of servers: by HTTP, or host and port. Pure."""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]{0,252})"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>[/?#][!-~]{0,2000})?\Z"
)


def target(address: str) -> tuple[str, int]:
    """The host and the port that an address names.

    Raises:
        ValueError: it is no address.
    """
    match = _match(address)
    usual = 443 if match["scheme"] == "https" else 80
    return match["host"].strip("[]"), int(match["port"] or usual)


def at_port(address: str, host: str, port: int) -> str:
    """The same address at another host and port.

    Raises:
        ValueError: it is no address.
    """
    match = _match(address)
    scheme = f"{match['scheme']}://" if match["scheme"] else ""
    return f"{scheme}{host}:{port}{match['path'] or ''}"


def _match(address: str) -> re.Match[str]:
    found = _ADDRESS.match(address)
    if found is None:
        raise ValueError(f"{address!r} is no address of a server")
    return found
