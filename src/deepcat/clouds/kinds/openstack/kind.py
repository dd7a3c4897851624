"""The kind `openstack`: what it answers when it is asked as a kind of cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Kind, Listing, Means, Reach, Realised
from deepcat.clouds.kinds.openstack.schema import SCHEMA
from deepcat.clouds.offers import Offer, Probe
from deepcat.tosca.workload import Workload

# What a server says in its own words -> the kind of failure, the code and what helps.
_SAYS = (
    ("no space left on device", FailureKind.CAPACITY, "run/disk-full", "ask for a larger disk"),
    ("cannot allocate memory", FailureKind.CAPACITY, "run/memory", "ask for more memory"),
    ("host key verification failed", FailureKind.CLOUD, "remote/host-key", "compare its key"),
    ("remote host identification", FailureKind.CLOUD, "remote/host-key", "compare its key"),
    ("permission denied", FailureKind.AUTH, "run/denied", "check `public_key` and `identity`"),
)


class OpenStack:
    """A project: each flavour is a shape, and each deployment has a server of its own."""

    name = "openstack"
    is_here = False
    schema: Mapping[str, Any] = SCHEMA
    takes = frozenset(
        {
            *("access", "access.oidc", "access.tls", "job", "notebook", "plug-in", "service"),
            *("data.mount", "data.path", "training"),
        }
    )

    def probe(self, cloud: Cloud, means: Means) -> Probe:
        """Flavours, and what is left of the project's quotas."""
        from deepcat.clouds.kinds.openstack.probe import probe

        return probe(cloud, means)

    def realise(self, cloud: Cloud, offer: Offer | None, work: Sequence[Workload]) -> Realised:
        """By the roles that the types of the nodes name."""
        return Realised()

    def make(
        self,
        cloud: Cloud,
        means: Means,
        deployment: str,
        shape: str,
        owner: Mapping[str, Any],
    ) -> bool:
        """A server with a port and a security group of its own."""
        from deepcat.clouds.kinds.openstack.machine import make
        from deepcat.clouds.kinds.openstack.names import Of

        return make(cloud, means, Of(means.catalog, deployment, shape), owner)

    def unmake(
        self, cloud: Cloud, means: Means, deployment: str, shape: str, *, keeps: bool = False
    ) -> bool:
        """The server, then what was made for it, until the cloud lists none of that."""
        from deepcat.clouds.kinds.openstack.machine import unmake
        from deepcat.clouds.kinds.openstack.names import Of

        return unmake(cloud, means, Of(means.catalog, deployment, shape), keeps=keeps)

    def fault(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> str:
        """As the cloud has it of the server."""
        from deepcat.clouds.kinds.openstack.machine import fault
        from deepcat.clouds.kinds.openstack.names import Of

        return fault(cloud, means, Of(means.catalog, deployment, shape))

    def awake(self, cloud: Cloud, means: Means) -> Sequence[tuple[str, str, str]]:
        """Those whose servers run, by one list."""
        from deepcat.clouds.kinds.openstack.machine import awakened

        return awakened(cloud, means)

    def outlives(self, cloud: Cloud, means: Means, deployment: str) -> str:
        """Its volume for data."""
        from deepcat.clouds.kinds.openstack.machine import outlives
        from deepcat.clouds.kinds.openstack.names import Of

        return outlives(cloud, means, Of(means.catalog, deployment, ""))

    def rest(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> bool:
        """The server is shelved: its disk is kept, and it takes no host."""
        from deepcat.clouds.kinds.openstack.machine import rest
        from deepcat.clouds.kinds.openstack.names import Of

        return rest(cloud, means, Of(means.catalog, deployment, shape))

    def reach(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
        """A folder on the deployment's own server."""
        from deepcat.clouds.kinds.openstack.hosts import reach

        return reach(cloud, means, deployment, shape)

    def observe(self, clouds: Sequence[Cloud], means: Means) -> Listing:
        """What the project lists that is ours, and what each server says of itself."""
        if not clouds:  # nothing is imported to say so
            return Listing()
        from deepcat.clouds.kinds.openstack.observe import observe

        return observe(clouds, means)

    def endpoint(self, cloud: Cloud, listens: Mapping[str, str]) -> Mapping[str, str]:
        """As the server has it: on its loopback."""
        return listens

    def tunnel(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        endpoints: Mapping[str, str],
        means: Means,
    ) -> AbstractContextManager[Mapping[str, str]]:
        """A port of this machine for each, by ssh."""
        from deepcat.clouds.kinds.openstack.hosts import way
        from deepcat.remote.ways import ways

        return ways(way(cloud, means, deployment, shape), endpoints)

    def shell(self, cloud: Cloud, deployment: str, shape: str, means: Means) -> Sequence[str]:
        """A shell of who logs in, in the deployment's folder."""
        from deepcat.clouds.kinds.openstack.hosts import place, way
        from deepcat.remote import ssh

        return ssh.shell(way(cloud, means, deployment, shape), place(means, deployment))

    def logs(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        resources: Mapping[str, Any],
        means: Means,
        last: int,
        follow: bool,
    ) -> Iterator[str]:
        """The files that the record names, of those in the deployment's folder."""
        from deepcat.clouds.kinds.openstack.hosts import place, way
        from deepcat.remote.logs import logs

        to = way(cloud, means, deployment, shape)
        return logs(to, place(means, deployment), resources, last, follow)

    def gather(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        resources: Mapping[str, Any],
        means: Means,
    ) -> Sequence[Mapping[str, Any]]:
        """What our code on the server has seen of the trainings there."""
        from deepcat.clouds.kinds.openstack.hosts import code, place, way
        from deepcat.remote.collecting import gather_there

        to = way(cloud, means, deployment, shape)
        return gather_there(to, code(means), place(means, deployment), means.deadline_s)

    def bring(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        resources: Mapping[str, Any],
        means: Means,
        node: str,
        into: Path,
    ) -> None:
        """A copy of the output folder, by one call; a server that is put aside runs for that."""
        from deepcat.clouds.kinds.openstack.hosts import code, place, way
        from deepcat.clouds.kinds.openstack.machine import awake
        from deepcat.clouds.kinds.openstack.names import Of
        from deepcat.remote.collecting import bring_there

        with awake(cloud, means, Of(means.catalog, deployment, shape)):
            to = way(cloud, means, deployment, shape)
            bring_there(to, code(means), place(means, deployment), node, into)

    def failure(self, result: Mapping[str, Any], unreachable: bool) -> Failure | None:
        """What the server, or ssh on the way to it, says."""
        text = " ".join(str(result.get(key) or "") for key in ("msg", "stderr")).strip()
        for words, kind, code, hint in _SAYS:
            if words in text.lower():
                return Failure(kind, code, f"the server says: {text[:500]}", hint)
        return None


KIND: Kind = OpenStack()
