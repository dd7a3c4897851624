"""What is asked of a host: a deployment, its workloads and its module as one value. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deepcat.catalog.access import OPEN
from deepcat.catalog.values import AcceleratorRequest, Deployment, Module
from deepcat.clouds import accelerators
from deepcat.tosca.workload import Part, Workload

SERVICE_HOURS = 720.0
JOB_HOURS = 24.0
_MEGABYTE = 1_000_000 / 2**20
_ANY = AcceleratorRequest()


@dataclass(frozen=True, slots=True)
class Unit:
    """So many equal parts, each of which must lie on one host.

    Attributes:
        count: how many.
        cpus: cores for each.
        memory_MiB: for each.
        accelerators: for each.
        apart: whether each is a machine, and so takes a host of its own where hosts are not shared.
    """

    count: int = 1
    cpus: float = 0.0
    memory_MiB: int = 0
    accelerators: int = 0
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the matcher.

    Attributes:
        units: what must be placed, on hosts of one shape.
        accelerator: what each accelerator must be; its `count` is not read, the units say it.
        tiers: canonical names allowed, in order of preference; each tier one or more names that
            are equally welcome. Empty for any.
        kinds: the workloads' kinds, and `plug-in` of what authors' own code answers for.
        profile: ``serve``, ``train`` or ``develop``; empty for any.
        identities: the owner's handle and ``@groups``.
        clouds: names allowed; empty for all.
        in_order: whether an earlier one of them goes before every later one, whatever they cost.
        max_price: per hour, for all hosts together; None for no bound.
        prefer: ``price``, ``wait``, ``sla`` or ``data``.
        data: names or digests of data sets that will be read.
        hours: useful hours expected of the run; spreads what is paid once.
        unboxed: whether code of modules may run where hosts give it no box.
        storage_MiB: disk that one host must have free.
        job_s: how long it may run, of what ends by itself; 0 when nobody says.
        unlimited: whether it is a training that neither time nor money ends.
        cards: node -> how many accelerators it takes, of those that take any.
        ports: that the wish itself names, so that no other deployment on the host may have them.
        asks: what else a cloud must take for what the wish says, as `Access.needs` names it.
        says_who: whether the wish says who may call what it serves, be that whoever comes.
        scripts: whether scripts that the module brings are to run.
        words: what the topology asks of roles, as `plan.asked` spells it.
        parts: machine of the topology -> what it asks of its hosts, where machines ask for
            different hosts; else empty, and all hosts are of one shape. `units` are of all parts.
        largest: of each resource, the most that one host must hold.
        total: of each resource, the sum over all units.
    """

    units: tuple[Unit, ...] = (Unit(),)
    accelerator: AcceleratorRequest = _ANY
    tiers: tuple[tuple[str, ...], ...] = ()
    kinds: tuple[str, ...] = ()
    profile: str = ""
    identities: tuple[str, ...] = ()
    clouds: tuple[str, ...] = ()
    max_price: float | None = None
    prefer: str = "price"
    data: tuple[str, ...] = ()
    hours: float = SERVICE_HOURS
    unboxed: bool = False
    in_order: bool = False
    storage_MiB: int = 0
    job_s: float = 0.0
    unlimited: bool = False
    cards: tuple[tuple[str, int], ...] = ()
    ports: tuple[int, ...] = ()
    asks: tuple[str, ...] = ()
    says_who: bool = False
    scripts: bool = False
    words: tuple[str, ...] = ()
    parts: tuple[tuple[str, Request], ...] = ()

    largest: Unit = field(init=False, repr=False, compare=False)
    total: Unit = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out once what every check reads: the most of each resource, and the sum."""
        units = self.units
        object.__setattr__(
            self,
            "largest",
            Unit(
                count=sum(unit.count for unit in units),
                cpus=max((unit.cpus for unit in units), default=0.0),
                memory_MiB=max((unit.memory_MiB for unit in units), default=0),
                accelerators=max((unit.accelerators for unit in units), default=0),
            ),
        )
        object.__setattr__(
            self,
            "total",
            Unit(
                cpus=sum(unit.cpus * unit.count for unit in units),
                memory_MiB=sum(unit.memory_MiB * unit.count for unit in units),
                accelerators=sum(unit.accelerators * unit.count for unit in units),
            ),
        )


def request_for(
    deployment: Deployment,
    module: Module,
    workloads: Sequence[Workload],
    groups: Mapping[str, Collection[str]] | None = None,
) -> Request:
    """Bring a deployment's wish to one request.

    What the deployment says of accelerators goes before what its topology says, field by field; the
    module's own `resources` (training for `train` and `develop`, else inference) are the floor. All
    workloads of a deployment go to one cloud; to hosts of one shape, unless the topology's machines
    ask for different ones.

    Args:
        groups: group -> handles, for clouds that admit ``@group``.
    """
    floor = _floor(module, deployment.profile)
    wanted = _accelerator(deployment, workloads, floor)
    parts = [part for workload in workloads for part in workload.parts or (workload,)]
    machines = {w.name for w in workloads if w.kind == "virtual-machine"}
    takers = [part for part in parts if part.accelerator.count] or parts[:1]
    held = [
        (
            part,
            replace(
                _unit(
                    part,
                    floor if part is parts[0] else {},
                    _taken(part, deployment, wanted, takers),
                ),
                apart=isinstance(part, Part) or part.name in machines,
            ),
        )
        for part in parts
        if part.replicas
    ]
    units = tuple(unit for _, unit in held)
    if not units:
        units = (_unit(Workload("", "service", cpus=0.0), floor, wanted.count),)
    hours = (deployment.lifetime_s or 0) / 3600
    bounds = deployment.placement
    in_order = not bounds.prefer and len(bounds.clouds) > 1
    whole = Request(
        units=units,
        accelerator=wanted,
        tiers=tiers(wanted.models),
        kinds=tuple(sorted({kind for workload in workloads for kind in workload.kinds})),
        profile=deployment.profile,
        identities=_identities(deployment.owner, groups or {}),
        clouds=tuple(bounds.clouds) if in_order else tuple(sorted(bounds.clouds)),
        in_order=in_order,
        max_price=bounds.max_price,
        prefer=bounds.prefer or "price",
        data=tuple(sorted({mount.source for each in workloads for mount in each.mounts})),
        hours=hours or (JOB_HOURS if deployment.profile == "train" else SERVICE_HOURS),
        storage_MiB=max((part.storage_MiB for part in parts), default=0),
        cards=tuple((part.name, unit.accelerators) for part, unit in held if unit.accelerators),
        asks=deployment.access.needs if deployment.access else (),
        says_who=bool(deployment.access or (deployment.data.get("access") or {}).get(OPEN)),
        job_s=float(deployment.lifetime_s or 0) if _ends(workloads) else 0.0,
        unlimited=deployment.profile == "train" and not _is_limited(deployment),
        scripts=any(workload.has_script for workload in workloads),
    )
    return replace(whole, parts=_parts(whole, deployment, held)) if len(held) > 1 else whole


def _ends(workloads: Sequence[Workload]) -> bool:
    """Whether what runs ends by itself."""
    return bool(workloads) and all(workload.kind == "job" for workload in workloads)


def _is_limited(deployment: Deployment) -> bool:
    """Whether what is trained ends, in time or at a sum, however it goes."""
    limits = deployment.data.get("limits") or {}
    return bool(limits.get("time") or limits.get("cost") or deployment.lifetime_s)


def _parts(
    whole: Request, deployment: Deployment, held: Sequence[tuple[Workload | Part, Unit]]
) -> tuple[tuple[str, Request], ...]:
    """What each machine asks for; empty where all ask for the same."""
    named = [machine for part, _ in held if (machine := _machine(part))]
    if len(set(named)) < 2:
        return ()
    by_machine: dict[str, list[tuple[Workload | Part, Unit]]] = {}
    for (
        part,
        unit,
    ) in held:  # what has no machine of its own lies on the first, as `plan.compile` has it
        by_machine.setdefault(_machine(part) or named[0], []).append((part, unit))
    found = tuple(
        (machine, _of_machine(whole, deployment, own)) for machine, own in by_machine.items()
    )
    asked = {(replace(each.largest, count=1), each.accelerator) for _, each in found}
    return found if len(asked) > 1 else ()


def _of_machine(
    whole: Request, deployment: Deployment, held: Sequence[tuple[Workload | Part, Unit]]
) -> Request:
    units = tuple(unit for _, unit in held)
    wanted = _ANY
    if any(unit.accelerators for unit in units):
        own = max(
            (part.accelerator for part, _ in held if part.accelerator.count),
            key=lambda wish: (wish.count, wish.memory_MiB),
            default=whole.accelerator,
        )
        wanted = own if deployment.accelerator is None else _over(deployment.accelerator, own)
    return replace(
        whole, units=units, accelerator=wanted, tiers=tiers(wanted.models), max_price=None
    )


def _machine(part: Workload | Part) -> str:
    """The node of the topology that stands for a part's machine; empty when there is none."""
    if isinstance(part, Part):
        return part.name
    return part.hosts[0] if part.hosts else ""


