"""What Ansible left unsaid of its hosts, and the hosts of one deployment taken together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deepcat.clouds.failure import Failure, FailureKind
from deepcat.runs.events import HostResult
from deepcat.runs.plays import Part


def account_for(
    hosts: Mapping[str, HostResult], parts: Iterable[Part], rc: int, output: str, cloud: str
) -> None:
    """Ansible may end without a word on a host: then the cloud has failed for it.

    Args:
        hosts: inventory host -> what came of it; a failure is noted there.
        parts: what was asked.
        rc: Ansible's exit status; below 0 where it was killed.
        output: the end of what it wrote.
        cloud: where.
    """
    parts = tuple(parts)
    removed = {host for part in parts if part.is_removed for host in part.hosts}
    old = {host for part in parts for host in part.old_hosts}
    lines = [line for line in output.splitlines() if "ERROR" in line or "fatal" in line.lower()]
    how = "was killed" if rc < 0 else f"ended with status {rc}"
    why = lines[0].strip() if lines else f"Ansible {how}"
    for host, result in hosts.items():
        if host in old:
            continue
        if result.failure is None and (rc if host in removed else not result.is_proved):
            hint = "see the run's folder for the whole story"
            result.failure = Failure(FailureKind.CLOUD, "run/ansible", why, hint, cloud)


def join(results: list[HostResult]) -> HostResult:
    """Several hosts of one deployment as one."""
    whole = HostResult()
    for result in results:
        whole.failure = whole.failure or result.failure
        whole.log = whole.log or result.log
        whole.changed = whole.changed or result.changed
        whole.notes += result.notes
        whole.left += result.left
        for key, value in result.found.items():
            old = whole.found.get(key)
            if isinstance(old, dict) and isinstance(value, dict) and key != "samples":
                whole.found[key] = {**old, **value}
            else:
                whole.found[key] = value
    return whole
