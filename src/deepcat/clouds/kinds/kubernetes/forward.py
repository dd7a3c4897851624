"""Ports of this machine that lead to pods, by the API server's own way: for a tunnel."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial

from deepcat.clouds.kinds.kubernetes import happens
from deepcat.clouds.kinds.kubernetes.edge import Cluster, Way
from deepcat.clouds.kinds.kubernetes.refused import RefusedError
from deepcat.errors import DeepcatError
from deepcat.remote.address import at_port, target

HERE = "127.0.0.1"
_CHUNK = 65_536
_LOOK_S = 0.2
# How long nobody may answer, while one state takes over from another, before a connection ends.
_FINDS_S = 5.0
# How long an answer may take of which nobody knows whether somebody still waits for it.
_READS_S = 60.0


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
            port = _Port(cluster, partial(chosen, address), target(address)[1], pod)
            opened.append(port)
            found[name] = at_port(address, HERE, port.number)
        yield found
    finally:
        for port in opened:
            port.close()


def is_inside(address: str) -> bool:
    """Whether an address is one that only the cluster itself knows."""
    return target(address)[0].endswith((".svc", ".pods"))


def selector(cluster: Cluster, address: str) -> str:
    """The labels of the pods that answer at an address in the cluster.

    Raises:
        DeepcatError: it is none, or nothing answers there (``run/tunnel``).
    """
    host, _ = target(address)
    name, _, of = host.partition(".")
    kind = {f"{cluster.namespace}.svc": "service", f"{cluster.namespace}.pods": "pods"}.get(of)
    if kind is None:
        raise _no_way(f"{address} is no address in the namespace `{cluster.namespace}`")
    try:
        if kind == "service":
            at = f"/api/v1/namespaces/{cluster.namespace}/services/{name}"
            told = cluster.ask("GET", at)["spec"].get("selector")
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
        self, cluster: Cluster, labels: Callable[[], str], port: int, pod: str = ""
    ) -> None:
        self._cluster, self._labels, self._port, self._pod = cluster, labels, port, pod
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
        way: Way | None = None
        try:
            way = self._way()
            with self._lock:
                if self._is_over or way is None:
                    return
                self._open |= {peer, way.socket}
            there = threading.Thread(target=_pass, args=(peer, way.socket), daemon=True)
            back = threading.Thread(target=_pass, args=(way.socket, peer), daemon=True)
            there.start()
            back.start()
            _until_over(there, back)
        finally:
            with self._lock:
                self._open -= {peer, way.socket} if way else {peer}
            _shut(peer)
            peer.close()
            if way is not None:
                _shut(way.socket)
                way.close()

    def _way(self) -> Way | None:
        """What leads to a pod; a little later where the one that was chosen has just gone."""
        until = time.monotonic() + _FINDS_S
        while (way := self._found()) is None and not self._is_over and time.monotonic() < until:
            time.sleep(_LOOK_S)
        return way

    def _found(self) -> Way | None:
        path = f"/api/v1/namespaces/{self._cluster.namespace}/pods"
        try:
            if self._pod:
                return self._cluster.forward(self._pod, self._port)
            # Another state may have taken over since.
            pods = self._cluster.list(path, labelSelector=self._labels())
            ready = [pod for pod in pods if happens.is_ready(pod)]
            if not ready:
                return None
            return self._cluster.forward(str(ready[0]["metadata"]["name"]), self._port)
        except (DeepcatError, RefusedError):
            return None


def _until_over(there: threading.Thread, back: threading.Thread) -> None:
    """Wait until a pod has said all, or who asked went long ago.

    A port-forward knows no half-closed connection: who has asked all that it will may still read.
    """
    while back.is_alive() and there.is_alive():
        back.join(_LOOK_S)
    back.join(_READS_S)


def _pass(source: socket.socket, to: socket.socket) -> None:
    """Pass on all bytes until an end."""
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            to.sendall(data)


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
