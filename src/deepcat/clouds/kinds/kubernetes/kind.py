"""The kind `kubernetes`: what it answers when it is asked as a kind of cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.developing import Desk
from deepcat.clouds.failure import Failure
from deepcat.clouds.kind import Kind, Listing, Means, Reach, Realised
from deepcat.clouds.kinds.kubernetes.schema import SCHEMA, SECTION
from deepcat.clouds.offers import Offer, Probe
from deepcat.errors import DeepcatError
from deepcat.tosca.workload import Workload


class Kubernetes:
    """A namespace of a cluster: each number of each make of accelerator is a shape."""

    name = "kubernetes"
    is_here = False
    schema: Mapping[str, Any] = SCHEMA
    takes = frozenset(
        {
            *("access", "access.oidc", "access.tls", "container", "data.claim", "data.nfs"),
            *("job", "notebook", "service", "training"),
        }
    )

    def lacks(self, cloud: Cloud) -> frozenset[str]:
        """TensorFlow Serving's own image asks nobody who calls; ours does, which also fetches."""
        from deepcat.clouds.kinds.kubernetes.outside import way

        own = cloud.data.get(SECTION) or {}
        # Without a place for the work nobody works there.
        none = frozenset() if own.get("notebooks") else frozenset({"notebook"})
        if own.get("fetcher") not in (None, own.get("image")):
            return none | {"access", "access.oidc", "access.tls"}
        # What brings TLS for others asks the pods in clear.
        return none | ({"access.tls"} if way(own)[0] in ("ingress", "gateway") else set())

    def probe(self, cloud: Cloud, means: Means) -> Probe:
        """Nodes, what is free on them, and what the namespace's quotas let us have."""
        from deepcat.clouds.kinds.kubernetes.probe import probe

        return probe(cloud, means)

    def realise(self, cloud: Cloud, offer: Offer | None, work: Sequence[Workload]) -> Realised:
        """By the roles that the types of the nodes name, whose steps are taken on the cluster."""
        return Realised()

    def take(self, cloud: Cloud, means: Means, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """A step of a run, on the cluster."""
        from deepcat.clouds.kinds.kubernetes.steps import take

        return take(cloud, means, values)

    def preview(
        self, cloud: Cloud, means: Means, steps: Sequence[Mapping[str, Any]]
    ) -> tuple[str, ...]:
        """What of its objects a run would alter, by a dry run of the API server's."""
        from deepcat.clouds.kinds.kubernetes.preview import preview

        return preview(cloud, means, steps)

    def reach(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Reach:
        """Nobody logs in anywhere: its steps are taken by this process."""
        from deepcat.clouds.kinds.kubernetes.account import section
        from deepcat.clouds.kinds.kubernetes.edge import address

        own = section(cloud)
        place = f"{address(own['login'], means)}/{own['namespace']}/{means.catalog}/{deployment}"
        return Reach(
            # Deployments go side by side, as on machines of their own.
            {"ansible_connection": "local", "ansible_host": deployment},
            place,
            "",
            keeper={"module": SECTION, "shape": shape},
        )

    def observe(self, clouds: Sequence[Cloud], means: Means) -> Listing:
        """What the namespaces hold that bears the catalog's label."""
        if not clouds:  # nothing is imported to say so
            return Listing()
        from deepcat.clouds.kinds.kubernetes.observe import observe

        return observe(clouds, means)

    def endpoint(self, cloud: Cloud, listens: Mapping[str, str]) -> Mapping[str, str]:
        """A service's address, as the cluster itself reaches it."""
        return listens

    @contextmanager
    def _tunnel(
        self, cloud: Cloud, endpoints: Mapping[str, str], means: Means
    ) -> Iterator[Mapping[str, str]]:
        from deepcat.clouds.kinds.kubernetes.edge import Cluster
        from deepcat.clouds.kinds.kubernetes.forward import forwarded, is_inside, selector

        behind = {name: at for name, at in endpoints.items() if is_inside(at)}
        if not behind:
            yield endpoints
            return
        cluster = Cluster(cloud, means)
        try:
            for address in behind.values():
                selector(cluster, address)  # what leads nowhere is said before anybody asks
            with forwarded(cluster, behind, partial(selector, cluster)) as found:
                yield {**endpoints, **found}
        finally:
            cluster.close()

    def tunnel(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        endpoints: Mapping[str, str],
        means: Means,
    ) -> AbstractContextManager[Mapping[str, str]]:
        """A port of this machine for each that only the cluster knows, by the API server."""
        return self._tunnel(cloud, endpoints, means)

    def shell(self, cloud: Cloud, deployment: str, shape: str, means: Means) -> Sequence[str]:
        """There is none: what runs there has no program for it.

        Raises:
            DeepcatError: always (``run/shell``).
        """
        raise DeepcatError(
            f"`{deployment}` runs in pods, and no shell is to be had there",
            hint="see `deepcat logs`, or ask who runs the cluster for `kubectl debug`",
            code="run/shell",
        )

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
        """What its pods have said."""
        from deepcat.clouds.kinds.kubernetes.logs import logs

        return logs(cloud, deployment, means, last, follow)

    def gather(
        self,
        cloud: Cloud,
        deployment: str,
        shape: str,
        resources: Mapping[str, Any],
        means: Means,
    ) -> Sequence[Mapping[str, Any]]:
        """What the cluster, and what looks after them in their pods, tell of trainings."""
        from deepcat.clouds.kinds.kubernetes.collecting import gather

        return gather(cloud, deployment, means)

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
        """What the pod of a training holds of what it made, for as long as that is there."""
        from deepcat.clouds.kinds.kubernetes.collecting import bring

        bring(cloud, deployment, means, node, into)

    def desk(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Desk | None:
        """A notebook's pod, or its job where it was stopped."""
        from deepcat.clouds.kinds.kubernetes.desk import desk

        return desk(cloud, means, deployment)

    def rights(self, cloud: Cloud, who: Sequence[tuple[str, str]], may: str, form: str) -> str:
        """Roles and their bindings, or lines of a policy file."""
        from deepcat.clouds.kinds.kubernetes.account import section
        from deepcat.clouds.kinds.kubernetes.outside import way
        from deepcat.clouds.kinds.kubernetes.rights import rights

        own = section(cloud)
        return rights(str(own["namespace"]), who, may, form, way(own)[0])

    def failure(self, result: Mapping[str, Any], unreachable: bool) -> Failure | None:
        """Nothing: each step says itself what failed."""
        return None


KIND: Kind = Kubernetes()
