"""The kind `local`: what it answers when it is asked as a kind of cloud."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Kind, Listing, Means, Reach, Realised
from deepcat.clouds.offers import Offer, Probe
from deepcat.tosca.workload import Workload

# What this machine says in its own words -> the code and what helps.
_FULL = {
    "no space left on device": ("run/disk-full", "free some space in the catalog's folder"),
    "disk quota exceeded": ("run/disk-full", "free some space, or ask for more"),
    "cannot allocate memory": ("run/memory", "stop something, or ask for a host with more memory"),
}


class Local:
    """This machine as a cloud of one host, shared by all deployments."""

    name = "local"
    is_here = True
    schema: Mapping[str, Any] = {
        "description": "This machine has no settings of its own.",
        "type": "object",
        "properties": {},
    }
    takes = frozenset(
        {
            *("access", "access.oidc", "access.tls", "job", "notebook", "plug-in", "service"),
            *("data.mount", "data.path"),
            "training",
            "virtual-machine",
        }
    )

    def probe(self, cloud: Cloud, means: Means) -> Probe:
        """Cores, memory, free disk and GPUs of this machine."""
        from deepcat.clouds.kinds.local.probe import probe

        return probe(cloud, means.root, means.deadline_s)

    def realise(self, cloud: Cloud, offer: Offer | None, work: Sequence[Workload]) -> Realised:
        """By the roles that the types of the nodes name."""
        return Realised()

    def reach(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
        """A folder below the catalog's, without a shell in between."""
        from deepcat.clouds.kinds.local.hosts import reach

        return reach(cloud, means.root, deployment)

    def observe(self, clouds: Sequence[Cloud], means: Means) -> Listing:
        """All that lies in the catalog's folder, whether or not a cloud's file is still there."""
        from deepcat.clouds.kinds.local.observe import observe

        return observe(means.root)

    def endpoint(self, cloud: Cloud, listens: Mapping[str, str]) -> Mapping[str, str]:
        """A client on this machine goes where the server listens."""
        return listens

    def tunnel(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        endpoints: Mapping[str, str],
        means: Means,
    ) -> AbstractContextManager[Mapping[str, str]]:
        """The endpoints themselves."""
        return nullcontext(endpoints)

    def shell(self, cloud: Cloud, deployment: str, shape: str, means: Means) -> Sequence[str]:
        """A shell of the user's in the deployment's folder."""
        place = self.reach(cloud, means, deployment, shape).place
        return ("/bin/sh", "-c", 'cd "$0" && exec "$1"', place, os.environ.get("SHELL", "/bin/sh"))

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
        from deepcat.clouds.kinds.local.hosts import local_folder
        from deepcat.clouds.kinds.local.logs import logs

        return logs(local_folder(means.root) / deployment, resources, last, follow)

    def gather(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        resources: Mapping[str, Any],
        means: Means,
    ) -> Sequence[Mapping[str, Any]]:
        """What was seen of the trainings in the deployment's folder."""
        from deepcat.clouds.kinds.local.hosts import local_folder
        from deepcat.remote.collecting import gather_here

        return gather_here(local_folder(means.root) / deployment)

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
        """A copy of the output folder."""
        from deepcat.clouds.kinds.local.hosts import local_folder
        from deepcat.remote.collecting import bring_here

        bring_here(local_folder(means.root) / deployment, node, into)

    def failure(self, result: Mapping[str, Any], unreachable: bool) -> Failure | None:
        """The machine is full."""
        text = " ".join(str(result.get(key) or "") for key in ("msg", "stderr"))
        for words, (code, hint) in _FULL.items():
            if words in text.lower():
                message = f"this machine is full: {text.strip()[:500]}"
                return Failure(FailureKind.CAPACITY, code, message, hint)
        return None


KIND: Kind = Local()
