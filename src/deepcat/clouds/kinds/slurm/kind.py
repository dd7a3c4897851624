"""The kind `slurm`: what it answers when it is asked as a kind of cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Kind, Listing, Means, Reach, Realised
from deepcat.clouds.kinds.slurm.schema import SCHEMA
from deepcat.clouds.offers import Offer, Probe
from deepcat.tosca.workload import Workload

if TYPE_CHECKING:
    from deepcat.remote.link import Link

# What the cluster says in its own words -> the kind of failure, the code and what helps.
_SAYS = (
    ("no space left on device", FailureKind.CAPACITY, "run/disk-full", "make room there"),
    ("disk quota exceeded", FailureKind.QUOTA, "run/disk-full", "make room, or ask for more"),
    ("host key verification failed", FailureKind.CLOUD, "remote/host-key", "compare its key"),
    ("remote host identification", FailureKind.CLOUD, "remote/host-key", "compare its key"),
    ("permission denied", FailureKind.AUTH, "run/denied", "check the user and the key"),
)


class Slurm:
    """A supercomputer: each partition is a shape, and each number of each type of GPU in it."""

    name = "slurm"
    is_here = False
    schema: Mapping[str, Any] = SCHEMA
    takes = frozenset(
        {
            *("access", "access.oidc", "access.tls", "job", "notebook", "service"),
            *("data.mount", "data.path", "training"),
        }
    )

    def probe(self, cloud: Cloud, means: Means) -> Probe:
        """Partitions, nodes, GPUs and time limits, by `sinfo`."""
        from deepcat.clouds.kinds.slurm.probe import probe

        return probe(cloud, means)

    def realise(self, cloud: Cloud, offer: Offer | None, work: Sequence[Workload]) -> Realised:
        """By the roles that the types of the nodes name: their programs become jobs."""
        return Realised()

    def reach(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
        """A folder on the shared file system, by the login node or from here."""
        from deepcat.clouds.kinds.slurm.cluster import reach

        return reach(cloud, means, deployment, shape)

    def observe(self, clouds: Sequence[Cloud], means: Means) -> Listing:
        """What the queue and the shared file system say."""
        if not clouds:  # nothing is imported to say so
            return Listing()
        from deepcat.clouds.kinds.slurm.observe import observe

        return observe(clouds, means)

    def endpoint(self, cloud: Cloud, listens: Mapping[str, str]) -> Mapping[str, str]:
        """On the node that a job has come to, as the cluster itself reaches it."""
        return listens

    def tunnel(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        endpoints: Mapping[str, str],
        means: Means,
    ) -> AbstractContextManager[Mapping[str, str]]:
        """Through the login node; where there is none, the endpoints themselves."""
        from deepcat.clouds.kinds.slurm.cluster import link
        from deepcat.remote.ways import ways

        way = link(cloud, means.root)
        return nullcontext(endpoints) if way is None else ways(way, endpoints)

    def shell(self, cloud: Cloud, deployment: str, shape: str, means: Means) -> Sequence[str]:
        """A shell on the login node, in the deployment's folder."""
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
        from deepcat.clouds.kinds.slurm.cluster import base, link
        from deepcat.remote.logs import logs

        place = f"{base(cloud)}/{means.catalog}/{deployment}"
        return logs(link(cloud, means.root), place, resources, last, follow)

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
        """What the login node, or ssh on the way to it, says."""
        text = " ".join(str(result.get(key) or "") for key in ("msg", "stderr")).strip()
        for words, kind, code, hint in _SAYS:
            if words in text.lower():
                return Failure(kind, code, f"the cluster says: {text[:500]}", hint)
        return None


def _way(cloud: Cloud, deployment: str, shape: str, means: Means) -> tuple[Link | None, str, str]:
    """How its host is reached, where our code lies there, and the deployment's folder."""
    from deepcat.clouds.kinds.slurm.cluster import THERE, base, link
    from deepcat.remote.agent import agent

    del shape  # one login node tells of all
    folder = base(cloud)
    code = f"{folder}/agent/{agent(means.root, (THERE,)).digest}"
    return link(cloud, means.root), code, f"{folder}/{means.catalog}/{deployment}"


KIND: Kind = Slurm()