def tiers(models: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Model names in order of preference as tiers of canonical names.

    A family such as ``A100`` stands for all its variants. A name that the table does not know is
    kept, so that it meets a cloud that spells it the same.
    """
    return tuple(accelerators.variants(model) or (model,) for model in models)


def _identities(owner: str, groups: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    handle = owner.removeprefix("@")
    return (handle, *sorted(f"@{name}" for name, members in groups.items() if handle in members))


def _floor(module: Module, profile: str) -> Mapping[str, Any]:
    resources = module.data.get("resources")
    part = "training" if profile in ("train", "develop") else "inference"
    floor = resources.get(part) if isinstance(resources, Mapping) else None
    return floor if isinstance(floor, Mapping) else {}


def _number(floor: Mapping[str, Any], key: str) -> float:
    value = floor.get(key)
    known = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return float(value) if known and value is not None else 0.0


def _accelerator(
    deployment: Deployment, workloads: Sequence[Workload], floor: Mapping[str, Any]
) -> AcceleratorRequest:
    said = deployment.accelerator
    if said is not None and said == AcceleratorRequest():
        return said  # `accelerator: {count: 0}` asks for none, whatever the module would like
    parts = (part for workload in workloads for part in workload.parts or (workload,))
    most = max(
        (part.accelerator for part in parts if part.accelerator.count),
        key=lambda wish: (wish.count, wish.memory_MiB),
        default=_from_floor(floor),
    )
    return most if said is None else _over(said, most)


def _from_floor(floor: Mapping[str, Any]) -> AcceleratorRequest:
    count = int(_number(floor, "gpu"))
    if not count:
        return AcceleratorRequest()
    capability = _number(floor, "gpu_compute_capability")
    return AcceleratorRequest(
        count=count,
        memory_MiB=int(_number(floor, "gpu_memory_MB") * _MEGABYTE),
        compute_capability=(int(capability), round(capability * 10) % 10) if capability else None,
    )


def _over(said: AcceleratorRequest, base: AcceleratorRequest) -> AcceleratorRequest:
    """What the deployment says, and where it says nothing, what the topology says."""
    # Models of one vendor say nothing once another vendor is asked for, and the other way round.
    return AcceleratorRequest(
        vendor=said.vendor or ("" if said.models else base.vendor),
        models=said.models or (() if said.vendor else base.models),
        count=said.count or base.count or 1,
        memory_MiB=said.memory_MiB or base.memory_MiB,
        compute_capability=said.compute_capability or base.compute_capability,
        cuda=said.cuda or base.cuda,
        driver=said.driver or base.driver,
        mig=said.mig or base.mig,
        interconnect=said.interconnect or base.interconnect,
    )


def _taken(
    part: Workload | Part,
    deployment: Deployment,
    wanted: AcceleratorRequest,
    takers: Sequence[Workload | Part],
) -> int:
    """How many accelerators each of a part takes; what the deployment says goes to the takers."""
    if deployment.accelerator is None and part.accelerator.count:
        return part.accelerator.count
    return wanted.count if any(part is taker for taker in takers) else 0


def _unit(part: Workload | Part, floor: Mapping[str, Any], accelerators_: int) -> Unit:
    return Unit(
        count=max(part.replicas, 1),
        cpus=max(part.cpus, _number(floor, "cpu")),
        memory_MiB=max(part.memory_MiB, int(_number(floor, "memory_MB") * _MEGABYTE)),
        accelerators=accelerators_,
    )
