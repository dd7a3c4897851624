"""What Slurm's words for a job mean here. Pure."""

from __future__ import annotations

from dataclasses import dataclass

# Prefix of a reason for which a job waits -> the kind of failure it is when it stays so.
_QUOTA = ("Assoc", "QOS", "PartitionTimeLimit", "PartitionNodeLimit", "MaxMem", "AccountLimit")
_AUTH = (
    "JobHeld",
    "JobHoldMaxRequeue",
    "InvalidAccount",
    "InvalidQOS",
    "AccountNotAllowed",
    "QOSNotAllowed",
)
_NEVER = ("BadConstraints", "DependencyNeverSatisfied", "PartitionDown")
# Told in sentences: held, until somebody lets it go, for a node could not begin it.
_LAUNCH, _HELD = "launch failed", "held"
WAITING = ("PENDING", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT")
_GOING = (
    "CONFIGURING", "REQUEUED", "REQUEUE_FED", "RESIZING", "RUNNING", "SIGNALING", "STOPPED",
    "SUSPENDED",
)  # fmt: skip
_ENDED = {
    "BOOT_FAIL": "cloud",
    "CANCELLED": "cloud",
    "DEADLINE": "capacity",
    "LAUNCH_FAILED": "cloud",
    "NODE_FAIL": "cloud",
    "OUT_OF_MEMORY": "module",
    "PREEMPTED": "capacity",
    "RECONFIG_FAIL": "cloud",
    "REVOKED": "cloud",
    "TIMEOUT": "quota",
}


@dataclass(frozen=True)
class Job:
    """One job as the queue lists it.

    Attributes:
        number: its id.
        state: in Slurm's word.
        reason: why it waits, in Slurm's word.
        name: as it was given.
        comment: as it was given.
        since: when it started, or will, in seconds since 1970; 0 when nobody knows.
    """

    number: int
    state: str
    reason: str = ""
    name: str = ""
    comment: str = ""
    since: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it ended, or is about to have."""
        return self.state not in (*WAITING, *_GOING)


def waits_for(reason: str) -> str:
    """The kind of failure that a wait is, when it lasts too long."""
    if reason.startswith(_LAUNCH):
        return "cloud"
    if _is_barred(reason):
        return "auth"
    return "quota" if reason.startswith(_QUOTA) else "capacity"


def never_starts(reason: str) -> bool:
    """Whether to wait any longer is of no use."""
    barred = reason.startswith((*_NEVER, *_QUOTA, _LAUNCH)) or _is_barred(reason)
    return barred or ("Limit" in reason and not reason.startswith("JobArrayTaskLimit"))


def _is_barred(reason: str) -> bool:
    """Whether our user, group, account or QOS may not be there: Slurm tells some in a sentence."""
    told = " not permitted " in reason or _HELD in reason.split()
    return told or reason.startswith(_AUTH)


def ended_by(state: str) -> str:
    """The kind of failure that an end is; empty where the program's own log says more."""
    return _ENDED.get(state.split(maxsplit=1)[0] if state else "", "")
