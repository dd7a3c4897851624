"""Addresses that not everybody may know: how a script tells them, what of them is secret. Pure.

They stay on the host, in a file of the deployment's folder that its owner alone may read. Records,
plans, logs and the website know their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

MOST_BYTES = 65_536
_MOST = 100
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}\Z")


def parse(text: str) -> dict[str, str]:
    """Name -> address, from lines `NAME=ADDRESS`; the last line of a name counts."""
    lines = (line.partition("=") for line in text[:MOST_BYTES].splitlines())
    named = {name: value.strip() for name, _, value in lines if _NAME.match(name)}
    return dict(list({name: value for name, value in named.items() if value}.items())[:_MOST])


def is_public(address: str) -> bool:
    """Whether an address may be shown to everybody: it holds nothing that lets somebody in."""
    return not any(_credentials(address))


def secrets(address: str) -> tuple[str, ...]:
    """What must be shown to nobody else: a private address, and each part that lets one in."""
    return (address, *_credentials(address))


def _credentials(address: str) -> Iterator[str]:
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
    except ValueError:
        yield address
        return
    user, at, _ = parts.netloc.rpartition("@")
    if at:
        yield from filter(None, user.split(":"))
        yield user
    for text in (parts.query, parts.fragment):
        if text:
            yield text
            yield from (value for _, value in parse_qsl(text))
