"""Ports of this machine that lead to pods, by the API server's own way: for a tunnel."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial

from deepcat.clouds.kinds.kubernetes import happens
from deepcat.clouds.kinds.kubernetes.carrying import Asked, carry
from deepcat.clouds.kinds.kubernetes.edge import Cluster
from deepcat.clouds.kinds.kubernetes.port_forward import Way
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.errors import DeepcatError
from deepcat.remote.address import at_port, target

HERE = "127.0.0.1"
_LOOK_S = 0.2
# How long nobody may answer, while one state takes over from another, before a connection ends.
_FINDS_S = 5.0
# By these names of addresses model servers are asked: what they answer changes nothing there.
_PURE = frozenset({"rest", "grpc"})
# What the pod's side says where nothing there took the connection.
_UNTAKEN = ("connection refused", "failed to connect", "failed to dial")


@contextmanager
def forwarded(
    cluster: Cluster, endpoints: Mapping[str, str], chosen: Callable[[str], str], pod: str = ""
) -> Iterator[dict[str, str]]:
    """Name -> an address of this machine that leads to a pod, a pod that answers, each time.

    Args:
        cluster: where.
        endpoints: name -> address in the cluster.
        chosen: address in the cluster -> labels of the pods that answer there now.
        pod: the one that is led to; any of those that answer when empty.
    """
    opened: list[_Port] = []
    try:
        found = {}
        for name, address in endpoints.items():
            is_pure = name.rpartition("-")[2] in _PURE
            port = _Port(cluster, partial(chosen, address), target(address)[1], pod, is_pure)
            opened.append(port)
            found[name] = at_port(address, HERE, port.number)
        yield found
    finally:
        for port in opened:
            port.close()


@contextmanager
def ending(talking: socket.socket, most_s: float) -> Iterator[None]:
    """End it after a time: who answers a little again and again would hold us for ever."""

    def end() -> None:
        with suppress(OSError):
            talking.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(most_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def is_inside(address: str) -> bool:
    """Whether an address is one that only the cluster itself knows."""
    return target(address)[0].endswith((".svc", ".pods", ".jobs"))


def selector(cluster: Cluster, address: str) -> str:
    """The labels of the pods that answer at an address in the cluster.

    Raises:
        DeepcatError: it is none, or nothing answers there (``run/tunnel``).
    """
    host, _ = target(address)
    name, _, of = host.partition(".")
    space = cluster.namespace
    kind = {f"{space}.svc": "service", f"{space}.pods": "pods", f"{space}.jobs": "jobs"}.get(of)
    if kind is None:
        raise _no_way(f"{address} is no address in the namespace `{cluster.namespace}`")
    try:
        if kind == "service":
            at = f"/api/v1/namespaces/{cluster.namespace}/services/{name}"
            told = cluster.ask("GET", at)["spec"].get("selector")
        elif kind == "jobs":
            at = f"/apis/batch/v1/namespaces/{cluster.namespace}/jobs/{name}"
            told = cluster.ask("GET", at)["spec"]["selector"]["matchLabels"]
        else:
            at = f"/apis/apps/v1/namespaces/{cluster.namespace}/deployments/{name}"
            told = cluster.ask("GET", at)["spec"]["selector"]["matchLabels"]
    except RefusedError as error:
        raise _no_way(error.message) from None
    if not told:
        raise _no_way(f"{address} leads to no pods")
    return ",".join(f"{key}={value}" for key, value in sorted(told.items()))


def _no_way(why: str) -> DeepcatError:
    hint = "see `deepcat status`"
    return DeepcatError(f"no way leads there: {why}", hint=hint, code="run/tunnel")


class _Port:
    """One port here; each connection goes to a pod that answers then."""

    def __init__(
        self,
        cluster: Cluster,
        labels: Callable[[], str],
        port: int,
        pod: str = "",
        is_pure: bool = False,
    ) -> None:
        self._cluster, self._labels, self._port, self._pod = cluster, labels, port, pod
        self._is_pure = is_pure
        self._listening = socket.create_server((HERE, 0), backlog=128)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_over = False
        self.number: int = self._listening.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """End it and all that goes through it."""
        with self._lock:
            self._is_over = True
            held = [self._listening, *self._open]
        for each in held:
            _shut(each)
        self._accepting.join()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._lead, args=(peer,), daemon=True).start()

    def _lead(self, peer: socket.socket) -> None:
        """Let a pod answer; another one where it ended before it did, for it drained."""
        with self._lock:
            if self._is_over:
                peer.close()
                return
            self._open.add(peer)
        asked, until = Asked(), 0.0
        try:
            while (found := self._way()) is not None:
                pod, way = found
                try:
                    is_ended = carry(peer, way, asked, lambda: self._is_over)
                finally:
                    way.close()
                until = until or time.monotonic() + _FINDS_S
                is_late = self._is_over or time.monotonic() > until
                if not is_ended or is_late or not self._is_untaken(pod, way, asked):
                    return
                time.sleep(_LOOK_S)
        finally:
            with self._lock:
                self._open.discard(peer)
            _shut(peer)
            peer.close()

    def _is_untaken(self, pod: str, way: Way, asked: Asked) -> bool:
        """Whether the same may be asked of another pod.

        One that drains ends a connection by which nothing was asked yet; what was asked by it on
        the way there is lost.
        """
        if self._pod or asked.kept is None:
            return False
        if any(words in way.refused for words in _UNTAKEN):
            return True
        return self._is_pure and not self._stays(pod)

    def _stays(self, pod: str) -> bool:
        path = f"/api/v1/namespaces/{self._cluster.namespace}/pods"
        try:
            pods = self._cluster.list(path, fieldSelector=f"metadata.name={pod}")
        except RefusedError:
            return True
        return any(happens.is_ready(each) for each in pods)

    def _way(self) -> tuple[str, Way] | None:
        """What leads to a pod; a little later where the one that was chosen has just gone."""
        until = time.monotonic() + _FINDS_S
        while (way := self._found()) is None and not self._is_over and time.monotonic() < until:
            time.sleep(_LOOK_S)
        return way

    def _found(self) -> tuple[str, Way] | None:
        path = f"/api/v1/namespaces/{self._cluster.namespace}/pods"
        try:
            pod = self._pod
            if not pod:  # another state may have taken over since
                pods = self._cluster.list(path, labelSelector=self._labels())
                ready = [each for each in pods if happens.is_ready(each)]
                if not ready:
                    return None
                pod = str(ready[0]["metadata"]["name"])
            return pod, self._cluster.forward(pod, self._port)
        except (DeepcatError, RefusedError):
            return None


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
