"""Offers: one shape of host that a cloud has. Pure: a cloud's file joined with what a probe saw."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds import accelerators
from deepcat.clouds.quotas import TOGETHER, Quotas
from deepcat.clouds.quotas import quotas as read_quotas
from deepcat.quantities import SIZES, mebibytes, seconds, share

_REFUSES = "it refuses our credentials"


@dataclass(frozen=True, slots=True)
class Offer:
    """One shape of host, with the cloud's fixed facts and the last probe joined in.

    Attributes:
        cloud: the cloud's name.
        shape: the flavour's or node type's name in the cloud's words.
        kind: the cloud's kind.
        region: as the cloud spells it; may be empty.
        accelerator: canonical name from the table of accelerators; empty for none.
        accelerators: how many accelerators a host has.
        memory_MiB_each: memory of each accelerator.
        cpus: cores of a host.
        memory_MiB: memory of a host.
        price: per hour for the whole host, in the catalog's currency.
        free: hosts free now; None when the probe could not tell.
        healthy: whether the last probe reached the cloud.
        wait_s: expected wait in a queue, seconds.
        sla: the monthly availability promised, 0 to 1.
        profiles: workload kinds the cloud takes; empty for all.
        users: forge handles or ``@groups`` that may use it; empty for all.
        data: names and digests of data sets that lie there.
        bandwidth: bytes a second of data that is brought there; 0 when nobody says.
        cuda: the newest CUDA version its driver takes; may be empty.
        driver: the driver's version; may be empty.
        mig: MIG profiles on offer.
        interconnect: between its accelerators; may be empty.
        failure_rate: share of runs that failed there in the records, 0 to 1.
        shared: whether several deployments may share one host; `free` then says nothing of hosts.
        alone: whether a deployment gets one machine of its own there, and never several.
        pool: whether a shared shape stands for many hosts, which give each deployment what it asks
            for; else it is one host.
        opens: by what whoever is outside comes to what is served there, in words; empty where
            nobody does.
        disk_MiB: free for what is brought there; 0 when it is not known.
        most_s: how long a job may run there; 0 for no bound. Services go on in a next one.
        down: why it cannot be used now, such as a host that does not answer; else empty.
        takes: kinds of workload that the cloud's kind can run; empty when nothing here can run on
            clouds of that kind.
        lacks: what keeps its hosts from giving a box to code of modules, in sentences.
        unmounts: what keeps its hosts from mounting data of a store, in sentences; empty also where
            only the host itself can tell.
        unedits: the same of an editor that is brought to no host.
        scripts: whether scripts that a module brings can run there.
        carries: of what topologies ask of roles, what is carried out there, as `plan.asked` spells
            it; None for all of it.
        quotas: owner -> resource -> the most that the owner may have in this cloud at once; see
            `quotas.RESOURCES`. The owner ``*`` stands for everyone else, `quotas.TOGETHER` for all.
    """

    cloud: str
    shape: str
    kind: str
    region: str = ""
    accelerator: str = ""
    accelerators: int = 0
    memory_MiB_each: int = 0
    cpus: float = 0.0
    memory_MiB: int = 0
    price: float = 0.0
    free: int | None = None
    healthy: bool = True
    wait_s: float = 0.0
    sla: float = 0.0
    profiles: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    cuda: str = ""
    driver: str = ""
    mig: tuple[str, ...] = ()
    interconnect: str = ""
    failure_rate: float = 0.0
    shared: bool = False
    alone: bool = False
    pool: bool = False
    takes: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    unmounts: tuple[str, ...] = ()
    unedits: tuple[str, ...] = ()
    scripts: bool = True
    carries: tuple[str, ...] | None = None
    quotas: Quotas = ()
    disk_MiB: int = 0
    bandwidth: float = 0.0
    most_s: float = 0.0
    down: str = ""
    opens: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """An offer, or a whole cloud (shape empty), that was not chosen, with every reason in words."""

    cloud: str
    shape: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a probe saw of one shape; None where it could not tell. Fields as in `Offer`.

    Attributes:
        accelerator: in the cloud's own spelling.
        wait_s: until what is asked for now is expected to start.
        lacks: of its hosts alone; None where what the whole cloud lacks holds.
        unmounts: as `Offer.unmounts`.
        unedits: as `Offer.unedits`.
    """

    name: str
    accelerator: str | None = None
    accelerators: int | None = None
    memory_MiB_each: int | None = None
    cpus: float | None = None
    memory_MiB: int | None = None
    price: float | None = None
    free: int | None = None
    wait_s: float | None = None
    cuda: str | None = None
    driver: str | None = None
    mig: tuple[str, ...] | None = None
    interconnect: str | None = None
    disk_MiB: int | None = None
    most_s: float | None = None
    down: str = ""
    lacks: tuple[str, ...] | None = None
    unmounts: tuple[str, ...] = ()
    unedits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """What was seen of a cloud at one moment.

    Attributes:
        cloud: the cloud's name.
        healthy: whether it answered.
        shapes: what it has; may be empty when the cloud's file says it all.
        detail: for a person: why it is not healthy, or what was odd; may be empty.
        shared: whether several deployments may share one host.
        alone: as `Offer.alone`.
        pool: as `Offer.pool`.
        lacks: as `Offer.lacks`.
        refused: whether it does not answer because it refuses our credentials, or we have none.
        scripts: as `Offer.scripts`.
        carries: as `Offer.carries`.
        opens: as `Offer.opens`.
        limits: resource -> the most that our account may have there, what others use of it taken
            off; see `quotas.RESOURCES`.
    """

    cloud: str
    healthy: bool = True
    shapes: tuple[Shape, ...] = ()
    detail: str = ""
    shared: bool = False
    alone: bool = False
    lacks: tuple[str, ...] = ()
    pool: bool = False
    refused: bool = False
    scripts: bool = True
    carries: tuple[str, ...] | None = None
    limits: tuple[tuple[str, float], ...] = ()
    opens: str = ""


