"""What a monitoring system is told of a catalog: deployments, prices, failures, drift. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from deepcat.catalog.values import Deployment
from deepcat.plan.values import Status
from deepcat.records.exposition import Family, Sample
from deepcat.records.history import cost, instant
from deepcat.records.record import Record
from deepcat.review.drift import Drift

_WELL = frozenset({Status.RUNNING, Status.ENDED})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the figures are made from.

    Attributes:
        version: of deepcat.
        currency: of all prices.
        now: when it was looked, UTC.
        records: as they hold by what is really there, by name.
        wishes: what main holds, by name.
        in_sync: names of the deployments that are as their wish says.
        drift: what differs between the records and what is there.
        tip: the commit that the records ref names; empty when there is none.
        tip_at: when it was made, ISO 8601 instant.
        watched_at: when `deepcat ci watch` last ended on this machine, ISO 8601; empty if never.
        watched_well: whether all was in order then.
    """

    version: str
    currency: str
    now: datetime
    records: Mapping[str, Record]
    wishes: Mapping[str, Deployment]
    in_sync: Collection[str] = ()
    drift: Drift = field(default_factory=Drift)
    tip: str = ""
    tip_at: str = ""
    watched_at: str = ""
    watched_well: bool = False


def families(facts: Facts) -> tuple[Family, ...]:
    """All figures."""
    return (
        *_whole(facts),
        *_versions(facts),
        *_times(facts),
        *_money(facts),
        _failures(facts),
        *_differing(facts),
    )


def _whole(facts: Facts) -> tuple[Family, ...]:
    counts = Counter(record.state.status for record in facts.records.values())
    states = tuple(Sample({"status": each.value}, counts[each]) for each in Status)
    watched = _at(facts.watched_at)
    well = (Sample({}, facts.watched_well),) if watched else ()
    tip = (Sample({"commit": facts.tip}, 1),) if facts.tip else ()
    return (
        Family("deepcat_info", "The version of deepcat.", (Sample({"version": facts.version}, 1),)),
        Family(
            "deepcat_metrics_timestamp_seconds",
            "When these figures were taken.",
            (Sample({}, facts.now.timestamp()),),
        ),
        Family("deepcat_deployments", "Deployments by what is known of them.", states),
        Family("deepcat_wishes", "Deployments that main holds.", (Sample({}, len(facts.wishes)),)),
        Family("deepcat_records_tip_info", "The commit of the records.", tip),
        Family(
            "deepcat_records_tip_timestamp_seconds",
            "When the records were last written.",
            _at(facts.tip_at),
        ),
        Family(
            "deepcat_watch_last_run_timestamp_seconds",
            "When the watch last came to its end on this machine.",
            watched,
        ),
        Family("deepcat_watch_last_run_success", "Whether all was in order then.", well),
    )


def _versions(facts: Facts) -> tuple[Family, ...]:
    actual, wished, up, synced = [], [], [], []
    for name, record in sorted(facts.records.items()):
        state = record.state
        labels = {
            "deployment": name,
            "module": state.module,
            "version": state.version,
            "profile": state.profile,
            "cloud": state.cloud,
            "shape": state.shape,
            "owner": state.owner,
            "commit": state.commit,
        }
        actual.append(Sample(labels, 1))
        up.append(_of(name, state.status is Status.RUNNING))
    for name, wish in sorted(facts.wishes.items()):
        labels = {"deployment": name, "module": wish.module, "version": wish.version}
        wished.append(Sample(labels, 1))
        synced.append(_of(name, name in facts.in_sync))
    return (
        Family("deepcat_deployment_info", "What is recorded to run.", tuple(actual)),
        Family("deepcat_deployment_wished_info", "What main asks for.", tuple(wished)),
        Family("deepcat_deployment_up", "Whether it runs now.", tuple(up)),
        Family("deepcat_deployment_in_sync", "Whether it is as main says.", tuple(synced)),
    )


def _times(facts: Facts) -> tuple[Family, ...]:
    rows = sorted(facts.records.items())
    success = (each for name, record in rows for each in _at(_succeeded(record), name))
    expires = (each for name, record in rows for each in _at(record.state.expires, name))
    begun = (r for r in rows if r[1].intent)
    held = (each for n, r in begun for each in _at(str(r.intent.get("since", "")), n))
    return (
        Family(
            "deepcat_deployment_last_success_timestamp_seconds",
            "When an apply of it last went well.",
            tuple(success),
        ),
        Family(
            "deepcat_deployment_expires_timestamp_seconds",
            "When its lifetime is over.",
            tuple(expires),
        ),
        Family(
            "deepcat_deployment_locked_since_timestamp_seconds",
            "Since when a run works on it.",
            tuple(held),
        ),
    )


def _money(facts: Facts) -> tuple[Family, ...]:
    price, spent = [], []
    for name, record in sorted(facts.records.items()):
        labels = {"deployment": name, "currency": facts.currency}
        is_up = record.state.status is Status.RUNNING
        price.append(Sample(labels, record.price_hour if is_up else 0.0))
        spent.append(Sample(labels, cost(record, facts.now)))
    return (
        Family("deepcat_deployment_price_per_hour", "What it costs an hour now.", tuple(price)),
        Family(
            "deepcat_deployment_cost_total", "What it has cost so far.", tuple(spent), "counter"
        ),
    )


def _failures(facts: Facts) -> Family:
    found: Counter[tuple[str, str, str]] = Counter()
    for name, record in facts.records.items():
        for each in record.failures:
            found[(name, str(each.get("kind", "")), str(each.get("cloud", "")))] += 1
    samples = (
        Sample({"deployment": name, "kind": kind, "cloud": cloud}, count)
        for (name, kind, cloud), count in sorted(found.items())
    )
    words = "Causes of the last failed apply; none after one that went well."
    return Family("deepcat_deployment_failures", words, tuple(samples))


def _differing(facts: Facts) -> tuple[Family, ...]:
    drift = facts.drift
    kinds = {
        "dead": drift.dead,
        "changed": tuple(drift.changed),
        "orphan": drift.orphans,
        "unknown": drift.unknown,
    }
    counts = tuple(Sample({"kind": kind}, len(names)) for kind, names in kinds.items())
    named = tuple(
        Sample({"deployment": name, "kind": kind}, 1)
        for kind, names in kinds.items()
        for name in names
    )
    return (
        Family("deepcat_drift", "What differs between the records and what is there.", counts),
        Family("deepcat_deployment_drift", "Which deployment differs, and how.", named),
        Family(
            "deepcat_unseen_clouds",
            "Kinds of cloud that could not be looked at.",
            (Sample({}, len(drift.unseen)),),
        ),
        Family(
            "deepcat_records_lost", "Whether the records are lost.", (Sample({}, drift.is_lost),)
        ),
    )


def _succeeded(record: Record) -> str:
    """When an apply last went well: what is, else what the history has."""
    if record.state.status in _WELL and not record.failures:
        return record.updated
    well = (m.at for m in reversed(record.history) if m.status in {each.value for each in _WELL})
    return next(well, "")


def _of(name: str, holds: bool) -> Sample:
    return Sample({"deployment": name}, holds)


def _at(text: str, name: str = "") -> tuple[Sample, ...]:
    """An instant as a sample; none where there is no instant."""
    at = instant(text) if text else None
    return (Sample({"deployment": name} if name else {}, at.timestamp()),) if at else ()
