"""Who calls a cluster as somebody who may do what a role says, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cluster.client import Client
from deepcat.clouds.kinds.kubernetes import rights

Rules = Sequence[Mapping[str, Any]]
_BASE = "/apis/rbac.authorization.k8s.io/v1/"
_DAY_S = 86_400


class Account:
    """A service account of a namespace.

    Args:
        client: the cluster's administrator.
        namespace: in which it lies, and in which it may do what a role says.
        name: its own.
    """

    def __init__(self, client: Client, namespace: str, name: str) -> None:
        self._client, self.namespace, self.name = client, namespace, name
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        client.make(path, {"metadata": {"name": name}})
        told = client.make(f"{path}/{name}/token", {"spec": {"expirationSeconds": _DAY_S}})
        self.token: str = told["status"]["token"]

    def may(self, inside: Rules = rights.APPLY, outside: Rules = rights.LOOK) -> None:
        """Make what it may do, all that deepcat needs where nothing is said, and bind it."""
        for scope, kind, granted in self._scopes(inside, outside):
            role = {"metadata": {"name": self.name}, "rules": list(granted)}
            self._client.make(f"{_BASE}{scope}{kind.lower()}roles", role)
        self.bind()

    def bind(self) -> None:
        """Let it do what was made."""
        who = [{"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}]
        for scope, kind, _ in self._scopes((), ()):
            role = {"apiGroup": "rbac.authorization.k8s.io", "kind": f"{kind}Role",
                    "name": self.name}  # fmt: skip
            bound = {"metadata": {"name": self.name}, "roleRef": role, "subjects": who}
            self._client.make(f"{_BASE}{scope}{kind.lower()}rolebindings", bound)

    def unbind(self) -> None:
        """Let it do nothing any more."""
        for scope, kind, _ in self._scopes((), ()):
            self._client.ask("DELETE", f"{_BASE}{scope}{kind.lower()}rolebindings/{self.name}")

    def _scopes(self, inside: Rules, outside: Rules) -> tuple[tuple[str, str, Rules], ...]:
        return (f"namespaces/{self.namespace}/", "", inside), ("", "Cluster", outside)
