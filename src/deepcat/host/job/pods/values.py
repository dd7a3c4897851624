"""What both containers of a training's pod are told, and where they meet. Pure."""

from __future__ import annotations

from pathlib import Path

from deepcat.host.job.end import HALTS

# As JSON: of what runs it, what it runs; of what looks after it, what it is held to.
VARIABLE = "DEEPCAT_TRAINING"
# The id that the cluster gave the job, which the script beside cannot know.
TICKET = "DEEPCAT_TICKET"
# As JSON: of what stages its data, what and from where.
STAGED = "DEEPCAT_STAGED"
PORT = 8600
# What is asked there: whether it may go on, how it goes, how it went, what it made, other limits.
GOES_ON, TOLD, OVER, OUTPUT, LIMITS = "/goes-on", "/told", "/over", "/output", "/limits"
WORK, MODULE, KEPT = Path("/work"), Path("/module"), Path("/kept")
ENVIRONMENT = Path("/environment")
# Where the data of a training lies, and what of it came along.
DATA, BROUGHT = Path("/data"), Path("/brought")
# Where what is mounted of it lies, by its name.
MOUNTED = Path("/mounted")
CHECKPOINTS = "checkpoints"
# Where what looks after a training sees them when they lie on a claim.
CLAIMED = Path("/checkpoints")
OUT_OF_TIME, HALTED, NOT_RUN = 124, 143, 125
# By which limits a training is ended that so has failed.
FAILS = ("time", "cost", "disk", "diverged")


def status_of(why: str, status: int) -> int:
    """The exit status of a training that was ended for a reason; its own where it was not."""
    if why == "stopped":
        return 0
    if why in FAILS:
        return OUT_OF_TIME
    return HALTED if why in HALTS else status
