"""An API server with a folder of its own: it begins, is asked as any client would, and ends."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from free_ports import free_ports

from cluster.built import programs
from cluster.client import APPLY, Client
from cluster.keys import Keys
from cluster.running import Running

__all__ = ["APPLY", "ApiServer"]
SERVICES = "10.96.0"
_ISSUER = "https://kubernetes.default.svc.cluster.local"
_NAMES = ("localhost", "kubernetes.default", "kubernetes.default.svc")
_ADMIN = "admin"
# As whom it asks the servers of other groups of its API, in somebody's name.
_PASSES = "front-proxy"


class ApiServer:
    """An API server and its etcd; no controllers, no scheduler and no node.

    Args:
        folder: that holds all of it.
        address: at which it listens.
        users: more of them, and each one's group.
        arguments: more of its own.
    """

    def __init__(
        self,
        folder: Path,
        address: str = "127.0.0.1",
        users: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.address = address
        self.arguments = arguments
        self.running = Running(folder)
        self.server = ""
        self._users = {_ADMIN: "system:masters", **(users or {})}
        self._tokens = {name: secrets.token_hex(16) for name in self._users}
        self.keys = Keys(folder / "pki")
        self.signing = self.keys.signing("service-accounts")

    def begin(self) -> None:
        """Start both, and wait until the API server says that it is ready."""
        bin_, (client, peer) = programs(), free_ports(2)
        [api] = free_ports(1, self.address)
        store = f"http://127.0.0.1:{client}"
        members = f"http://127.0.0.1:{peer}"
        self.running.start("etcd", [
            f"{bin_}/etcd", f"--data-dir={self.folder}/etcd", "--unsafe-no-fsync",
            f"--listen-client-urls={store}", f"--advertise-client-urls={store}",
            f"--listen-peer-urls={members}", f"--initial-advertise-peer-urls={members}",
            f"--initial-cluster=default={members}", "--log-level=warn",
        ])  # fmt: skip
        self.server = f"https://{self.address}:{api}"
        served = self.keys.issue(
            "apiserver", addresses=(self.address, "127.0.0.1", f"{SERVICES}.1", *_NAMES)
        )
        asks = self.keys.issue("kube-apiserver", "system:masters")
        passes = self.keys.issue(_PASSES)
        self.running.start("kube-apiserver", [
            f"{bin_}/kube-apiserver", f"--etcd-servers={store}", f"--bind-address={self.address}",
            f"--secure-port={api}", f"--token-auth-file={self._token_file()}",
            f"--tls-cert-file={served}", f"--tls-private-key-file={served.with_suffix('.key')}",
            f"--client-ca-file={self.keys.authority}", f"--kubelet-client-certificate={asks}",
            f"--kubelet-client-key={asks.with_suffix('.key')}",
            "--kubelet-preferred-address-types=InternalIP", "--allow-privileged=true",
            f"--service-account-key-file={self.signing}",
            f"--service-account-signing-key-file={self.signing}",
            f"--service-account-issuer={_ISSUER}", f"--service-cluster-ip-range={SERVICES}.0/24",
            "--authorization-mode=Node,RBAC", "--enable-aggregator-routing=true",
            f"--proxy-client-cert-file={passes}",
            f"--proxy-client-key-file={passes.with_suffix('.key')}",
            f"--requestheader-client-ca-file={self.keys.authority}",
            f"--requestheader-allowed-names={_PASSES}",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            *self._advertised(), *self.arguments,
        ])  # fmt: skip
        self.running.until(self.client().is_ready)

    def end(self) -> None:
        """End what was begun, the last one first."""
        self.running.end()

    def client(self, user: str = _ADMIN) -> Client:
        """Who asks it as this user."""
        return Client(self.server, self.keys.authority, self._tokens[user])

    def ask(
        self, verb: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer of one request, as the cluster's administrator."""
        return self.client().ask(verb, path, body, kind)

    def kubeconfig(self, user: str = _ADMIN) -> Path:
        """The file by which a program asks it as this user."""
        path = self.folder / f"{user.replace(':', '-')}.kubeconfig"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(_KUBECONFIG.format(
                server=self.server, trust=self.keys.authority, token=self._tokens[user],
            ))  # fmt: skip
        return path

    def _advertised(self) -> list[str]:
        # Endpoints are never of the loopback.
        if self.address.startswith("127."):
            return ["--endpoint-reconciler-type=none"]
        return [f"--advertise-address={self.address}"]

    def _token_file(self) -> Path:
        path = self.folder / "tokens.csv"
        lines = (
            f'{self._tokens[user]},{user},{number},"{group}"\n'
            for number, (user, group) in enumerate(self._users.items())
        )
        path.write_text("".join(lines))
        return path


_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: rig
contexts: [{{name: rig, context: {{cluster: rig, user: rig}}}}]
clusters: [{{name: rig, cluster: {{server: "{server}", certificate-authority: {trust}}}}}]
users: [{{name: rig, user: {{token: "{token}"}}}}]
"""
