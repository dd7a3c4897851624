"""Offers: one shape of host that a cloud has."""

from __future__ import annotations

from dataclasses import dataclass


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
        data: names of data sets that lie there.
        cuda: the newest CUDA version its driver takes; may be empty.
        driver: the driver's version; may be empty.
        mig: MIG profiles on offer.
        interconnect: between its accelerators; may be empty.
        failure_rate: share of runs that failed there in the records, 0 to 1.
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
