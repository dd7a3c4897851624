"""The kind `ssh`: what it answers when it is asked as a kind of cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Kind, Listing, Means, Reach, Realised
from deepcat.clouds.kinds.ssh.schema import SCHEMA
from deepcat.clouds.offers import Offer, Probe
from deepcat.tosca.workload import Workload

if TYPE_CHECKING:
    from deepcat.remote.link import Link

# What a host says in its own words -> the kind of failure, the code and what helps.
_SAYS = (
    ("no space left on device", FailureKind.CAPACITY, "run/disk-full", "make room on the host"),
    ("disk quota exceeded", FailureKind.QUOTA, "run/disk-full", "make room, or ask for more"),
    ("cannot allocate memory", FailureKind.CAPACITY, "run/memory", "stop something there"),
    ("host key verification failed", FailureKind.CLOUD, "remote/host-key", "compare its key"),
    ("remote host identification", FailureKind.CLOUD, "remote/host-key", "compare its key"),
    ("permission denied", FailureKind.AUTH, "run/denied", "check the user and the key"),
)


class Ssh:
    """Machines with an sshd, each a shape of its own, shared by all deployments."""

    name = "ssh"
    is_here = False
    schema: Mapping[str, Any] = SCHEMA
    takes = frozenset(
        {
            *("access", "access.oidc", "access.tls", "job", "notebook", "plug-in", "service"),
            *("data.mount", "data.path", "training", "virtual-machine"),
        }
    )

    def lacks(self, cloud: Cloud) -> frozenset[str]:
        """A container serves by TensorFlow Serving's flags, and none of them asks who calls.

        A proxy brings TLS of its own, and asks what lies behind it in clear.
        """
        from deepcat.clouds.kinds.ssh.hosts import hosts

        if "ssh" not in cloud.data:
            return frozenset()
        if cloud.data["ssh"].get("image"):
            return frozenset({"access", "access.oidc", "access.tls"})
        has_proxy = any(told.get("proxy") for told in hosts(cloud).values())
        return frozenset({"access.tls"}) if has_proxy else frozenset()

    def probe(self, cloud: Cloud, means: Means) -> Probe:
        """Cores, memory, disk and GPUs of each host."""
        from deepcat.clouds.kinds.ssh.probe import probe

        return probe(cloud, means)

    def realise(self, cloud: Cloud, offer: Offer | None, work: Sequence[Workload]) -> Realised:
        """By the roles that the types of the nodes name."""
        return Realised()

    def reach(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
        """A folder of the catalog's own in the home of who logs in."""
        from deepcat.clouds.kinds.ssh.hosts import reach

        return reach(cloud, means, deployment, shape)

    def observe(self, clouds: Sequence[Cloud], means: Means) -> Listing:
        """What each host says of itself; one that is silent makes its cloud unknown."""
        if not clouds:  # nothing is imported to say so
            return Listing()
        from deepcat.clouds.kinds.ssh.observe import observe

        return observe(clouds, means)

    def endpoint(self, cloud: Cloud, listens: Mapping[str, str]) -> Mapping[str, str]:
        """As the host has it: on its loopback, unless the file gives another address."""
        return listens

    def tunnel(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        endpoints: Mapping[str, str],
        means: Means,
    ) -> AbstractContextManager[Mapping[str, str]]:
        """A port of this machine for each, by ssh; what a proxy answers for is open as it is."""
        from deepcat.clouds.kinds.ssh.hosts import hosts, link
        from deepcat.remote.ways import ways

        has_proxy = bool(hosts(cloud).get(shape, {}).get("proxy"))
        by_tls = {name: at for name, at in endpoints.items() if at.startswith("https://")}
        open_ = by_tls if has_proxy else {}
        behind = {name: at for name, at in endpoints.items() if name not in open_}
        if not behind:
            return nullcontext(open_)
        return ways(link(cloud, shape, means.root), behind, open_)

    def shell(self, cloud: Cloud, deployment: str, shape: str, means: Means) -> Sequence[str]:
        """A shell of who logs in, in the deployment's folder."""
        from deepcat.remote import ssh

        reach = self.reach(cloud, means, deployment, shape)
        return ssh.shell(reach.link, reach.place)

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
        from deepcat.clouds.kinds.ssh.hosts import base, link
        from deepcat.remote.logs import logs

        place = f"{base(cloud)}/{means.catalog}/{deployment}"
        return logs(link(cloud, shape, means.root), place, resources, last, follow)

    def gather(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        resources: Mapping[str, Any],
        means: Means,
    ) -> Sequence[Mapping[str, Any]]:
        """What our code there has seen of the trainings in the deployment's folder."""
        from deepcat.remote.collecting import gather_there

        return gather_there(*_way(cloud, deployment, shape, means), means.deadline_s)

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
        """A copy of the output folder, by one call."""
        from deepcat.remote.collecting import bring_there

        bring_there(*_way(cloud, deployment, shape, means), node, into)

    def failure(self, result: Mapping[str, Any], unreachable: bool) -> Failure | None:
        """What the host, or ssh on the way to it, says."""
        text = " ".join(str(result.get(key) or "") for key in ("msg", "stderr")).strip()
        for words, kind, code, hint in _SAYS:
            if words in text.lower():
                return Failure(kind, code, f"the host says: {text[:500]}", hint)
        return None


def _way(cloud: Cloud, deployment: str, shape: str, means: Means) -> tuple[Link | None, str, str]:
    """How its host is reached, where our code lies there, and the deployment's folder."""
    from deepcat.clouds.kinds.ssh.hosts import base, link
    from deepcat.remote.agent import agent

    folder = base(cloud)
    code = f"{folder}/agent/{agent(means.root).digest}"
    return link(cloud, shape, means.root), code, f"{folder}/{means.catalog}/{deployment}"


KIND: Kind = Ssh()