def offers(cloud: Cloud, probe: Probe | None, takes: Collection[str]) -> tuple[Offer, ...]:
    """Join a cloud's fixed facts with the last probe, sorted by the shape's name.

    What the file says of a shape's hardware and price holds; what the probe saw fills in the rest
    and alone says what is free. A shape that only the probe saw is offered too, except where the
    file lists shapes: then the list is what the cloud's owner wants to be used.

    Args:
        cloud: its file.
        probe: what was seen; None when nobody looked.
        takes: the kinds of workload that its kind can run.
    """
    order = tuple(sorted(takes))
    written = _written(cloud.data)
    seen = {shape.name: shape for shape in probe.shapes} if probe else {}
    names = written or seen
    return tuple(
        _offer(cloud, probe, order, written.get(name, {}), seen.get(name, Shape(name)))
        for name in sorted(names)
    )


def nothing_of(cloud: Cloud, probe: Probe | None, takes: Collection[str]) -> Offer:
    """What stands for a cloud that offers nothing, so that who asks for it hears why."""
    why = _down(probe, probe.detail) if probe else "it is not asked before its file is agreed to"
    order = tuple(sorted(takes))
    if not order:  # which is all that there is to say
        return Offer(cloud.name, "", cloud.kind)
    healthy = probe is not None and probe.healthy
    down = why or ("it has nothing to offer now" if healthy else "")
    return Offer(cloud.name, "", cloud.kind, healthy=healthy, down=down, takes=order)


def _written(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    shapes = data.get("shapes") or ()
    return {str(shape["name"]): shape for shape in shapes}


def _offer(
    cloud: Cloud,
    probe: Probe | None,
    takes: tuple[str, ...],
    fixed: Mapping[str, Any],
    seen: Shape,
) -> Offer:
    data = cloud.data
    spelling = str(fixed.get("accelerator") or seen.accelerator or "")
    part = accelerators.profile_of(spelling)
    stated = mebibytes(fixed.get("accelerator_memory")) or seen.memory_MiB_each or 0
    stated = accelerators.memory_of_profile(part) or stated
    model = accelerators.canonical(spelling, 0 if part else stated)
    nominal = accelerators.memory_of(model)
    if not part and (not stated or abs(stated - nominal) <= accelerators.NEAR * nominal):
        stated = nominal  # a driver shows a little less than the data sheet says
    count = fixed.get("accelerators", seen.accelerators)
    count = (1 if spelling else 0) if count is None else int(count)
    return Offer(
        cloud=cloud.name,
        shape=str(fixed.get("name") or seen.name),
        kind=cloud.kind,
        region=str(data.get("region") or ""),
        accelerator=(model or spelling) if count else "",
        accelerators=count,
        memory_MiB_each=stated if count else 0,
        cpus=float(fixed.get("cpus") or seen.cpus or 0.0),
        memory_MiB=mebibytes(fixed.get("memory")) or seen.memory_MiB or 0,
        price=float(_first(fixed.get("price"), seen.price, data.get("price"), 0.0)),
        free=_first(seen.free, fixed.get("count")),
        healthy=probe.healthy if probe else True,
        wait_s=float(_first(seen.wait_s, seconds(fixed.get("wait")), 0.0)),
        sla=_availability(data.get("sla")),
        profiles=_texts(data.get("profiles")),
        users=_texts(data.get("users")),
        data=_texts(data.get("data")),
        bandwidth=float(SIZES.read(data.get("bandwidth")) or 0),
        cuda=str(_first(fixed.get("cuda"), seen.cuda, data.get("cuda"), "")),
        driver=str(_first(fixed.get("driver"), seen.driver, data.get("driver"), "")),
        mig=_texts(_first(fixed.get("mig"), seen.mig, (part,) if part else ())),
        interconnect=str(_first(fixed.get("interconnect"), seen.interconnect, "")),
        shared=probe.shared if probe else False,
        alone=probe.alone if probe else False,
        pool=probe.pool if probe else False,
        takes=takes,
        lacks=_first(seen.lacks, probe.lacks if probe else ()),
        unmounts=seen.unmounts,
        unedits=seen.unedits,
        scripts=probe.scripts if probe else True,
        carries=probe.carries if probe else None,
        quotas=_quotas(data.get("quotas"), probe),
        disk_MiB=int(_first(seen.disk_MiB, mebibytes(fixed.get("storage")) or 0)),
        most_s=float(seen.most_s or 0.0),
        down=_down(probe, seen.down),
        opens=probe.opens if probe else "",
    )


def _down(probe: Probe | None, why: str) -> str:
    """Why a shape cannot be used now, by its own word or the cloud's; empty when it can."""
    why = why or (probe.detail if probe and not probe.healthy else "")
    return f"{_REFUSES}: {why}" if why and probe and probe.refused else why


def _quotas(written: Any, probe: Probe | None) -> Quotas:
    """What owners may have by the cloud's file, and all together by its own word."""
    own = read_quotas(written)
    return (*own, (TOGETHER, probe.limits)) if probe and probe.limits else own


def _first(*values: Any) -> Any:
    """The first value that is known."""
    return next((value for value in values if value is not None), None)


def _texts(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    items = [value] if isinstance(value, str) else value
    return tuple(str(item["name"] if isinstance(item, Mapping) else item) for item in items)


def _availability(value: Any) -> float:
    """What a cloud promises, from 0 to 1: a share, or a mapping that holds one."""
    return share(value.get("availability") if isinstance(value, Mapping) else value)
