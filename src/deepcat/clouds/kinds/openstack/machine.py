"""A deployment's server: made, waited for, and taken away with all that was made for it.

All that is made says from its first moment on whose it is, so that whoever is killed between two
steps leaves nothing that the next look does not find.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from shlex import quote
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.openstack import account, data_volume, first_mount, names
from deepcat.clouds.kinds.openstack.console import host_key
from deepcat.clouds.kinds.openstack.edge import KINDS, Object, Project
from deepcat.clouds.kinds.openstack.first_boot import USER, user_data
from deepcat.clouds.kinds.openstack.hosts import ASIDE, has_addresses, link
from deepcat.clouds.kinds.openstack.names import Of
from deepcat.clouds.kinds.openstack.schema import WAIT_S
from deepcat.clouds.kinds.openstack.waiting import LOOK_S, patient, tick, unmade
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.remote import ssh
from deepcat.remote.link import Link

_GOING_S = 180.0
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
            _begin(project, server, cloud, means, until)
            return False
        has = _data(project, of)
        try:
            made = _create(project, of, owner, until)
            _begin(project, made, cloud, means, until)
        except (StepError, DeepcatError):
            _take_away(project, of, has)
            raise
        return True
    finally:
        project.close()


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
        return _take_away(project, of, _data(project, of) if keeps else ())
    finally:
        project.close()


def outlives(cloud: Cloud, means: Means, of: Of) -> str:
    """A deployment's volume for data, in words; empty where it has none.

    Raises:
        StepError: the cloud does not tell.
        DeepcatError: as `Project`.
    """
    if not account.section(cloud).get("volume"):
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
        server = next(iter(_own(project, of)), None)
        if server is None:
            raise StepError("cloud", "run/gone", "it has no server", "run `deepcat apply`")
        if server["status"] in ASIDE:
            return False
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
    """While it is held, a server that is put aside runs; it is put aside again at the end.

    Raises:
        StepError: it does not answer in time, or is not put aside again.
        DeepcatError: as `Project`.
    """
    project = Project(cloud, means)
    try:
        until = time.monotonic() + float(project.own.get("wait") or WAIT_S)
        server = next((each for each in _own(project, of) if each["status"] in ASIDE), None)
        if server is not None:
            _begin(project, server, cloud, means, until)
    finally:
        project.close()
    try:
        yield
    finally:
        if server is not None:
            rest(cloud, means, of)


def _standing(project: Project, of: Of, owner: Mapping[str, Any]) -> Object | None:
    """The server that is there; one that failed is taken away, and so are leavings without one.

    Raises:
        StepError: it failed, and may hold what somebody worked on.
    """
    found = _own(project, of)
    if len(found) == 1 and found[0]["status"] not in ("ERROR", "DELETED"):
        return found[0]
    # It had let us in before.
    if owner.get("profile") == "develop" and any(each["metadata"].get(names.KEY) for each in found):
        why = "; ".join(filter(None, (str(each["fault"]) for each in found))) or "it says no reason"
        message = f"its server failed, and may hold work that nobody saved: {why[:500]}"
        hint = "have it mended, or give the work up by `deepcat destroy --discard`"
        raise StepError("cloud", "develop/unsaved", message, hint)
    _take_away(project, of, _data(project, of))
    return None


def _data(project: Project, of: Of) -> set[str]:
    return {each["id"] for each in data_volume.of_deployment(project, of)}


def _own(project: Project, of: Of) -> list[Object]:
    listed = project.servers(names.tag_of(of.catalog), of.name)
    told = ((each, names.of_metadata(each["metadata"])) for each in listed)
    return [each for each, known in told if known is not None and known[0] == of]


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
    boot = user_data(str(own["public_key"]), keeps_default=bool(keypair), runs=runs)
    made = project.create_server(
        of.name, flavour["id"], image, port, told, of.tags, boot,
        disk=disk, volume=volume, keypair=keypair,
    )  # fmt: skip
    if outside:
        project.create_address(about, of.tags, outside, port)
    return {"id": made, "status": "BUILD", "metadata": told, "addresses": [], "fault": ""}


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
        project.wake(server["id"], server["status"])
        server = {**server, "status": "BUILD"}
    server = _active(project, server, until)
    if not server["metadata"].get(names.KEY):
        key = _key(project, server, until)
        project.note(server["id"], **{names.KEY: key})
        server["metadata"][names.KEY] = key
    _let_in(server, cloud, means, until)
    if at := str(server["metadata"].get(names.MOUNTED) or ""):
        _mounted(link(cloud, means, server), at, until)


def _mounted(way: Link, at: str, until: float) -> None:
    """Wait until a server has its volume for data where it is wished.

    Raises:
        StepError: it cannot be mounted; no other cloud has what lies there.
    """
    script = f"grep -qF {quote(f' {at} ')} /proc/self/mounts || cat {first_mount.TOLD} 2>/dev/null"
    while True:
        done = ssh.run(way, f"{script} || echo", timeout_s=15.0)
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


def _take_away(project: Project, of: Of, stays: Collection[str] = ()) -> bool:
    """The server first, for what it holds cannot go before it; whether there was anything.

    A cloud that is silent from the first is not waited for; one that was heard is.

    Args:
        project: whose it is.
        of: whose all that is.
        stays: volumes that outlive it, by id.
    """
    until = time.monotonic() + _GOING_S
    first = _own(project, of)
    others = {each["id"] for each in _of_other_shapes(project, of)}
    servers = partial(patient, lambda: _own(project, of), until)
    existed = _until_gone(first, servers, _deleting(project), until, "its server")
    for kind in KINDS:

        def listed(kind: str = kind) -> list[Object]:
            found = [each for each in project.attached(kind) if each["id"] not in stays]
            return [each for each in found if _is_of(each, of, others)]

        def delete(each: Object, kind: str = kind) -> None:
            project.delete_attached(kind, each["id"])

        heard = partial(patient, listed, until)
        existed = _until_gone(heard(), heard, delete, until, f"of its {kind}, one") or existed
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
