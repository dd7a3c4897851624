"""What a run adds to the compiled plays, and the inventory that they run on. Pure.

A deployment's plays become blocks: what fails is taken away again on the host, and the deployment
is marked, so that the plays of others go on. Deployments with the same tasks share their plays, so
that their hosts go side by side. All are brought up first and proved last, so that servers start
side by side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.plan.proof import AWAITED, SAMPLED, Proof
from deepcat.runs.access import Given
from deepcat.runs.reader import Reader
from deepcat.secrets.reference import Reference

Play = Mapping[str, Any]

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_SCRIPT = "deepcat_operation"
_RESERVED = ("all", "ungrouped", "localhost")
# A variable of each host by itself, for a filter such as `default` is looked for anew by each task.
_FAILED = "deepcat_failed"


@dataclass(frozen=True, slots=True)
class Part:
    """One deployment's share of a run.

    Attributes:
        deployment: its name.
        plays: compiled; empty when nothing on the host changes but the proof and the tag.
        variables: host variable -> value, without their prefix ``deepcat_``.
        is_removed: whether it is taken down.
        references: where the secrets lie that its plays look up.
        connection: Ansible's own variables for its hosts, such as ``ansible_connection``.
        role_folders: where roles of the cloud's kind lie, which go before ours.
        leaving: the operations of what ran before that take away what it made, once the new one
            has taken over; see `own_operations`.
        undo: the operations of the new one that take away what it made, should it fail.
        reader: how it will be asked from here; None where its host and its reader are one machine.
        is_bare: whether what runs on its hosts must be brought there first.
        taker: takes its hosts' steps in this process; None where they are taken on the hosts.
        keys: of those who may call it, which its hosts' steps ask for; None where nobody is asked.
        awaits: what shows that it came up, in words.
        stores: name -> what lets its hosts in to data that they mount; they ask for it.
    """

    deployment: str
    plays: Sequence[Play]
    variables: Mapping[str, Any]
    is_removed: bool = False
    references: tuple[Reference, ...] = ()
    connection: Mapping[str, Any] = field(default_factory=dict)
    role_folders: tuple[Path, ...] = ()
    leaving: Sequence[Play] = ()
    undo: Sequence[Play] = ()
    reader: Reader | None = None
    is_bare: bool = False
    taker: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = field(
        default=None, repr=False, compare=False
    )
    keys: Given | None = field(default=None, repr=False)
    awaits: str = SAMPLED
    stores: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Its inventory hosts, in the order of the plays."""
        named = dict.fromkeys(str(play["hosts"]) for play in self.plays)
        return tuple(named) or (self.deployment,)

    @property
    def old_hosts(self) -> tuple[str, ...]:
        """Inventory hosts that only what ran before has."""
        named = dict.fromkeys(str(play["hosts"]) for play in self.leaving)
        return tuple(host for host in named if host not in self.hosts)

    @property
    def steps_here(self) -> bool:
        """Whether Ansible's own processes take its hosts' steps."""
        return self.taker is None and self.connection.get("ansible_connection") == "local"


