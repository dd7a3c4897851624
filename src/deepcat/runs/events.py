"""Ansible's events as what a person watches and as what came of each host. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from deepcat.clouds.failure import Failure, FailureKind
from deepcat.runs.values import Event

Ask: TypeAlias = Callable[[Mapping[str, Any], bool], Failure | None]
Told: TypeAlias = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

_ENDS = {
    "runner_on_ok": True,
    "runner_on_failed": False,
    "runner_on_unreachable": False,
    "runner_on_skipped": True,
}
_DENIED = ("permission denied", "authentication", "publickey")


@dataclass(slots=True)
class HostResult:
    """What came of one inventory host.

    Attributes:
        failure: the first; None when all went well.
        found: what our steps reported: {"samples", "endpoints", "resources", …}.
        log: the end of a failed server's log; may be empty.
        changed: whether a step changed anything but the tag.
        is_proved: whether its last step was reached.
        notes: what failed without failing the change.
        left: why something was not taken away that was to go.
    """

    failure: Failure | None = None
    found: dict[str, Any] = field(default_factory=dict)
    log: str = ""
    changed: bool = False
    is_proved: bool = False
    notes: list[str] = field(default_factory=list)
    left: list[Failure] = field(default_factory=list)


class Watcher:
    """Takes Ansible's events as they come.

    Args:
        cloud: where it runs.
        deployments: inventory host -> deployment.
        total: steps when nothing fails.
        say: called with each event for a person.
        ask: what the cloud's kind makes of a failed task's result, and of whether its host could
            not be reached.
        told: what is known, all in all, of why an inventory host was not reached, by the result
            that says so.
    """

    def __init__(
        self,
        cloud: str,
        deployments: Mapping[str, str],
        total: int,
        say: Callable[[Event], None],
        ask: Ask = lambda _result, _unreachable: None,
        told: Told = lambda _host, result: result,
    ) -> None:
        self.hosts = {host: HostResult() for host in deployments}
        self._cloud = cloud
        self._deployments = deployments
        self._total = total
        self._say = say
        self._ask = ask
        self._told = told
        self._done = 0

    def take(self, event: Mapping[str, Any]) -> None:
        """One event, as ansible-runner gives it."""
        kind = str(event.get("event", ""))
        data = event.get("event_data") or {}
        host = str(data.get("host", ""))
        if host not in self.hosts:
            return
        step = str(data.get("task", ""))
        if kind == "runner_on_start":
            self._tell("start", host, step)
        elif kind in _ENDS and data.get("ignore_errors"):
            self._done += 1
            why = failure_of(data.get("res") or {}, self._cloud, step, False)
            self.hosts[host].notes.append(why.message)
        elif kind in _ENDS:
            self._end(host, step, data.get("res") or {}, kind)
            if kind != "runner_on_skipped":  # what was left out after a failure is not well done
                self._done += 1
                self._tell("end", host, step, ok=_ENDS[kind])

    def _end(self, name: str, step: str, result: Mapping[str, Any], kind: str) -> None:
        host = self.hosts[name]
        if not _ENDS[kind] and host.failure is None:
            is_unreached = kind == "runner_on_unreachable"
            result = self._told(name, result) if is_unreached else result
            host.failure = self._failure(result, step, is_unreached)
            host.log = str(result.get("log") or "")
        found = result.get("deepcat") if kind == "runner_on_ok" else None
        if isinstance(found, Mapping):
            host.found |= found
            host.is_proved = host.is_proved or "endpoints" in found
        elif kind == "runner_on_ok" and host.failure is None:
            host.changed = host.changed or bool(result.get("changed"))

    def _failure(self, result: Mapping[str, Any], step: str, unreachable: bool) -> Failure:
        """By our own steps' word; else by the kind's; else the cloud is at fault."""
        said = None if result.get("deepcat_failure") else self._ask(result, unreachable)
        if said is not None:
            return replace(said, cloud=self._cloud, step=step)
        return failure_of(result, self._cloud, step, unreachable)

    def _tell(self, kind: str, host: str, step: str, *, ok: bool = True) -> None:
        done = min(self._done, self._total)
        self._say(Event(kind, self._deployments[host], step, done, self._total, ok))


def failure_of(result: Mapping[str, Any], cloud: str, step: str, unreachable: bool) -> Failure:
    """The failure in a task's result; what names no kind is the cloud's."""
    typed = result.get("deepcat_failure")
    if isinstance(typed, Mapping) and typed.get("kind") in {str(kind) for kind in FailureKind}:
        return Failure(
            FailureKind(typed["kind"]),
            str(typed.get("code") or "run/failed"),
            str(typed.get("message") or "it failed"),
            str(typed.get("hint") or ""),
            cloud,
            step,
        )
    message = str(result.get("msg") or result.get("stderr") or "a task failed").strip()
    if result.get("argument_errors"):  # what a role declares that it takes is something else
        hint = "correct the topology's properties"
        return Failure(FailureKind.MODULE, "run/values", message, hint, cloud, step)
    denied = unreachable and any(word in message.lower() for word in _DENIED)
    kind = FailureKind.AUTH if denied else FailureKind.CLOUD
    code = "run/denied" if denied else "run/unreachable" if unreachable else "run/task"
    return Failure(kind, code, message, "see the run's folder for the whole story", cloud, step)
