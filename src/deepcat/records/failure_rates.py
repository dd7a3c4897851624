"""How often runs failed on each cloud, as the records tell it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deepcat.clouds.offers import Offer
from deepcat.records.record import Record


def with_failure_rates(
    found: tuple[Offer, ...], records: Mapping[str, Record]
) -> tuple[Offer, ...]:
    """Join the share of runs that failed in each cloud; one success is taken for granted."""
    tried: dict[str, int] = {}
    failed: dict[str, int] = {}
    for record in records.values():
        for failure in record.failures:
            cloud = str(failure.get("cloud") or "")
            tried[cloud] = tried.get(cloud, 0) + 1
            failed[cloud] = failed.get(cloud, 0) + 1
        if record.state.endpoints:
            tried[record.state.cloud] = tried.get(record.state.cloud, 0) + 1
    return tuple(
        replace(offer, failure_rate=failed[offer.cloud] / (tried[offer.cloud] + 1))
        if failed.get(offer.cloud)
        else offer
        for offer in found
    )
