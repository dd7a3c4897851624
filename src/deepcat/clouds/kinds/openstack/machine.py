"""A deployment's server: made, waited for, and taken away with all that was made for it.

All that is made says from its first moment on whose it is, so that whoever is killed between two
steps leaves nothing that the next look does not find.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.openstack import data_volume, first_mount, names
from deepcat.clouds.kinds.openstack.asked import RefusedError
from deepcat.clouds.kinds.openstack.console import host_key
from deepcat.clouds.kinds.openstack.edge import Object, Project
from deepcat.clouds.kinds.openstack.first_boot import USER, user_data
from deepcat.clouds.kinds.openstack.going import data_before, data_of, servers_of, take_away
from deepcat.clouds.kinds.openstack.hosts import ASIDE, has_addresses, link
from deepcat.clouds.kinds.openstack.names import Of
from deepcat.clouds.kinds.openstack.schema import SECTION, WAIT_S
from deepcat.clouds.kinds.openstack.server_groups import CODE
from deepcat.clouds.kinds.openstack.waiting import LOOK_S, patient, tick, unmade
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.remote import ssh
from deepcat.remote.link import Link

_CONFLICT = 409
_SLEEPS = ("SHUTOFF", *ASIDE, "PAUSED", "SUSPENDED")
# What a server that is being made, or woken, may be meanwhile.
_WAITS = ("BUILD", "REBOOT", "HARD_REBOOT", "UNKNOWN")


def make(cloud: Cloud, means: Means, of: Of, owner: Mapping[str, Any]) -> bool:
    """See to it that a deployment's server is there and lets us in; whether it was made now.

    What was made by this call is taken away again when it fails.

    Raises:
        StepError: there is none to be had, or it does not answer in time.
        DeepcatError: as `Project`.
    """
    project = Project(cloud, means)
    try:
        until = time.monotonic() + float(project.own.get("wait") or WAIT_S)
        server = _standing(project, of, owner)
        if server is not None:
            sleeps = server["status"] in _SLEEPS
            _begin(project, server, cloud, means, until)
            # Who woke it for a look leaves it to who uses it.
            if sleeps or _look(project, server["id"]):
                project.note(server["id"], **{names.LOOK: names.USED})
            return False
        has = data_before(project, of)
        try:
            made = _create(project, of, owner, until)
            try:
                _begin(project, made, cloud, means, until)
            except StepError as error:
                raise _of_group(project, made, error) from None
        except (StepError, DeepcatError):
            take_away(project, of, has)
            raise
        return True
    finally:
        project.close()


def _of_group(project: Project, server: Object, error: StepError) -> StepError:
    group = str(server["metadata"].get(names.GROUP) or "")
    return project.server_groups.refusal(group, error) if group else error


def unmake(cloud: Cloud, means: Means, of: Of, *, keeps: bool = False) -> bool:
    """Take a deployment's server and all that was made for it away; whether there was anything.

    Args:
        cloud: where.
        means: what may be used.
        of: whose it is.
        keeps: whether its volume for data stays, for a server that comes after this one.

    Raises:
        StepError: something is still there.
        DeepcatError: as `Project`.
    """
    project = Project(cloud, means)
    try:
        return take_away(project, of, data_of(of)) if keeps else take_away(project, of)
    finally:
        project.close()


def outlives(cloud: Cloud, means: Means, of: Of) -> str:
    """A deployment's volume for data, in words; empty where it has none.

    Raises:
        StepError: the cloud does not tell.
        DeepcatError: as `Project`.
    """
    if not (cloud.data.get(SECTION) or {}).get("volume"):
        return ""
    project = Project(cloud, means)
    try:
        found = data_volume.of_deployment(project, of)
    finally:
        project.close()
    return f"a volume of {found[0]['size']} GB" if found else ""


def rest(cloud: Cloud, means: Means, of: Of) -> bool:
    """Put a deployment's server aside: its disk is kept, and it takes no host.

    Returns:
        Whether it was not put aside yet.

    Raises:
        StepError: there is none, or it is not put aside in time.
        DeepcatError: as `Project`.
    """
    project = Project(cloud, means)
    try:
        until = time.monotonic() + float(project.own.get("wait") or WAIT_S)
        server = next(iter(servers_of(project, of)), None)
        if server is None:
            raise StepError("cloud", "run/gone", "it has no server", "run `deepcat apply`")
        if server["status"] in ASIDE:
            return False
        if server["metadata"].get(names.LOOK):
            project.note(server["id"], **{names.LOOK: ""})
        project.shelve(server["id"])
        _until_aside(project, server["id"], until)
        return True
    finally:
        project.close()


def _until_aside(project: Project, id_: str, until: float) -> None:
    """Wait until a server takes no host, or is put aside where the cloud keeps a host for it."""
    while True:
        found = patient(partial(project.server, id_), until)
        if found is None:
            raise StepError("cloud", "run/gone", "somebody took its server away", "run it again")
        status = found["status"]
        if status == ASIDE[1] or (status == ASIDE[0] and time.monotonic() + LOOK_S > until):
            return
        if status == "ERROR":
            raise unmade("server", found["fault"])
        tick(until, f"its server is still {status}", "run/machine")


@contextmanager
def awake(cloud: Cloud, means: Means, of: Of) -> Iterator[None]:
    """While it is held, a server that is put aside runs; at the end it is put aside again.

    Whom somebody else has made use of meanwhile goes on.

    Raises:
        StepError: it does not answer in time, or is not put aside again.
        DeepcatError: as `Project`.
    """
    server: Object | None = None
    project = Project(cloud, means)
    mark = f"{means.holder or 'somebody'} {time.time_ns()}"
    try:
        until = time.monotonic() + float(project.own.get("wait") or WAIT_S)
        server = next((each for each in servers_of(project, of) if each["status"] in ASIDE), None)
        if server is not None:
            _begin(project, server, cloud, means, until)
            if _look(project, server["id"]) != names.USED:
                project.note(server["id"], **{names.LOOK: mark})
        yield
    finally:
        try:
            is_ours = server is not None and _look(project, server["id"]) == mark
        finally:
            project.close()
        if is_ours:
            rest(cloud, means, of)


def _look(project: Project, id_: str) -> str:
    found = project.server(id_)
    return str(found["metadata"].get(names.LOOK) or "") if found else ""


def fault(cloud: Cloud, means: Means, of: Of) -> str:
    """Why a server failed that had let us in; empty where there is no such.

    Raises:
        StepError: the cloud does not tell.
        DeepcatError: as `Project`.
    """
    project = Project(cloud, means)
    try:
        found = servers_of(project, of)
    finally:
        project.close()
    known = [each for each in found if each["metadata"].get(names.KEY)]
    return _why(known) if any(each["status"] == "ERROR" for each in known) else ""


def _why(found: list[Object]) -> str:
    said = "; ".join(filter(None, (str(each["fault"]) for each in found)))
    return said[:500] or "it says no reason"


def awakened(cloud: Cloud, means: Means) -> list[tuple[str, str, str]]:
    """Deployments whose servers run: name, who woke one for a look, since when.

    Raises:
        StepError: the cloud does not tell.
        DeepcatError: as `Project`.
    """
    project = Project(cloud, means)
    try:
        found = project.servers(names.tag_of(means.catalog))
    finally:
        project.close()
    told = ((each, names.of_metadata(each["metadata"])) for each in found)
    return [
        (
            known[0].deployment,
            str(each["metadata"].get(names.LOOK) or "").partition(" ")[0],
            each["updated"],
        )
        for each, known in told
        if known and known[0].catalog == means.catalog and each["status"] == "ACTIVE"
    ]


def _standing(project: Project, of: Of, owner: Mapping[str, Any]) -> Object | None:
    """The server that is there; one that failed is taken away, and so are leavings without one.

    Raises:
        StepError: it failed, and may hold what somebody worked on.
    """
    found = servers_of(project, of)
    if len(found) == 1 and found[0]["status"] not in ("ERROR", "DELETED"):
        return found[0]
    # It had let us in before.
    if owner.get("profile") == "develop" and any(each["metadata"].get(names.KEY) for each in found):
        message = f"its server failed, and may hold work that nobody saved: {_why(found)}"
        hint = "have it mended, or give the work up by `deepcat destroy --discard`"
        raise StepError("cloud", "develop/unsaved", message, hint)
    take_away(project, of, data_of(of), sweeps=False)
    return None


def _create(project: Project, of: Of, owner: Mapping[str, Any], until: float) -> Object:
    own = project.own
    flavour = next((each for each in project.flavours() if each["name"] == of.shape), None)
    if flavour is None:
        hint = "run `deepcat clouds probe`, then plan again"
        raise StepError("capacity", "run/flavour", f"there is no flavour `{of.shape}`", hint)
    image, network = project.image(), project.network(str(own["network"]))
    outside = project.network(str(own["floating"])) if own.get("floating") else ""
    about = names.description(of, owner)
    group = project.create_group(of.name, about, of.tags, own["sources"])
    port = project.create_port(of.name, about, of.tags, network, group)
    disk = _disk(project, of, about, image, until) if own.get("disk") else ""
    told, keypair = names.metadata(of, owner), str(own.get("keypair") or "")
    volume, runs = "", []
    if at := first_mount.place(own):
        volume = data_volume.volume(project, of, about, until)
        runs = [first_mount.command(volume, at, USER)]
        told |= {names.MOUNTED: at}
    boot = user_data(
        str(own["public_key"]),
        keeps_default=bool(keypair),
        packages=[str(each) for each in own.get("packages") or ()],
        runs=runs,
    )

    def begin(group: str) -> str:
        return project.create_server(
            of.name, flavour["id"], image, port, told, of.tags, boot,
            disk=disk, volume=volume, keypair=keypair, group=group,
        )  # fmt: skip

    made = _in_group(project, of, told, begin)
    if outside:
        project.create_address(about, of.tags, outside, port)
    return {"id": made, "status": "BUILD", "metadata": told, "addresses": [], "fault": ""}


def _in_group(project: Project, of: Of, told: dict[str, str], create: Callable[[str], str]) -> str:
    """Begin a server in the group that the cloud's file wants; gives its id.

    Args:
        project: whose it is.
        of: whose the server is.
        told: its metadata, which tell of the group, too.
        create: begins it in a group, by its id; in none without.
    """
    for is_last in (False, True):
        group = project.server_groups.wanted(project.own, of.catalog)
        told |= {names.GROUP: group} if group else {}
        try:
            return create(group)
        except StepError as error:
            # The last server in it went this moment, and took it along.
            if is_last or error.code != CODE:
                raise
    raise AssertionError


def _disk(project: Project, of: Of, about: str, image: str, until: float) -> str:
    """A volume with the image on it; gives its id once a server can start from it."""
    store = project.store
    assert store is not None  # noqa: S101 - a project that wants one is refused without
    made = store.create(of.name, about, names.known(of), project.own["disk"], image)
    while True:
        found = patient(partial(store.get, made), until)
        if found is None:
            raise StepError("cloud", "run/gone", "somebody took its disk away", "run it again")
        if found["status"] == "available":
            return made
        if found["status"].startswith("error"):
            raise unmade("disk", found["fault"])
        tick(until, f"its disk is still {found['status']}", "run/machine")


def _begin(project: Project, server: Object, cloud: Cloud, means: Means, until: float) -> None:
    """Wait until a server runs, is known by its key, and lets us in."""
    if server["status"] in _SLEEPS:
        _wake(project, server)
        server = {**server, "status": "BUILD"}
    server = _active(project, server, until)
    is_first = not server["metadata"].get(names.KEY)
    if is_first:
        key = _key(project, server, until)
        project.note(server["id"], **{names.KEY: key})
        server["metadata"][names.KEY] = key
    _let_in(server, cloud, means, until)
    if at := str(server["metadata"].get(names.MOUNTED) or ""):
        _mounted(link(cloud, means, server), at, until, is_first=is_first)


def _wake(project: Project, server: Object) -> None:
    """Let it go on; somebody else may have done so this moment."""
    try:
        project.wake(server["id"], server["status"])
    except RefusedError as error:
        if error.status != _CONFLICT:
            raise


def _mounted(way: Link, at: str, until: float, *, is_first: bool) -> None:
    """Wait until a server has its volume for data where it is wished, as its first boot says.

    Raises:
        StepError: it cannot be mounted; no other cloud has what lies there.
    """
    script = first_mount.seen(at, is_first=is_first)
    while True:
        done = ssh.run(way, script, timeout_s=15.0)
        told = " ".join(done.out.decode("utf-8", "replace").split())[:300]
        if done.rc == 0 and not done.out:
            return
        if told and told != "ok":
            hint = "see that the image has what the message names, or look at the volume"
            message = f"its volume is not mounted: {told}"
            raise StepError("module", "run/volume", message, hint)
        tick(until, f"its volume is not mounted at {at}", "run/volume")


def _active(project: Project, server: Object, until: float) -> Object:
    id_, status = server["id"], server["status"]
    wakes = True
    while True:
        found = patient(partial(project.server, id_), until)
        if found is None:
            raise StepError("cloud", "run/gone", "somebody took its server away", "run it again")
        status = found["status"]
        if status == "ACTIVE":
            if has_addresses(found, outside=bool(project.own.get("floating"))):
                return found
            # The cloud tells of an address from outside a little later than it gives it.
            tick(until, "its server does not show its address", "run/addresses")
            continue
        if status == "ERROR":
            raise unmade("server", found["fault"])
        wakes = wakes and (status in _SLEEPS or status in _WAITS)
        if not wakes and status not in _WAITS:
            message = f"its server is {status}"
            raise StepError("cloud", "run/machine", message, "ask who runs the cloud")
        tick(until, f"its server is still {status}", "run/machine")


def _key(project: Project, server: Object, until: float) -> str:
    while True:
        found = host_key(patient(partial(project.console, server["id"]), until))
        if found:
            return found
        why = "its server has not told its host key on its console"
        tick(until, why, "run/console", "use an image with cloud-init, or allow more time (`wait`)")


def _let_in(server: Object, cloud: Cloud, means: Means, until: float) -> None:
    """Wait until its sshd takes our key; another host key than the console's ends it at once."""
    while True:
        try:
            done = ssh.run(link(cloud, means, server), "exit 0", timeout_s=15.0)
            if done.rc == 0:
                return
            why = f"its server takes no command: {done.err.strip()[:300]}"
        except DeepcatError as error:
            if error.code not in ("remote/unreachable", "remote/denied"):
                raise StepError("cloud", error.code, error.message, error.hint or "") from None
            why = error.message
        tick(until, why, "run/unreachable", "see `sources`, `network`, `floating` and `jump`")
