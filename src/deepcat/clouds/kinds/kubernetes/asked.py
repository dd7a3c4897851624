"""EDGE of a cluster: asks what looks after a training in a pod, by the API server's own way."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from deepcat.clouds.kinds.kubernetes.edge import Cluster, Object
from deepcat.clouds.kinds.kubernetes.forward import HERE, forwarded
from deepcat.clouds.manifests.trainings import TICKET
from deepcat.host.job.pods import values
from deepcat.remote.address import target

_ANSWERS_S = 60.0
_MOST = 16 << 20


def told(cluster: Cluster, pod: Object, *, is_over: bool) -> dict[str, Any]:
    """What is known of a training; empty where it does not answer.

    Args:
        cluster: where.
        pod: of the training, as the API gives it.
        is_over: whether its container has ended.
    """
    try:
        with _asked(cluster, pod, "GET", values.OVER if is_over else values.TOLD) as answer:
            found = json.loads(answer.read(_MOST))
            return found if isinstance(found, dict) else {}
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return {}


def limit(cluster: Cluster, pod: Object, limits: Mapping[str, Any]) -> bool:
    """Hold a training to other limits; whether that was taken."""
    try:
        with _asked(cluster, pod, "PUT", values.LIMITS, json.dumps(limits)) as answer:
            return answer.status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


@contextmanager
def output(cluster: Cluster, pod: Object) -> Iterator[Callable[[int], bytes]]:
    """What gives the bytes of all files that a training made, one behind the other."""

    with _asked(cluster, pod, "GET", values.OUTPUT) as answer:

        def read(most: int) -> bytes:
            try:
                return answer.read(most)
            except (OSError, http.client.HTTPException):
                return b""

        yield read


@contextmanager
def _asked(
    cluster: Cluster, pod: Object, verb: str, path: str, body: str | None = None
) -> Iterator[http.client.HTTPResponse]:
    name = str(pod["metadata"]["name"])
    ticket = str((pod["metadata"].get("labels") or {}).get(TICKET) or "")
    address = {"keep": f"http://{name}:{values.PORT}"}
    with forwarded(cluster, address, lambda _: "", name) as found:
        port = target(found["keep"])[1]
        with closing(http.client.HTTPConnection(HERE, port, timeout=_ANSWERS_S)) as asking:
            asking.request(verb, path, body, {"Authorization": f"Bearer {ticket}"})
            yield asking.getresponse()
