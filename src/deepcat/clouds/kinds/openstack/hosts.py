"""How a deployment's server is reached, by what the cloud tells of it."""

from __future__ import annotations

import re
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Ground, Means, Reach
from deepcat.clouds.kinds.openstack import account, names
from deepcat.clouds.kinds.openstack.edge import Object, Project
from deepcat.clouds.kinds.openstack.first_boot import USER
from deepcat.clouds.kinds.openstack.names import Of
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.remote import ssh
from deepcat.remote.agent import agent
from deepcat.remote.link import Link
from deepcat.remote.login import link_of
from deepcat.remote.patterns import ADDRESS

LOOPBACK = "127.0.0.1"
# What a server is that was put aside: on its host still, or on none.
ASIDE = ("SHELVED", "SHELVED_OFFLOADED")
BASE = "~/.deepcat"
KEEPER = {"module": "deepcat.host.bare", "boots": True}
_KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-nistp256) [A-Za-z0-9+/]{40,200}={0,2}\Z")


def address(server: Object) -> str:
    """Where a server is reached: its address from outside, or else its own; empty for none."""
    known = {kind: at for kind, at in reversed(server["addresses"]) if re.match(ADDRESS, at)}
    return known.get("floating") or known.get("fixed") or ""


def has_addresses(server: Object, *, outside: bool) -> bool:
    """Whether a server shows where it is reached: from outside, or by its own address."""
    kinds = {kind for kind, _ in server["addresses"]}
    return "floating" in kinds if outside else bool(kinds)


def link(cloud: Cloud, means: Means, server: Object) -> Link:
    """The way to a server that has told its host key.

    Raises:
        DeepcatError: it has no key yet (``run/host``), or no address any more
            (``run/unreachable``), or our own key is not where its reference points to
            (``secret/missing``).
    """
    own = account.section(cloud)
    at, key = address(server), str(server["metadata"].get(names.KEY) or "")
    if not _KEY.match(key):
        raise DeepcatError(
            f"the server `{server['name']}` has no host key",
            hint="run `deepcat apply` again to finish it",
            code="run/host",
        )
    if not at:  # what it holds is there all the same
        raise DeepcatError(
            f"the server `{server['name']}` has no address any more",
            hint="give it one again, or see who runs the cloud",
            code="run/unreachable",
        )
    known = (f"{at} {key}", *map(str, own.get("jump_keys") or ()))
    told: dict[str, Any] = {"user": USER, "address": at, "known_hosts": known}
    told |= {name: own[name] for name in ("identity", "jump") if own.get(name)}
    return link_of(told, means.root)


def way(cloud: Cloud, means: Means, deployment: str, shape: str) -> Link:
    """The way to a deployment's server.

    Args:
        cloud: whose it is.
        means: what may be used.
        deployment: its name.
        shape: the flavour that it was given; empty for any.

    Raises:
        DeepcatError: as `link`, or there is no such server (``run/host``), or it is put aside
            (``run/aside``), or the cloud does not tell (its refusal's code).
    """
    name = Of(means.catalog, deployment, shape).name if shape else ""
    try:
        project = Project(cloud, means)
        try:
            found = project.servers(names.tag_of(means.catalog), name)
        finally:
            project.close()
    except StepError as error:
        raise DeepcatError(error.message, hint=error.hint, code=error.code) from None
    told = ((each, names.of_metadata(each["metadata"])) for each in found)
    own = [
        each
        for each, known in told
        if known is not None
        and (known[0].catalog, known[0].deployment) == (means.catalog, deployment)
        and shape in ("", known[0].shape)
    ]
    if not own:
        raise DeepcatError(
            f"`{deployment}` has no server in `{cloud.name}`",
            hint="run `deepcat apply` to bring it up",
            code="run/host",
        )
    if own[0]["status"] in ASIDE:
        raise DeepcatError(
            f"the server of `{deployment}` is put aside, with what lies on its disk",
            hint=f"`deepcat develop {deployment}` or `deepcat resume {deployment}` goes on there",
            code="run/aside",
        )
    return link(cloud, means, own[0])


def reach(cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
    """A folder on a server that is the deployment's alone.

    Raises:
        DeepcatError: as `way`.
    """
    to = way(cloud, means, deployment, shape)
    own = account.section(cloud)
    return Reach(
        {**ssh.variables(to), "ansible_python_interpreter": "python3"},
        place(means, deployment),
        LOOPBACK,
        keeper=KEEPER,
        ground=Ground(BASE, index=str(own.get("index") or "")),
        link=to,
    )


def code(means: Means) -> str:
    """The folder on servers that holds our code, as it would be brought today."""
    return f"{BASE}/agent/{agent(means.root).digest}"


def place(means: Means, deployment: str) -> str:
    """The folder that holds all of a deployment."""
    return f"{BASE}/{means.catalog}/{deployment}"
