"""A place: a deployment in short, as the records know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deepcat.loop.askable import is_inside
from deepcat.loop.shown import asks
from deepcat_site.views.card import is_verified
from deepcat_site.views.read import line, web

if TYPE_CHECKING:
    from deepcat.records.record import Record


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment: where it runs, how it does, and where it answers.

    Its address is `inside` where only a machine's own network reaches it: no reader's browser does.
    It `asks` its callers for a ``key``, a ``token``, either, or nothing.
    """

    name: str
    module: str
    profile: str
    cloud: str
    shape: str
    status: str
    version: str
    rest: str
    grpc: str
    updated: str
    created: str
    price: float
    verified: bool
    inside: bool = False
    asks: str = ""


def origin(address: str) -> str:
    """The scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def place(record: Record) -> Place:
    """A record in the page's words."""
    state = record.state
    rest = web(state.endpoints.get("rest"))
    return Place(
        name=state.name,
        module=state.module,
        profile=state.profile,
        cloud=state.cloud,
        shape=state.shape,
        status=str(state.status),
        version=state.version,
        rest=origin(rest) + urlsplit(rest).path.partition("/v1")[0].rstrip("/") if rest else "",
        grpc=line(state.endpoints.get("grpc")).partition("://")[2]
        or line(state.endpoints.get("grpc")),
        updated=record.updated,
        created=record.created,
        price=record.price_hour,
        verified=is_verified(record),
        inside=bool(rest) and is_inside(rest),
        asks=asks(state),
    )
