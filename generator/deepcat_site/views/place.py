"""A place: a deployment in short, as the records know it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from deepcat.records.record import Record
from deepcat_site.views.card import is_verified
from deepcat_site.views.read import line, web


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment: where it runs, how it does, and where it answers."""

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
    )
