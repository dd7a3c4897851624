"""A whole control plane, and what joins it: nodes that only the API knows, and real ones."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from free_ports import free_ports

from cluster.advertised import Advertised
from cluster.api_server import ApiServer
from cluster.built import programs
from cluster.client import Client
from cluster.keys import Keys
from cluster.network import Network
from cluster.node import PROXY, Node

_SCHEDULER = "system:kube-scheduler"
_MANAGER = "system:kube-controller-manager"
# Minutes else: how often it looks how busy pods are, and how long before it takes some away.
_SCALES = (
    "--horizontal-pod-autoscaler-sync-period=5s",
    "--horizontal-pod-autoscaler-downscale-stabilization=15s",
)


@dataclass
class Cluster:
    """API server, etcd, scheduler and controller manager, each a program of its own.

    Without real nodes all of it listens at the loopback. With some it listens at the end of a
    bridge to their namespaces, and needs root.

    Args:
        folder: an empty folder of its own; its path must be short, for sockets lie there.
        nodes: real ones: a name -> its labels.
        grace_s: after which the controller manager gives a silent node up.
        arguments: more of the API server's.
    """

    folder: Path
    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    grace_s: int = 3600
    arguments: Sequence[str] = ()
    api: ApiServer = field(init=False)
    real: dict[str, Node] = field(init=False, default_factory=dict)
    advertised: Advertised = field(init=False)
    _network: Network | None = field(init=False, default=None)

    def begin(self) -> None:
        """Start all; real nodes are ready then."""
        if self.nodes:
            self._network = Network()
            self._network.begin()
        address = self._network.address if self._network else "127.0.0.1"
        users = {_SCHEDULER: "", _MANAGER: "", PROXY: ""}
        users |= {f"system:node:{name}": "system:nodes" for name in self.nodes}
        self.api = ApiServer(self.folder, address, users, self.arguments)
        self.advertised = Advertised(self.api.client)
        self.api.begin()
        self._control()
        for number, (name, labels) in enumerate(self.nodes.items()):
            assert self._network
            self.real[name] = Node(name, number, self.folder / f"n{number}", labels)
            self.real[name].begin(self.api, self._network)
        for node in self.real.values():
            node.wait(self.client())

    def end(self) -> None:
        """End all, and leave nothing."""
        if hasattr(self, "advertised"):
            self.advertised.end()
        for node in self.real.values():
            node.end()
        if hasattr(self, "api"):
            self.api.end()
        if self._network:
            self._network.end()

    @property
    def kubeconfig(self) -> Path:
        """By which a program asks it, as its administrator."""
        return self.api.kubeconfig()

    @property
    def server(self) -> str:
        """Its URL."""
        return self.api.server

    @property
    def keys(self) -> Keys:
        """Of its authority."""
        return self.api.keys

    @property
    def trust(self) -> Path:
        """What vouches for its API server, and for who is put in its place."""
        return self.api.keys.authority

    @property
    def outside(self) -> str:
        """The address at which its API server reaches this machine."""
        return "127.0.0.1"

    def client(self) -> Client:
        """Who asks it, as its administrator."""
        return self.api.client()

    def freeze(self) -> None:
        """Stop its API server as it stands."""
        os.kill(self.api.running.pid("kube-apiserver"), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.api.running.pid("kube-apiserver"), signal.SIGCONT)

    def restart(self, name: str) -> None:
        """End and start again one of the parts."""
        self.api.running.stop(name)
        self.api.running.again(name)
        self.api.running.until(self.client().is_ready)

    def _control(self) -> None:
        bin_, (scheduler, manager) = programs(), free_ports(2)
        signing, trust = self.api.signing, self.api.keys.authority
        own = ["--leader-elect=false", "--bind-address=127.0.0.1", f"--cert-dir={self.folder}/pki"]
        self.api.running.start("kube-scheduler", [
            f"{bin_}/kube-scheduler", f"--kubeconfig={self.api.kubeconfig(_SCHEDULER)}",
            f"--secure-port={scheduler}", *own,
        ])  # fmt: skip
        # Its controllers ask with the power of its own user alone, which is bound to few roles:
        # so each has an account of its own.
        self.api.running.start("kube-controller-manager", [
            f"{bin_}/kube-controller-manager", f"--kubeconfig={self.api.kubeconfig(_MANAGER)}",
            f"--secure-port={manager}", f"--service-account-private-key-file={signing}",
            f"--root-ca-file={trust}", "--use-service-account-credentials=true",
            f"--node-monitor-grace-period={self.grace_s}s", *_SCALES, *own,
        ])  # fmt: skip
        self.client().until("/api/v1/namespaces/default/serviceaccounts/default", lambda _: True)
