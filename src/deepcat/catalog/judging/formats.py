"""JSON Schema's formats that our schemas use, each as its RFC has it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
# RFC 3986, appendix B: scheme, authority, path, query, fragment.
_URI = re.compile(
    r"([a-zA-Z][a-zA-Z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?\Z", re.S
)
_CHARACTER = r"[a-zA-Z0-9._~!$&'()*+,;=-]|%[0-9a-fA-F]{2}"
_PATH = re.compile(rf"(?:{_CHARACTER}|[:@/])*\Z")
_TAIL = re.compile(rf"(?:{_CHARACTER}|[:@/?])*\Z")
_USER = re.compile(rf"(?:{_CHARACTER}|:)*\Z")
_NAME = re.compile(rf"(?:{_CHARACTER})*\Z")
_AUTHORITY = re.compile(r"(?:(.*)@)?(\[[^\]]*\]|[^:@]*)(?::([0-9]*))?\Z", re.S)
_FUTURE = re.compile(r"[vV][0-9a-fA-F]+\.[a-zA-Z0-9._~!$&'()*+,;=:-]+\Z")
_LOCAL = re.compile(r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"\Z')
_LABEL = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\Z")


def is_date(text: str) -> bool:
    """Whether a text is a day as RFC 3339 writes it: 2024-02-29."""
    if not _DATE.match(text):
        return False
    # Python's years begin with 1; RFC 3339's with 0, a leap year as 2000 was.
    try:
        date.fromisoformat(text if text[:4] != "0000" else f"2000{text[4:]}")
    except ValueError:
        return False
    return True


def is_uri(text: str) -> bool:
    """Whether a text is an absolute address as RFC 3986 has it."""
    found = _URI.match(text)
    if found is None:
        return False
    _, authority, path, query, fragment = found.groups()
    if authority is not None and not (_is_authority(authority) and path[:1] in ("", "/")):
        return False
    tails = (part for part in (query, fragment) if part is not None)
    return bool(_PATH.match(path)) and all(_TAIL.match(part) for part in tails)


def _is_authority(text: str) -> bool:
    found = _AUTHORITY.match(text)
    if found is None:
        return False
    user, host, _ = found.groups()
    return (user is None or bool(_USER.match(user))) and _is_host(host)


def _is_host(text: str) -> bool:
    if not text.startswith("["):
        return bool(_NAME.match(text))
    return bool(_FUTURE.match(text[1:-1])) or _is_ipv6(text[1:-1])


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return "%" not in text


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def is_email(text: str) -> bool:
    """Whether a text is a mail address as RFC 5321 has it."""
    local, sign, domain = text.rpartition("@")
    if not sign or len(local) > 64 or not (_LOCAL.match(local) or _QUOTED.match(local)):
        return False
    if domain.startswith("[") and domain.endswith("]"):
        inner = domain[1:-1]
        return _is_ipv6(inner[5:]) if inner.startswith("IPv6:") else _is_ipv4(inner)
    return len(domain) <= 253 and all(_LABEL.match(label) for label in domain.split("."))


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date": is_date,
    "email": is_email,
    "uri": is_uri,
}
