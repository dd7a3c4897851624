"""What the pages of clouds show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from deepcat.catalog.values import Cloud
from deepcat.clouds.conformance import conformance
from deepcat.clouds.offers import Offer
from deepcat.clouds.registry import is_here
from deepcat.plan.status import Status
from deepcat.records.history import spans
from deepcat_site.text import Text
from deepcat_site.views.read import line, number
from deepcat_site.views.uptime import uptime_words

if TYPE_CHECKING:
    from deepcat.records.record import Record

# Something of the deployment may be on its host.
_HELD = (Status.RUNNING, Status.PENDING, Status.STOPPING)


@dataclass(frozen=True, slots=True)
class CloudView:
    """One cloud.

    Attributes:
        name: the cloud's.
        kind: the cloud's.
        is_here: whether it is the very machine on which deepcat is called.
        summary: one line.
        region: may be empty.
        sla: promised availability in percent, or empty.
        offers: its shapes.
        accelerators: name and how many are there in all, 0 where that is not known.
        from_price: least price of a host, None without hosts.
        running: deployments that run there.
        uptime: how its deployments were in the last days, in words; empty where none should run.
        healthy: whether the last probe reached it.
        known: whether there was a probe.
        suite: how its kind fared in the suite that all kinds must pass.
    """

    name: str
    kind: str
    is_here: bool
    summary: str
    region: str
    sla: str
    offers: tuple[Offer, ...]
    accelerators: tuple[tuple[str, int], ...]
    from_price: float | None
    running: int
    uptime: str
    healthy: bool
    known: bool
    suite: str


def cloud_view(
    cloud: Cloud,
    offers: Sequence[Offer],
    records: Sequence[Record],
    health: Mapping[str, bool],
    until: datetime,
    text: Text,
) -> CloudView:
    """Gather a cloud's page.

    Args:
        cloud: the cloud.
        offers: its shapes, as its file or a probe says.
        records: of all deployments.
        health: cloud's name -> whether the last probe reached it.
        until: the instant that the page speaks of.
        text: the interface's words.
    """
    here = [record for record in records if record.state.cloud == cloud.name]
    offers = left(offers, here)
    totals: dict[str, int] = {}
    for offer in offers:
        if offer.accelerators:
            hosts = offer.free if offer.free is not None else 0
            totals[offer.accelerator] = (
                totals.get(offer.accelerator, 0) + hosts * offer.accelerators
            )
    sla = number(cloud.data.get("sla"))
    return CloudView(
        name=cloud.name,
        kind=cloud.kind,
        is_here=is_here(cloud),
        summary=line(cloud.data.get("summary")),
        region=line(cloud.data.get("region"), 60),
        sla=line(cloud.data.get("sla"), 20).rstrip(" %") if sla is None else f"{sla:g}",
        offers=tuple(offers),
        accelerators=tuple(sorted(totals.items())),
        from_price=min((offer.price for offer in offers), default=None),
        running=sum(record.state.status == Status.RUNNING for record in here),
        uptime=uptime_words(
            [span for record in here for span in spans(record, until)], until, text
        ),
        healthy=health.get(cloud.name, True),
        known=cloud.name in health,
        suite=conformance(cloud.kind).words,
    )


def left(offers: Sequence[Offer], records: Sequence[Record]) -> tuple[Offer, ...]:
    """Offers with what is free once those hosts are taken away that the records know to be held."""
    held: dict[tuple[str, str], int] = {}
    for record in records:
        if record.state.status in _HELD:
            for part in record.state.parts:
                place = record.state.cloud, part.shape
                held[place] = held.get(place, 0) + part.hosts
    return tuple(
        replace(offer, free=max(offer.free - held.get((offer.cloud, offer.shape), 0), 0))
        if offer.free is not None and not offer.shared
        else offer
        for offer in offers
    )


def unless_full(offers: Sequence[Offer], records: Sequence[Record]) -> tuple[Offer, ...]:
    """Offers, with nothing free where the records know every host to be held.

    Who could take a module changes only when a shape fills up or has room again, not with every
    host that is taken: the pages of all modules are made of this.
    """
    return tuple(
        now if now.free == 0 else offer
        for offer, now in zip(offers, left(offers, records), strict=True)
    )
