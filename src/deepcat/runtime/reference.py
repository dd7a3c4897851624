"""Where an image goes: a registry, a name, a tag. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from deepcat.errors import UsageError

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?"
_WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
_REFERENCE = re.compile(rf"({_HOST})/({_WORD}(?:/{_WORD})*)(?::({_TAG}))?")
_MOST = 255
# Docker Hub's images are named after a host that is no registry; here that one is.
HUB = "registry-1.docker.io"
HUB_NAMES = ("docker.io", "index.docker.io")


@dataclass(frozen=True, slots=True)
class Reference:
    """A place for an image.

    Attributes:
        host: the registry, with its port where it has one.
        name: of the image there.
        tag: its tag; empty for none.
        scheme: ``https``, or ``http`` for a registry without TLS.
    """

    host: str
    name: str
    tag: str
    scheme: str

    @property
    def machine(self) -> str:
        """The host, without a port."""
        return _machine(self.host)

    def __str__(self) -> str:
        return f"{self.host}/{self.name}" + (f":{self.tag}" if self.tag else "")


def parse(text: str, *, is_plain: bool = False) -> Reference:
    """A place, as ``HOST[:PORT]/NAME[:TAG]``.

    Args:
        text: the place.
        is_plain: whether it speaks HTTP without TLS; on the loopback it may without being told.

    Raises:
        UsageError: it is none.
    """
    match = _REFERENCE.fullmatch(text)
    if match is None or len(text) > _MOST or not _is_host(match[1]):
        raise UsageError(
            f"`{text}` is no place in a registry",
            hint="write `HOST[:PORT]/NAME[:TAG]`, such as `registry.example.org/lab/deepcat`",
        )
    host, name, tag = match.groups(default="")
    if host in HUB_NAMES:
        raise UsageError(
            f"`{host}` is no registry", hint=f"Docker Hub's own is `{HUB}/{text.partition('/')[2]}`"
        )
    is_open = is_plain or is_loopback(_machine(host))
    return Reference(host, name, tag, "http" if is_open else "https")


def is_tag(text: str) -> bool:
    """Whether a registry takes it as an image's tag."""
    return re.fullmatch(_TAG, text) is not None


def require_host(host: str, port: int | None) -> None:
    """Raise ValueError unless a name or address can be looked up, and the port is one."""
    if ":" in host:
        ipaddress.IPv6Address(host)
    host.encode("idna")
    if port is not None and not 0 < port < 65_536:
        raise ValueError(f"{port} is no port")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, without anybody being asked."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _machine(host: str) -> str:
    return re.sub(r":\d+\Z", "", host).strip("[]")


def _is_host(text: str) -> bool:
    """As the tools of containers tell a registry from the first part of a name."""
    port = re.search(r":(\d+)\Z", text)
    try:
        require_host(_machine(text), int(port[1]) if port else None)
    except ValueError:
        return False
    return "." in text or ":" in text or text == "localhost"
