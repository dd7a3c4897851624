"""What the pages of deployments show: state, plan, cost so far, history, the last days as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from deepcat.catalog.values import Deployment
from deepcat.plan.values import Plan, Status
from deepcat.records.history import cost, spans
from deepcat.records.record import Record
from deepcat_site.text import Text
from deepcat_site.values import Event
from deepcat_site.views.bars import bars
from deepcat_site.views.place import Place, place
from deepcat_site.views.planned import Planned, planned
from deepcat_site.views.read import line, mapping, web, written
from deepcat_site.views.uptime import uptime_words

PER_PAGE = 100
WANTED = "wanted"
# Events that a deployment's own page shows.
_EVENTS = 20
# What needs somebody stands first.
_ORDER = (
    Status.FAILED,
    Status.STOPPING,
    Status.PENDING,
    WANTED,
    Status.RUNNING,
    Status.STOPPED,
    Status.ENDED,
    Status.GONE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One deployment.

    Attributes:
        place: where it runs; of one that has no record, what is known from its file.
        owner: forge handle.
        expires: instant, or empty.
        commit: whose plan was applied.
        module_commit: that the module was taken from, where that is an older one; else empty.
        cost: spent so far, in the catalog's currency, by the price and the time it ran.
        uptime: how it was in the last days, in words; empty where it never should have run.
        bars: the last days as a picture; empty where there is no record.
        samples: what the last comparison with the samples gave, in words.
        intent: what is under way, or empty.
        failures: why the last try failed.
        ended: when a job ended; empty for any other.
        exit_status: of a job that ended; None for any other.
        private: names of what only who is on its host may ask for.
        parts: name, shape and hosts of each part, where they lie on several shapes.
        run: the last run's id; may be empty.
        log: address of the last run's log on the forge; may be empty.
        inputs: of the topology.
        history: newest first.
        plan: what would change now; None where that is not known.
    """

    place: Place
    owner: str
    expires: str
    commit: str
    cost: float
    uptime: str
    bars: Markup
    samples: str
    intent: str
    failures: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]
    history: tuple[Event, ...]
    plan: Planned | None
    ended: str = ""
    exit_status: int | None = None
    private: tuple[str, ...] = ()
    parts: tuple[tuple[str, str, int], ...] = ()
    run: str = ""
    log: str = ""
    module_commit: str = ""


def rows(
    records: Mapping[str, Record],
    wishes: Mapping[str, Deployment],
    history: Mapping[str, Sequence[Event]],
    plan: Plan | None,
    until: datetime,
    text: Text,
) -> list[Row]:
    """Every deployment that is known or wished, by status and name.

    Args:
        records: what is known.
        wishes: what is asked for.
        history: deployment's name -> events, newest first.
        plan: what would change now.
        until: the instant that the pages speak of.
        text: the interface's words.
    """
    plans = planned(plan)
    known = [row(r, history.get(n, ()), plans.get(n), until, text) for n, r in records.items()]
    wanted = [_wanted(w, plans.get(n)) for n, w in wishes.items() if n not in records]
    places = {str(status): at for at, status in enumerate(_ORDER)}
    return sorted([*known, *wanted], key=lambda r: (places.get(r.place.status, 0), r.place.name))


def row(
    record: Record, history: Sequence[Event], plan: Planned | None, until: datetime, text: Text
) -> Row:
    """Gather a deployment of which there is a record."""
    state = record.state
    lived = spans(record, until)
    return Row(
        place=place(record),
        owner=line(state.owner, 60),
        expires=state.expires,
        commit=line(state.commit, 40),
        cost=cost(record, until),
        uptime=uptime_words(lived, until, text),
        bars=bars(lived, until, text),
        samples=_samples(record, text.status_page.samples),
        intent=line(record.intent.get("action")),
        failures=tuple(_failure(failure) for failure in record.failures),
        inputs=tuple((line(key, 60), written(value)) for key, value in state.inputs.items()),
        history=tuple(history[:_EVENTS]) or _moments(record, text),
        plan=plan or Planned.nothing(),
        ended=state.ended if state.has_ended else "",
        exit_status=state.exit_status if state.has_ended else None,
        private=tuple(line(name, 64) for name in state.private),
        parts=tuple((line(p.part, 80), line(p.shape, 80), p.hosts) for p in state.placements),
        run=line(state.run, 60),
        log=web(record.log),
        module_commit=line(state.module_commit, 40),
    )


def _wanted(wish: Deployment, plan: Planned | None) -> Row:
    """Gather a deployment that is asked for and has no record yet."""
    return Row(
        place=Place(
            name=wish.name,
            module=line(wish.module, 80),
            profile=line(wish.profile, 40),
            cloud="",
            shape="",
            status=WANTED,
            version=line(wish.version, 40),
            rest="",
            grpc="",
            updated="",
            created="",
            price=0.0,
            verified=False,
        ),
        owner=line(wish.owner, 60),
        expires="",
        commit="",
        cost=0.0,
        uptime="",
        bars=Markup(""),
        samples="",
        intent="",
        failures=(),
        inputs=tuple((line(key, 60), written(value)) for key, value in wish.inputs.items()),
        history=(),
        plan=plan,
    )


def _moments(record: Record, text: Text) -> tuple[Event, ...]:
    """What the record itself remembers, for a deployment whose commits lie too far back."""
    words = text["status"]
    return tuple(
        Event(moment.at, str(words.get(moment.status, moment.status)))
        for moment in reversed(record.history[-_EVENTS:])
    )


def _failure(failure: object) -> str:
    data = mapping(failure)
    parts = [line(data.get(key)) for key in ("cloud", "message")]
    return ": ".join(part for part in parts if part) or line(str(failure))


def _samples(record: Record, words: str) -> str:
    counts = {}
    for key in ("passed", "failed"):
        value = record.samples.get(key, 0)
        counts[key] = len(value) if isinstance(value, list | tuple) else value
    return words.format(**counts) if record.samples else ""
