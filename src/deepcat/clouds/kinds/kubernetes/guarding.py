"""Who may call a deployment's servers: a secret of the cluster, which pods read anew by themselves.

It holds hashes of keys, and the certificate with its private key; nobody of ours ever reads it, so
that deepcat needs no right to read any secret of the namespace.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepcat.clouds.kinds.kubernetes import names
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.forward import forwarded
from deepcat.clouds.kinds.kubernetes.held import Held
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.clouds.manifests.objects import ACCESS, REST
from deepcat.clouds.manifests.values import DOMAIN, Guard
from deepcat.host.failure import StepError
from deepcat.host.model_server.access import CERTIFICATE, PRIVATE_KEY, access_of
from deepcat.host.model_server.client import Client, turns_away
from deepcat.host.model_server.keys import Keys, mark_of, mark_of_pair

_FILE = "keys.toml"
_GONE, _DENIED = 404, 403
# A kubelet brings a changed secret to its pods within so long, where nobody asks it to look.
_BROUGHT_S = 150.0
_LOOK_S = 1.0
_ANSWER_S = 10.0
_MERGE = "application/merge-patch+json"
_ASKED = f"{DOMAIN}/access-asked"


def guard(values: Mapping[str, Any], catalog: str) -> Guard | None:
    """What a server of the run is started with; None for whoever reaches it."""
    access = access_of(values.get("access"))
    flags = tuple(access.arguments(Path(ACCESS, _FILE)))
    if not flags:
        return None
    deployment = str(values["deployment"])
    name = names.access_name(catalog, deployment) if access.reads else ""
    return Guard(name, flags, bool(access.tls), access.issuer)


def give(held: Held, keys: Keys, run: str) -> bool:
    """Let these keys count; whether others did before.

    Raises:
        RefusedError: the cluster does not take it.
        StepError: a value is none of a key's (``run/values``).
    """
    name = names.access_name(held.catalog, held.name)
    files = {_FILE: keys.text()}
    if keys.certificate:
        files |= {CERTIFICATE: keys.certificate, PRIVATE_KEY: keys.private_key}
    wanted: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": name,
            "namespace": held.cluster.namespace,
            "labels": {
                **names.labels(held.catalog, held.name),
                "app.kubernetes.io/managed-by": DOMAIN,
            },
        },
        "data": {key: base64.b64encode(text.encode()).decode() for key, text in files.items()},
    }
    held.cluster.apply(_at(held), wanted)
    _look(held, run)
    return held.owner.get("keys") != marks(keys)


def forget_proof(held: Held, keys: Keys, run: str) -> None:
    """Let the run's own key count no more.

    Raises:
        RefusedError: the cluster does not take it.
    """
    if keys.proof:
        give(held, replace(keys, proof=""), f"{run}-ends")


def take_away(held: Held) -> None:
    """Take away what lets callers in, where no pod reads it any more.

    Raises:
        RefusedError: the cluster does not do it.
    """
    try:
        held.cluster.ask("DELETE", _at(held))
    except RefusedError as error:
        if error.status != _GONE:
            raise


def marks(keys: Keys) -> dict[str, str]:
    """Name -> what tells its key from another one, as `deepcat.host.model_server.keys` has it."""
    found = {str(key["name"]): mark_of(str(key["sha256"])) for key in keys.held}
    if keys.certificate:
        found[""] = mark_of_pair(keys.certificate, keys.private_key)
    return found


def wait_until_it_counts(
    held: Held, keys: Keys, each: Mapping[str, Any], pods: list[Object]
) -> None:
    """Return once all pods of a server let the run in, and nobody else without a key.

    Raises:
        StepError: one does not, or lets whoever asks in (``run/access``).
    """
    until = time.monotonic() + _BROUGHT_S
    for pod in pods:
        name = str(pod["metadata"]["name"])
        while not _counts(held.cluster, keys, each, name):
            if time.monotonic() > until:
                message = f"the pod `{name}` does not go by the keys that it was given"
                hint = "see its log, and that its node's kubelet runs"
                raise StepError("cloud", "run/access", message, hint)
            time.sleep(_LOOK_S)


def _counts(cluster: Cluster, keys: Keys, each: Mapping[str, Any], pod: str) -> bool:
    scheme = "https" if keys.certificate else "http"
    address = {"rest": f"{scheme}://{pod}:{REST}"}
    model = str(each["models"][0]["name"])
    with forwarded(cluster, address, lambda _: "", pod) as found:
        at = found["rest"]
        if not Client(at, timeout_s=_ANSWER_S, only=keys.only, key=keys.proof).available(model):
            return False
        stranger = Client(at, timeout_s=_ANSWER_S, only=keys.only)
        if keys.proof and not turns_away(stranger, model):
            message = f"the pod `{pod}` answers who shows no key"
            raise StepError("cloud", "run/access", message, "see its log, and the cloud's `image`")
    return True


def _look(held: Held, run: str) -> None:
    """Let kubelets see at once that the secret is another one: they look when a pod is changed."""
    changed = {"metadata": {"annotations": {_ASKED: run}}}
    space = f"/api/v1/namespaces/{held.cluster.namespace}/pods"
    for pod in held.pods():
        try:
            path = f"{space}/{pod['metadata']['name']}"
            held.cluster.ask("PATCH", path, None, changed, _MERGE)
        except RefusedError as error:
            if error.status not in (_GONE, _DENIED):  # else they look by themselves, later
                raise


def _at(held: Held) -> str:
    name = names.access_name(held.catalog, held.name)
    return f"/api/v1/namespaces/{held.cluster.namespace}/secrets/{name}"
