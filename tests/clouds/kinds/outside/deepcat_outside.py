"""The kind `outside`: a cloud whose hosts are whatever its file says, reached by SSH."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Found, Kind, Listing, Means, Reach, Realised
from deepcat.clouds.offers import Offer, Probe, Shape
from deepcat.tosca.workload import Workload


class Outside:
    """Hosts that somebody lists."""

    name = "outside"
    is_here = False
    schema: Mapping[str, Any] = {
        "description": "More about the hosts.",
        "type": "object",
        "properties": {
            "user": {
                "description": "Who logs in.",
                "type": "string",
                "minLength": 1,
                "examples": ["deepcat"],
            },
            "down": {
                "description": "Whether it is closed for now.",
                "type": "boolean",
                "examples": [True],
            },
            "free": {
                "description": "Hosts that are free now.",
                "type": "integer",
                "minimum": 0,
                "examples": [2],
            },
        },
    }
    takes = frozenset({"service", "virtual-machine"})

    def probe(self, cloud: Cloud, means: Means) -> Probe:
        """What the file says, as if somebody had looked."""
        own = cloud.data.get(self.name, {})
        if own.get("down"):
            return Probe(cloud.name, healthy=False, detail="it is closed")
        listed = cloud.data.get("shapes", ())
        shapes = () if listed else (Shape("spare", cpus=2.0, memory_MiB=4096),)
        named = [Shape(each["name"], free=own.get("free")) for each in listed]
        return Probe(cloud.name, shapes=(*shapes, *named))

    def realise(self, cloud: Cloud, offer: Offer | None, work: Sequence[Workload]) -> Realised:
        """By the roles that the types of the nodes name."""
        return Realised()

    def reach(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
        """By SSH."""
        own = cloud.data.get(self.name, {})
        host = {"ansible_host": cloud.data.get("address", ""), "ansible_user": own.get("user", "")}
        return Reach(host, f"/srv/deepcat/{deployment}", "0.0.0.0")

    def observe(self, clouds: Sequence[Cloud], means: Means) -> Listing:
        """What is there has its owner tag in a folder of the catalog."""
        there = sorted((means.root / ".deepcat" / "outside").glob("*"))
        found = tuple(Found(path.stem, json.loads(path.read_text("utf-8"))) for path in there)
        return Listing(found, clouds=frozenset(cloud.name for cloud in clouds))

    def endpoint(self, cloud: Cloud, listens: Mapping[str, str]) -> Mapping[str, str]:
        """By the host's own name."""
        name = str(cloud.data.get("address", "localhost"))
        return {key: url.replace("0.0.0.0", name) for key, url in listens.items()}

    def tunnel(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        endpoints: Mapping[str, str],
        means: Means,
    ) -> AbstractContextManager[Mapping[str, str]]:
        """Its hosts are reached from everywhere."""
        return nullcontext(endpoints)

    def shell(self, cloud: Cloud, deployment: str, shape: str, means: Means) -> Sequence[str]:
        """By SSH."""
        return ("ssh", str(cloud.data.get("address", "localhost")))

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
        """What the record keeps of them."""
        yield from resources.get("said", ())[-last:]

    def failure(self, result: Mapping[str, Any], unreachable: bool) -> Failure | None:
        """What SSH says of a key."""
        text = str(result.get("msg", ""))
        if "publickey" in text:
            return Failure(FailureKind.AUTH, "run/denied", text, "give it another key")
        return None


KIND: Kind = Outside()
