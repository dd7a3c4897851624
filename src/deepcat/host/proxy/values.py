"""What a proxy is to do, as values. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROGRAMS = ("nginx", "caddy")
# Asked for, a proxy says by it which settings it goes by.
SAYS = "/.deepcat-proxy"
_ADDRESS = re.compile(r"[A-Za-z0-9._:-]*")
# No path of REST has a dot before its first slash and goes on after it; a gRPC method's has both.
GRPC = r"^/[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+/[A-Za-z0-9_]+$"


@dataclass(frozen=True)
class Settings:
    """What a cloud's file says of the proxies on a host.

    Attributes:
        name: of the host, as its readers call it and the certificate has it.
        certificate: path of the certificate, with those that lead to its authority.
        key: path of its private key.
        listen: address to listen on; empty for all that the host has.
        first: of the ports that proxies may listen on.
        last: of these ports.
        program: ``nginx`` or ``caddy``; empty for the first one that is there.
    """

    name: str
    certificate: str
    key: str
    listen: str = ""
    first: int = 8443
    last: int = 8499
    program: str = ""


@dataclass(frozen=True)
class Way:
    """From a port of the host to a server on its loopback.

    Attributes:
        node: the server's.
        port: that the proxy listens on.
        rest: the port on which the server answers REST.
        grpc: on which it answers gRPC.
    """

    node: str
    port: int
    rest: int
    grpc: int

    @property
    def link(self) -> str:
        """A link in the proxy's folder that is looked at for each request: so nothing is reloaded.

        It leads to a folder that is named after the ports, and holds a file of that name.
        """
        return f"leads-{self.node}"

    @property
    def target(self) -> str:
        """Where that link leads now."""
        return f"ways/{self.rest}-{self.grpc}"


def settings_of(data: Mapping[str, Any]) -> Settings | None:
    """From plain data, as the schema of a cloud's file has it; None where there is none."""
    if not data:
        return None
    first, _, last = str(data.get("ports") or f"{Settings.first}-{Settings.last}").partition("-")
    return Settings(
        str(data["name"]),
        str(data["certificate"]),
        str(data["key"]),
        str(data.get("listen") or ""),
        int(first),
        int(last),
        str(data.get("program") or ""),
    )


def host_of(address: str) -> str:
    """An address as it stands before a port; one with a sign that ends it is not to be had."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is no address")
    return f"[{address}]" if ":" in address else address
