"""Deployments that another clone runs on its own machine: there alone they can be changed.

A cloud whose kind is the very machine that deepcat is called on is another one in each clone. What
one of them brought up is known to all by its record; that one alone looks at it, asks it and takes
it down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.host.machine import machine
from deepcat.host.place import is_place
from deepcat.plain import plain
from deepcat.records.here import clone

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.plan.values import Plan
    from deepcat.records.record import Record


@dataclass(frozen=True, slots=True)
class Away:
    """Where a deployment is that this clone cannot touch.

    Attributes:
        machine: what tells that machine from others; empty when only another clone is known.
        folder: its place, where that is on this machine; else empty.
    """

    machine: str
    folder: str = ""

    @property
    def words(self) -> str:
        """Where it is, to go on a sentence that begins with its name."""
        if self.folder:
            return f"in another clone on this machine, at `{plain(self.folder)}`"
        return f"on another machine ({plain(self.machine)})" if self.machine else "in another clone"

    def command(self, words: str) -> str:
        """How to call deepcat there."""
        where = f"-C {quote(plain(self.folder))} " if self.folder else ""
        return f"deepcat {where}{words}"


def all_away(
    root: Path, records: Mapping[str, Record], clouds: Mapping[str, Cloud]
) -> dict[str, Away]:
    """Those that are away, by name.

    Args:
        root: the catalog's folder.
        records: by name.
        clouds: of the catalog, by name.
    """
    here = machine()
    found = ((name, away(root, record, clouds, here)) for name, record in records.items())
    return {name: where for name, where in found if where is not None}


def away(
    root: Path, record: Record, clouds: Mapping[str, Cloud], here: str | None = None
) -> Away | None:
    """Where a deployment is, if another clone's machine has it; None else.

    Args:
        root: the catalog's folder.
        record: of the deployment.
        clouds: of the catalog, by name.
        here: this machine, where the caller knows it already.
    """
    from deepcat.clouds.registry import is_here

    resources, cloud = record.state.resources, clouds.get(record.state.cloud)
    if cloud is not None and not is_here(cloud):
        return None  # whatever its hosts say that they are, every clone reaches them
    at, place = str(resources.get("machine", "")), str(resources.get("place", ""))
    if at == (here or machine()):
        # What was moved with its folder, or was deleted with it, is ours to look after.
        is_ours = place.startswith(f"{root}/") or not is_place(place)
        return None if is_ours else Away(at, _catalog_of(place))
    if cloud is None:
        return None
    if at:
        return Away(at)
    by = record.intent.get("clone", clone(root))
    return Away("") if by != clone(root) else None


def _catalog_of(place: str) -> str:
    """The catalog's folder that a deployment's place lies in."""
    path = Path(place)
    return next((str(each) for each in path.parents if (each / "deepcat.yaml").is_file()), place)


def refusal(name: str, where: Away) -> str:
    """Why nothing is done to a deployment here, and what to do."""
    return (
        f"`{name}` is {where.words}, so that nothing can be done to it from here: merge"
        f" where a runner there applies what is merged, or run `{where.command('apply')}` there; if"
        f" that is no more, `deepcat records forget {name}`"
    )


def held_back(plan: Plan, places: Mapping[str, Away]) -> Plan:
    """The plan without the changes of what is away: they are refused. Pure."""
    from deepcat.plan.values import Action

    refused: dict[str, tuple[str, ...]] = {}
    for change in plan.changes:
        name = next((n for n in (change.deployment, change.renamed_from) if n in places), "")
        if name and change.action is not Action.NONE:
            refused[change.deployment] = (refusal(name, places[name]),)
    if not refused:
        return plan
    kept = tuple(each for each in plan.changes if each.deployment not in refused)
    return replace(plan, changes=kept, refusals={**plan.refusals, **refused})


def require_here(names: Iterable[str], places: Mapping[str, Away]) -> None:
    """Raise DeepcatError when another clone has one of the deployments (``run/elsewhere``)."""
    for name in names:
        if where := places.get(name):
            raise DeepcatError(
                f"`{name}` is {where.words}, and can be taken down there alone",
                hint=f"run `{where.command(f'destroy {name}')}` there; if that is no more,"
                f" `deepcat records forget {name}`",
                code="run/elsewhere",
            )
