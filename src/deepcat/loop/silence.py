"""Clouds and hosts that do not answer: for how many looks, and when what runs there is given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from deepcat.errors import DeepcatError
from deepcat.plan.values import State, Status

if TYPE_CHECKING:
    from deepcat.clouds.offers import Offer, Probe
    from deepcat.records.record import Record
    from deepcat.records.store import Store

SETTING = "moves_after"


def given_up(
    records: Mapping[str, Record],
    settings: Mapping[str, Any],
    probes: Mapping[str, Probe | None],
    offers: Iterable[Offer],
) -> dict[str, str]:
    """Deployment -> why it is brought up elsewhere: it is silent still, and was for long. Pure."""
    limit = _limit(settings)
    silent = _Silent(probes, offers) if limit else None
    if silent is None:
        return {}
    return {
        name: f"it did not answer at {record.silent} looks in a row"
        for name, record in records.items()
        if record.silent >= limit and _should_run(record) and silent(record.state)
    }


def count_silence(
    store: Store,
    records: Mapping[str, Record],
    settings: Mapping[str, Any],
    probes: Mapping[str, Probe | None],
    offers: Iterable[Offer],
) -> list[str]:
    """Write down of each deployment that its cloud is silent once more, or answers again.

    Returns:
        What was found, in words.
    """
    limit = _limit(settings)
    silent = _Silent(probes, offers)
    said = []
    for name, record in sorted(records.items()):
        if not _should_run(record):
            continue
        count = min(record.silent + 1, limit) if limit and silent(record.state) else 0
        if count == record.silent:
            continue
        where = f"{record.state.cloud}/{record.state.shape}"
        looks = f"{where} does not answer, at {count} of {limit} looks"
        words = f"{name}: {looks if count else f'{where} answers again'}"
        try:
            store.update(name, partial(_with_count, before=record, count=count), words)
        except DeepcatError as error:  # the next look counts
            words = f"{words}; not written down: {error.message}"
        said.append(words)
    return said


def _with_count(record: Record | None, before: Record, count: int) -> Record | None:
    """The record with the count, unless somebody works on it or changed it meanwhile."""
    if record is None or record.intent or record.state.run != before.state.run:
        return record
    return replace(record, silent=count)


def _limit(settings: Mapping[str, Any]) -> int:
    found = settings.get(SETTING)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _should_run(record: Record) -> bool:
    return record.state.status is Status.RUNNING and not record.intent and not record.state.is_job


class _Silent:
    """Whether where a deployment runs did not answer: its cloud, or its host alone."""

    def __init__(self, probes: Mapping[str, Probe | None], offers: Iterable[Offer]) -> None:
        self._clouds = {
            name for name, seen in probes.items() if seen is not None and not seen.healthy
        }
        self._hosts = {(offer.cloud, offer.shape) for offer in offers if offer.down}

    def __call__(self, state: State) -> bool:
        return state.cloud in self._clouds or (state.cloud, state.shape) in self._hosts
