"""What a cluster has: its partitions and GPUs, what is free, our limits, when a job would begin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.catalog.wording import listed
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.slurm import asked
from deepcat.clouds.kinds.slurm.asked import Row
from deepcat.clouds.kinds.slurm.cluster import MARK, UNTYPED, gres, link, section
from deepcat.clouds.offers import Probe, Shape
from deepcat.errors import DeepcatError
from deepcat.remote import ssh
from deepcat.remote.link import Link

_USABLE = ("idle", "mixed", "allocated", "completing", "planned", "reserved")


def probe(cloud: Cloud, means: Means) -> Probe:
    """The shapes that jobs may ask for. Never fails."""
    own = section(cloud)
    try:
        way = link(cloud, means.root)
        done = ssh.run(way, asked.script(own), timeout_s=means.deadline_s)
    except DeepcatError as error:
        refused = error.code in ("remote/denied", "secret/missing")
        return Probe(cloud.name, healthy=False, detail=error.message, refused=refused)
    said = dict(enumerate(asked.parts(done.out.decode("utf-8", "replace"))))
    if done.rc:
        why = (done.err.strip() or f"sinfo ended with status {done.rc}").splitlines()[-1]
        return Probe(cloud.name, healthy=False, detail=why[:300])
    nodes, now, assoc, qos, jobs = (said.get(number, ("", ""))[1] for number in range(5))
    trials = {name: text for number, (name, text) in said.items() if number > 4}
    named = own.get("partition")
    every = asked.rows(nodes)
    found = [row for row in every if not named or row.partition in named]
    if not found:
        detail = _none(named, sorted({row.partition for row in every}))
        return Probe(cloud.name, healthy=False, detail=detail)
    made = shapes(found, own, trials, asked.longest(qos, own))
    refusals = [asked.refused(text) for text in trials.values()]
    return Probe(
        cloud.name,
        shapes=_waited(way, own, made, now.strip(), means.deadline_s),
        shared=True,
        pool=True,
        refused=bool(refusals) and all(each and each.kind == "auth" for each in refusals),
        limits=tuple(sorted(asked.limits(assoc, qos, jobs, own).items())),
    )


def _none(named: Collection[str] | None, there: Collection[str]) -> str:
    """Why no node may be used."""
    if not named or not there:
        return "sinfo lists no node that may be used"
    return f"sinfo lists no node of {listed(named)}; there is: {listed(there)}"


def _waited(
    way: Link | None, own: Mapping[str, Any], made: tuple[Shape, ...], now: str, deadline_s: float
) -> tuple[Shape, ...]:
    """The shapes, those that are full with the time that their queue is expected to take."""
    full = {each.name: gres(each.name) for each in made if each.free == 0 and not each.down}
    if not full:
        return made
    try:
        done = ssh.run(way, asked.questions(own, full.items()), timeout_s=deadline_s)
        told = dict(asked.parts(done.out.decode("utf-8", "replace")))
    except DeepcatError:  # what is known is told all the same
        told = {}

    def waited(each: Shape) -> Shape:
        if each.name not in full:
            return each
        said = asked.wait(told.get(each.name, ""), now)
        return replace(each, wait_s=max(1.0, asked.UNKNOWN_S if said is None else said))

    return tuple(map(waited, made))


def shapes(
    found: list[Row],
    own: Mapping[str, Any],
    trials: Mapping[str, str],
    longest_s: float | None,
) -> tuple[Shape, ...]:
    """Each partition without GPUs, and with each number of each type that one node has. Pure.

    Args:
        found: the nodes.
        own: the kind's part of the cloud's file.
        trials: partition -> what a trial of a job in it said.
        longest_s: that our QOS lets a job run; None for no bound.
    """
    by: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        for name in _names(row):
            by[name].append(row)
    return tuple(
        _shape(name, rows, own, trials.get(rows[0].partition, ""), longest_s)
        for name, rows in sorted(by.items())
    )


def _names(row: Row) -> list[str]:
    numbers = [(card or UNTYPED, n) for card, most in row.cards.items() for n in range(1, most + 1)]
    return [row.partition, *(f"{row.partition}{MARK}{card}{MARK}{n}" for card, n in numbers)]


def _shape(
    name: str, own: list[Row], settings: Mapping[str, Any], trial: str, longest_s: float | None
) -> Shape:
    _, _, rest = name.partition(MARK)
    card, _, count = rest.rpartition(MARK)
    wanted = int(count or 0)
    up = [row for row in own if row.state in _USABLE]
    times = (asked.seconds(own[0].limit), longest_s)
    most = min((each for each in times if each is not None), default=None)
    return Shape(
        name,
        accelerator=card or None,
        accelerators=wanted,
        cpus=float(max(row.cpus for row in own)),
        memory_MiB=max(row.memory_MiB for row in own),
        free=sum(_fits(row, card, wanted) for row in up),
        most_s=most,
        down=_down(own, bool(up), settings, most, trial),
    )


def _fits(row: Row, card: str, wanted: int) -> int:
    """How many jobs of so many GPUs begin on a node at once."""
    if not row.cpus_free or not row.memory_free_MiB:
        return 0
    if not wanted:
        return row.cpus_free
    name = "" if card == UNTYPED and "" in row.cards else card
    return max(0, row.cards.get(name, 0) - row.used.get(name, 0)) // wanted


def _down(
    own: list[Row], is_up: bool, settings: Mapping[str, Any], most: float | None, trial: str
) -> str:
    if not is_up:
        return f"no node of it is up: {own[0].state}"
    time_s = 60.0 * int(settings.get("time") or 60)
    if most is not None and time_s > most:
        return f"`time` asks for {time_s / 60:.0f} minutes a job, and it gives {most / 60:.0f}"
    refused = asked.refused(trial)
    return refused.message if refused is not None else ""
