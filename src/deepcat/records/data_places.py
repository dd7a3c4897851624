"""Which data lies where, as far as records and clouds' files tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deepcat.catalog.values import Dataset
from deepcat.clouds.offers import Offer
from deepcat.plan.values import State, Status
from deepcat.records.record import Record


def with_data(
    found: tuple[Offer, ...], records: Mapping[str, Record], datasets: Mapping[str, Dataset]
) -> tuple[Offer, ...]:
    """Join the digests of data that deployments have brought, and of what a cloud's file names.

    A host keeps what it was brought as long as any deployment is there.
    """
    there: dict[tuple[str, str], set[str]] = {}
    for record in records.values():
        state = record.state
        if state.status is not Status.GONE and (digests := _digests(state)):
            there.setdefault((state.cloud, state.shape), set()).update(digests)
    return tuple(_joined(offer, there.get((offer.cloud, offer.shape)), datasets) for offer in found)


def _joined(offer: Offer, brought: set[str] | None, datasets: Mapping[str, Dataset]) -> Offer:
    named = {datasets[name].digest for name in offer.data if name in datasets}
    more = (named | (brought or set())).difference(offer.data)
    return replace(offer, data=(*offer.data, *sorted(more))) if more else offer


def _digests(state: State) -> set[str]:
    found = set()
    for node in state.nodes.values():
        held = (node.get("properties") or {}).get("data")
        for each in held.values() if isinstance(held, Mapping) else ():
            found.add(_digest(each))
    return found - {""}


def _digest(entry: Any) -> str:
    return str(entry.get("digest") or "") if isinstance(entry, Mapping) else ""
