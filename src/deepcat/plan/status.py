"""What is known of a deployment, in one word."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What is known of a deployment. Only a job has ended: by itself, and well.

    What is stopped keeps all that lies on its machine, which is put aside and takes no host.
    """

    PENDING = "pending"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"
    GONE = "gone"
