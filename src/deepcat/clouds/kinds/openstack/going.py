"""All that was made for a deployment's server, taken away until the cloud lists none of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Final, TypeAlias

from deepcat.clouds.kinds.openstack import data_volume, names
from deepcat.clouds.kinds.openstack.edge import KINDS, Object, Project
from deepcat.clouds.kinds.openstack.names import Of
from deepcat.clouds.kinds.openstack.waiting import LOOK_S, patient
from deepcat.host.failure import StepError

# Whether something outlives the server.
Stays: TypeAlias = Callable[[Object], bool]
_GOING_S: Final = 180.0


def servers_of(project: Project, of: Of) -> list[Object]:
    """The servers that are a deployment's, of one shape: one, or none."""
    listed = project.servers(names.tag_of(of.catalog), of.name)
    told = ((each, names.of_metadata(each["metadata"])) for each in listed)
    return [each for each, known in told if known is not None and known[0] == of]


def data_of(of: Of) -> Stays:
    """The volumes of a deployment that its next server gets, too, whenever they are listed."""
    return partial(data_volume.is_of, of=of)


def data_before(project: Project, of: Of) -> Stays:
    """Those of them alone that are there before a server is made."""
    if not project.own.get("volume"):  # none is made, and a store in trouble lists none
        return data_of(of)
    known = {each["id"] for each in data_volume.of_deployment(project, of)}
    return lambda each: each["id"] in known


def take_away(
    project: Project, of: Of, stays: Stays = lambda _: False, *, sweeps: bool = True
) -> bool:
    """The server first, for what it holds cannot go before it; whether there was anything.

    A cloud that is silent from the first is not waited for; one that was heard is.

    Args:
        project: whose it is.
        of: whose all that is.
        stays: says what outlives it.
        sweeps: whether server groups without servers go, too: one that somebody made this moment
            is such.
    """
    until = time.monotonic() + _GOING_S
    first = servers_of(project, of)
    others = {each["id"] for each in _of_other_shapes(project, of)}
    servers = partial(patient, lambda: servers_of(project, of), until)
    existed = _until_gone(first, servers, _deleting(project), until, "its server")
    for kind in KINDS:

        def listed(kind: str = kind) -> list[Object]:
            found = [each for each in project.attached(kind) if not stays(each)]
            return [each for each in found if _is_of(each, of, others)]

        def delete(each: Object, kind: str = kind) -> None:
            project.delete_attached(kind, each["id"])

        heard = partial(patient, listed, until)
        existed = _until_gone(heard(), heard, delete, until, f"of its {kind}, one") or existed
    if sweeps:
        may_fail = not project.own.get("server_group")
        patient(partial(project.server_groups.sweep, of.catalog, may_fail=may_fail), until)
    return existed


def _of_other_shapes(project: Project, of: Of) -> Iterator[Object]:
    for each in project.servers(names.tag_of(of.catalog)):
        known = names.of_metadata(each["metadata"])
        if known and known[0] != of and known[0].deployment == of.deployment:
            yield each


def _is_of(each: Object, of: Of, others: Collection[str]) -> bool:
    if data_volume.is_of(each, of):
        return not set(others) & set(each["servers"])
    known = names.of_description(each["description"])
    return known is not None and known[0] == of


def _deleting(project: Project) -> Callable[[Object], None]:
    asked: set[str] = set()

    def delete(each: Object) -> None:
        # One that fails to go is asked again; one that goes is left to it.
        if each["id"] not in asked or each["status"] == "ERROR":
            asked.add(each["id"])
            project.delete_server(each["id"])

    return delete


def _until_gone(
    first: list[Object],
    listed: Callable[[], list[Object]],
    delete: Callable[[Object], None],
    until: float,
    what: str,
) -> bool:
    """Take away until the cloud's own listing has none; whether there was any.

    Args:
        first: what it lists now.
        listed: asks it again.
        delete: asks it to take one away.
        until: when it is too late.
        what: it is, in words.
    """
    found, refusal = first, None
    while found:
        if time.monotonic() > until:
            why = f": {refusal.message}" if refusal else ""
            hint = "see what keeps it, then run the same command again"
            raise StepError("cloud", "run/going", f"{what} is still there{why}", hint)
        for each in found:
            try:
                delete(each)
            except StepError as error:  # what holds it may go meanwhile
                if error.kind == "auth" or error.code == "run/going":
                    raise
                refusal = error
        if found := listed():
            time.sleep(LOOK_S)
            found = listed()
    return bool(first)