def playbook(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """All plays of one run, in order."""
    parts = tuple(parts)
    up = [part for part in parts if not part.is_removed]
    plays = [
        play for group in _alike(part for part in parts if part.is_removed) for play in _down(group)
    ]
    plays += [play for group in _alike(up) for play in _up(group)]
    if up:
        plays.append(_proof(up))
    plays += [play for part in up for play in _leave(part)]
    return plays


def _up(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The plays of parts whose tasks are the same: side by side, for each has one host."""
    (part, *_) = parts
    first = [*_ground(part), {"name": "take the place for this run", **_step("begin")}]
    if part.keys:
        first.append({"name": "say whose keys count", **_step("access")})
    given = part.plays or [{"name": part.deployment, "hosts": part.deployment, "tasks": []}]
    if len(parts) > 1:
        tasks = [*first, *(task for play in given for task in play["tasks"])]
        return [_play("all alike", _hosts(parts), tasks, _undo(parts))]
    begun: set[str] = set()
    plays = []
    for play in given:
        host = str(play["hosts"])
        tasks = [*([] if host in begun else first), *play["tasks"]]
        begun.add(host)
        plays.append(_play(str(play["name"]), host, tasks, _undo(parts, host)))
    return plays


def _alike(parts: Iterable[Part]) -> Iterable[Sequence[Part]]:
    """Parts in groups of those that have the same tasks to do, each on a machine of its own.

    On one machine they go one after another, so that each sees the ports that the one before took.
    """
    groups: list[tuple[Any, list[Part]]] = []
    for part in parts:
        tasks = [task for play in part.plays for task in play["tasks"]]
        key = (part.is_bare, bool(part.keys), tasks) if len(part.hosts) == 1 else None
        same = next(
            (group for known, group in groups if key and known == key and _is_apart(part, group)),
            None,
        )
        if same is None:
            groups.append((key, [part]))
        else:
            same.append(part)
    return [group for _, group in groups]


def _is_apart(part: Part, others: Iterable[Part]) -> bool:
    return all(part.connection != other.connection for other in others)


def _hosts(parts: Iterable[Part]) -> str:
    return ":".join(host for part in parts for host in part.hosts)


def _down(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The module's own scripts first; whatever they say, everything goes after them."""
    (part, *_) = parts
    name, hosts = part.deployment, part.hosts[0]
    plays = [_ignored(play, f"not {_FAILED}") for play in own_operations(part.plays)]
    if len(parts) > 1:
        name, hosts = "all alike", _hosts(parts)
        plays = [{**play, "hosts": hosts} for play in plays]
    last = {"name": "stop everything and leave nothing", **_step("delete")}
    if not part.is_bare:
        return [*plays, _play(name, hosts, [last])]
    return [
        _play(name, hosts, _ground(part)),
        *plays,
        _play(name, hosts, [last]),
        _swept(name, hosts),
    ]


def _swept(name: str, hosts: str) -> dict[str, Any]:
    """What takes from a host what nothing there needs any more; what stays costs only its room."""
    task = {"name": "sweep what nothing needs", "deepcat_ground": {"step": "sweep"}}
    return _ignored({"name": name, "hosts": hosts, "tasks": [task]}, f"not {_FAILED}")


def _ground(part: Part) -> list[dict[str, Any]]:
    """What brings our code, and what servers need, to a host that has none of it."""
    return [{"name": "bring what it runs on", "deepcat_ground": {}}] if part.is_bare else []


def _leave(part: Part) -> list[dict[str, Any]]:
    """What only the old version knows to take away, after the new one has taken over everywhere."""
    over = " and ".join(f"hostvars['{h}'].deepcat_settled | default(false)" for h in part.hosts)
    return [_ignored(play, over) for play in own_operations(part.leaving)]


def _ignored(play: Play, when: str) -> dict[str, Any]:
    """A play none of whose tasks can fail the run."""
    tasks = [{**task, "ignore_errors": True} for task in play["tasks"]]
    block = {"block": tasks, "when": when}
    return {"name": play["name"], "hosts": play["hosts"], "gather_facts": False, "tasks": [block]}


def own_operations(plays: Iterable[Play], files: str = "") -> list[dict[str, Any]]:
    """The tasks that are scripts of the module, for only these must be asked to take down.

    Args:
        plays: compiled.
        files: where their files lie; where the deployment's do when empty.
    """
    found = []
    for play in plays:
        own = [task for task in play["tasks"] if _SCRIPT in task]
        if files:
            own = [{**task, "vars": {**task["vars"], "deepcat_files": files}} for task in own]
        if own:
            found.append({**play, "hosts": str(play["hosts"]), "tasks": own})
    return found


def _undo(parts: Sequence[Part], host: str = "") -> list[dict[str, Any]]:
    """What takes away what failed: by the module's own scripts first, unless another run is at it.

    Args:
        parts: whose plays they are.
        host: of the play; empty when it has several.
    """
    own = [
        {**task, "ignore_errors": True, **({} if host else _only_on(str(play["hosts"])))}
        for part in parts
        for play in own_operations(part.undo)
        if not host or play["hosts"] == host
        for task in play["tasks"]
    ]
    still = {"name": "see that no other run has taken over", **_step("require")}
    return [*([still, *own] if own else []), {"name": "take away what failed", **_step("abandon")}]


def _only_on(host: str) -> dict[str, Any]:
    return {"when": f"inventory_hostname == '{host}'"}


def _proof(parts: Sequence[Part]) -> dict[str, Any]:
    # Samples stand last where there are others beside.
    awaited = sorted({part.awaits for part in parts}, key=lambda each: (each == SAMPLED, each))
    tasks: list[dict[str, Any]] = [{"name": f"wait until {' or '.join(awaited)}", **_step("prove")}]
    if any(part.reader for part in parts):
        tasks.append({"name": "ask it as its reader will", "deepcat_reader": {}})
    served = any(AWAITED[Proof.ANSWERS] in part.awaits for part in parts)
    last = "let it take over" if served else "let it go on, and write down where"
    tasks.append({"name": last, **_step("settle")})
    return _play("proof", _hosts(parts), tasks, _undo(parts))


def _play(name: str, hosts: str, tasks: list[Any], undo: Sequence[Any] = ()) -> dict[str, Any]:
    block: dict[str, Any] = {"block": tasks, "when": f"not {_FAILED}"}
    if undo:
        block["rescue"] = list(undo)
    return {"name": name, "hosts": hosts, "gather_facts": False, "tasks": [block]}


def _step(step: str) -> dict[str, Any]:
    return {"deepcat_host": {"step": step}}


def inventory(parts: Iterable[Part], asked: str = "") -> dict[str, Any]:
    """Every host with its variables, in Ansible's YAML form.

    Args:
        parts: of the run.
        asked: where tasks ask this process; see `deepcat.runs.asked`.
    """
    hosts = {
        host: dict(part.connection)
        | {f"deepcat_{name}": value for name, value in part.variables.items()}
        | {"deepcat_deployment": part.deployment, _FAILED: False}
        | ({"deepcat_reader": asked} if part.reader else {})
        | ({"deepcat_asked": asked} if part.keys else {})
        | ({"deepcat_stores": asked} if part.stores else {})
        | ({"deepcat_taken": asked} if part.taker else {})
        for part in parts
        for host in (*part.hosts, *part.old_hosts)
    }
    return {"all": {"hosts": hosts}}


def count_steps(plays: Iterable[Play], tasks_in: Mapping[tuple[str, str], int]) -> int:
    """How many tasks the plays hold when nothing fails.

    Args:
        plays: of the run.
        tasks_in: role and file of tasks -> how many tasks it holds.
    """
    count = 0
    for play in plays:
        hosts = len(str(play["hosts"]).split(":"))
        for task in play["tasks"]:
            for each in task.get("block", [task]):
                role = each.get("ansible.builtin.import_role")
                tasks = tasks_in.get((role["name"], role["tasks_from"]), 0) if role else 1
                count += tasks * hosts
    return count


def roles(plays: Iterable[Play]) -> set[tuple[str, str]]:
    """The roles that the plays use, each with its file of tasks."""
    return {
        (
            task["ansible.builtin.import_role"]["name"],
            task["ansible.builtin.import_role"]["tasks_from"],
        )
        for play in plays
        for entry in play["tasks"]
        for task in entry.get("block", [entry])
        if "ansible.builtin.import_role" in task
    }


def with_roles(plays: Iterable[Play], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The same plays by other roles; a role that is not named stays."""
    key = "ansible.builtin.import_role"

    def renamed(task: Play) -> Play:
        role = task.get(key)
        if role is None:
            return task
        return {**task, key: {**role, "name": names.get(role["name"], role["name"])}}

    return [{**play, "tasks": [renamed(task) for task in play["tasks"]]} for play in plays]


def require_hosts(plays: Iterable[Play]) -> None:
    """Raise DeepcatError unless every host's name is one that Ansible takes literally."""
    for play in plays:
        if not _HOST.match(str(play["hosts"])) or play["hosts"] in _RESERVED:
            raise DeepcatError(
                f"{play['hosts']!r} cannot be the name of a host",
                hint="use letters, digits, `-` and `_` for deployments and nodes",
                code="run/name",
            )
