"""What is known of a deployment, in one word."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What is known of a deployment. Only a job has ended: by itself, and well."""

    PENDING = "pending"
    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"
    STOPPING = "stopping"
    GONE = "gone"
