"""What the pages of clouds show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deepcat.catalog.values import Cloud
from deepcat.clouds.offers import Offer
from deepcat.plan.values import Status
from deepcat_site.views.module import Place
from deepcat_site.views.read import line, number


@dataclass(frozen=True, slots=True)
class CloudView:
    """One cloud.

    Attributes:
        name: the cloud's.
        kind: the cloud's.
        summary: one line.
        region: may be empty.
        sla: promised availability in percent, or empty.
        offers: its shapes.
        accelerators: name and how many are there in all, 0 where that is not known.
        from_price: least price of a host, None without hosts.
        running: deployments that run there.
        healthy: whether the last probe reached it.
        known: whether there was a probe.
    """

    name: str
    kind: str
    summary: str
    region: str
    sla: str
    offers: tuple[Offer, ...]
    accelerators: tuple[tuple[str, int], ...]
    from_price: float | None
    running: int
    healthy: bool
    known: bool


def cloud_view(
    cloud: Cloud, offers: Sequence[Offer], places: Iterable[Place], health: Mapping[str, bool]
) -> CloudView:
    """Gather a cloud's page."""
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
        summary=line(cloud.data.get("summary")),
        region=line(cloud.data.get("region"), 60),
        sla=line(cloud.data.get("sla"), 20).rstrip(" %") if sla is None else f"{sla:g}",
        offers=tuple(offers),
        accelerators=tuple(sorted(totals.items())),
        from_price=min((offer.price for offer in offers), default=None),
        running=sum(p.cloud == cloud.name and p.status == Status.RUNNING for p in places),
        healthy=health.get(cloud.name, True),
        known=cloud.name in health,
    )
