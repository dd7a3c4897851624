"""The kind `folders`: what it answers when it is asked as a kind of cloud."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Kind, Listing, Means, Reach, Realised
from deepcat.clouds.offers import Offer, Probe, Shape
from deepcat.errors import DeepcatError
from deepcat.host.within import open_within
from deepcat.tosca.workload import Workload
from deepcat_folders.observe import observe


class Folders:
    """Folders as hosts: many deployments on each, kept by a supervisor for each catalog."""

    name = "folders"
    # Its clouds are told apart by what their files say, wherever deepcat is called.
    is_here = False
    schema: Mapping[str, Any] = {
        "description": "Folders of this machine as hosts.",
        "type": "object",
        "required": ["hosts"],
        "properties": {
            "hosts": {
                "description": "Folder of each host.",
                "type": "object",
                "additionalProperties": {"type": "string", "pattern": "^/"},
                "examples": [{"a": "/srv/a"}],
            },
        },
    }
    takes = frozenset({"job", "service", "virtual-machine"})

    def probe(self, cloud: Cloud, means: Means) -> Probe:
        """One shape for each folder that is there."""
        there = {name: folder for name, folder in hosts(cloud).items() if folder.is_dir()}
        missing = ", ".join(sorted(hosts(cloud).keys() - there))
        if not there:
            return Probe(cloud.name, healthy=False, detail=f"not there: {missing}")
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        size = {"cpus": os.cpu_count(), "memory_MiB": memory}
        shapes = [
            Shape(name, **size, down="" if name in there else f"there is no folder {folder}")
            for name, folder in sorted(hosts(cloud).items())
        ]
        detail = f"not there: {missing}" if missing else ""
        return Probe(cloud.name, shapes=tuple(shapes), detail=detail, shared=True)

    def realise(self, cloud: Cloud, offer: Offer | None, work: Sequence[Workload]) -> Realised:
        """By the roles that the types of the nodes name."""
        return Realised()

    def reach(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
        """A folder of the catalog's own in the host's, without a shell in between."""
        own = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        }
        folder = hosts(cloud).get(shape) or next(iter(hosts(cloud).values()))
        if not folder.is_dir():
            hint = "mount it, or make it"
            raise DeepcatError(f"there is no folder {folder}", hint=hint, code="run/unreachable")
        return Reach(own, str(folder / means.catalog / deployment), "127.0.0.1")

    def observe(self, clouds: Sequence[Cloud], means: Means) -> Listing:
        """What lies in the catalog's folder on each host; a folder that is not there is silent."""
        return observe({cloud.name: hosts(cloud) for cloud in clouds}, means.catalog)

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
        """A shell in the deployment's folder."""
        place = self.reach(cloud, means, deployment, shape).place
        return ("/bin/sh", "-c", 'cd "$0" && exec /bin/sh', place)

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
        place = Path(self.reach(cloud, means, deployment, shape).place)
        for path in resources.get("logs", ()):
            if stream := open_within(place, Path(str(path))):
                with stream:
                    lines = deque(stream, maxlen=last)
                yield from b"".join(lines).decode("utf-8", "replace").splitlines()

    def failure(self, result: Mapping[str, Any], unreachable: bool) -> Failure | None:
        """The disk is full."""
        text = str(result.get("msg") or "")
        if "No space left on device" in text:
            return Failure(FailureKind.CAPACITY, "run/disk-full", text[:500], "free some space")
        return None


def hosts(cloud: Cloud) -> dict[str, Path]:
    """Name -> folder."""
    return {name: Path(folder) for name, folder in cloud.data["folders"]["hosts"].items()}


KIND: Kind = Folders()
