"""A deployment's volume for data: made, found again, grown, and let go of.

It is known by catalog and deployment, whichever flavour its server has. So it outlives a server
that another one takes the place of, and one server at a time holds it.
"""

from __future__ import annotations

from functools import partial

from deepcat.clouds.kinds.openstack import names
from deepcat.clouds.kinds.openstack.edge import VOLUMES, Object, Project
from deepcat.clouds.kinds.openstack.names import Of
from deepcat.clouds.kinds.openstack.waiting import patient, tick, unmade
from deepcat.host.failure import StepError

_CODE = "run/volume"


def of_deployment(project: Project, of: Of) -> list[Object]:
    """The volumes for data that a deployment has."""
    return [each for each in project.attached(VOLUMES) if is_of(each, of)]


def is_of(volume: Object, of: Of) -> bool:
    """Whether a volume is a deployment's, and for data."""
    told = volume.get("metadata") or {}
    if told.get(names.PART) != names.DATA:
        return False
    known = (told.get(f"{names.MARK}.catalog"), told.get(f"{names.MARK}.deployment"))
    return known == (of.catalog, of.deployment)


def volume(project: Project, of: Of, about: str, until: float) -> str:
    """The volume that the next server gets; gives its id once it can be attached.

    Args:
        project: whose it is.
        of: whose server is made.
        about: the description that all bears that is made for the server.
        until: when it is too late.

    Raises:
        StepError: there is none to be had. Where there is one with data, nothing else is tried:
            its kind is ``module`` then, for no other cloud has what lies on it.
    """
    wanted, store = project.own["volume"], project.store
    assert store is not None  # noqa: S101 - a project that wants one is refused without
    found = patient(partial(of_deployment, project, of), until)
    marks = names.known(of) | {names.PART: names.DATA}
    if not found:
        made = store.create(of.volume, about, marks, wanted)
        _until_free(project, made, until)
        return made
    try:
        known = _the_one(project, found, until)
        if known["size"] > wanted["size"]:
            message = (
                f"its volume has {known['size']} GB, and `volume` asks for {wanted['size']}: none"
                " is made smaller"
            )
            hint = f"write `size: {known['size']}`, or give up what lies there by `deepcat destroy`"
            raise StepError("module", _CODE, message, hint)
        _until_free(project, known["id"], until)
        if known["size"] < wanted["size"]:
            store.extend(known["id"], wanted["size"])
            _until_free(project, known["id"], until, wanted["size"])
        store.describe(known["id"], about, marks)
    except StepError as error:
        raise StepError("module", error.code, error.message, error.hint) from None
    return str(known["id"])


def _the_one(project: Project, found: list[Object], until: float) -> Object:
    if len(found) > 1:
        ids = ", ".join(each["id"] for each in found)
        message = f"it has several volumes for data: {ids}"
        raise StepError("module", _CODE, message, "take away all but one of them by hand")
    for id_ in found[0]["servers"]:
        server = patient(partial(project.server, id_), until)
        if server is not None and server["status"] not in ("DELETED", "SOFT_DELETED"):
            message = f"its volume is held by the server `{server['name']}`, which is there still"
            hint = "take that server away first; what lies on the volume stays"
            raise StepError("module", _CODE, message, hint)
    return found[0]


def _until_free(project: Project, id_: str, until: float, size: int = 0) -> None:
    """Wait until a server can be given a volume, of so many GB at least."""
    assert project.store is not None  # noqa: S101 - the caller looked
    while True:
        found = patient(partial(project.store.get, id_), until)
        if found is None:
            raise StepError("cloud", "run/gone", "somebody took its volume away", "run it again")
        if found["status"] == "available" and found["size"] >= size:
            return
        if found["status"].startswith("error"):
            told = unmade("volume", found["fault"])
            message = told.message.replace("could not be made", f"is in {found['status']}")
            raise StepError(told.kind, told.code, message, told.hint)
        tick(until, f"its volume is still {found['status']}", "run/machine")
