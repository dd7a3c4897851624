"""Whether what runs in a pod says that it cannot load its models: no event of the cluster does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deepcat.clouds.kinds.kubernetes import happens
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.forward import forwarded
from deepcat.clouds.manifests.objects import REST, SERVER
from deepcat.host.model_server.client import Client
from deepcat.host.model_server.keys import Keys
from deepcat.host.model_server.prove import is_available
from deepcat.host.model_server.rollout import Served

_ANSWER_S = 5.0


def require_loading(
    cluster: Cluster, each: Mapping[str, Any], pods: Iterable[Object], keys: Keys | None
) -> None:
    """Raise StepError where a pod that does not answer yet never will (``run/model``).

    Args:
        cluster: where.
        each: the server, as a run has noted it.
        pods: its own.
        keys: of those who may call, with the run's own; None where nobody is asked.
    """
    scheme = "https" if each.get("is_tls") else "http"
    shown = {"only": keys.only, "key": keys.proof} if keys is not None else {}
    for pod in pods:
        if happens.is_ready(pod) or not _runs(pod):
            continue
        name = str(pod["metadata"]["name"])
        with forwarded(cluster, {"rest": f"{scheme}://{name}:{REST}"}, lambda _: "", name) as found:
            client = Client(found["rest"], timeout_s=_ANSWER_S, **shown)
            for model in each["models"]:
                is_available(client, Served(str(model["name"]), int(model["version"]), "", ""))


def _runs(pod: Object) -> bool:
    held = (pod.get("status") or {}).get("containerStatuses") or ()
    return any(c.get("name") == SERVER and (c.get("state") or {}).get("running") for c in held)
