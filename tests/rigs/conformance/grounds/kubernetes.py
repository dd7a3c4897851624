"""A real cluster with one real node, reached as the guide says; beside it this machine itself."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from cluster.account import Account
from cluster.control_plane import Cluster
from cluster.front import Front
from cluster.kind.whole import Kind
from cluster.serving import image, shell
from cluster.webhook import Webhook
from loops import MODULE
from waiting import until

from conformance.grounds.here import Here
from deepcat.catalog.identity import identity
from deepcat.clouds.kinds.local.hosts import local_folder
from deepcat.host.environments.pins import pins_of
from deepcat.runtime import environments, jupyter

SPACE = "lab"
_RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
_CATALOG, _DEPLOYMENT = "deepcat/catalog", "deepcat/deployment"
_PODS = f"/api/v1/namespaces/{SPACE}/pods"
# All that may bear our label, pods last: what keeps them goes before they do.
_KINDS = (
    f"/apis/apps/v1/namespaces/{SPACE}/deployments",
    f"/apis/batch/v1/namespaces/{SPACE}/cronjobs",
    f"/apis/batch/v1/namespaces/{SPACE}/jobs",
    f"/apis/autoscaling/v2/namespaces/{SPACE}/horizontalpodautoscalers",
    f"/apis/policy/v1/namespaces/{SPACE}/poddisruptionbudgets",
    f"/apis/networking.k8s.io/v1/namespaces/{SPACE}/networkpolicies",
    f"/apis/networking.k8s.io/v1/namespaces/{SPACE}/ingresses",
    f"/api/v1/namespaces/{SPACE}/services",
    f"/api/v1/namespaces/{SPACE}/configmaps",
    f"/api/v1/namespaces/{SPACE}/secrets",
    f"/api/v1/namespaces/{SPACE}/persistentvolumeclaims",
    _PODS,
)
_NOTES, _KEPT, _WORK = "/srv/notes", "checkpoints", "work"
_MERGE = "application/merge-patch+json"
_KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: lab
contexts: [{{name: lab, context: {{cluster: lab, user: lab}}}}]
clusters: [{{name: lab, cluster: {{server: "https://127.0.0.1:{port}", \
certificate-authority: {trust}}}}}]
users: [{{name: lab, user: {{token: "{token}"}}}}]
"""


class Kubernetes(Here):
    """The first cloud is a namespace of the cluster, the second one this machine."""

    kind = "kubernetes"
    moments = slice(1, None, 2)
    ports = False
    is_far = True

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        # Where it has sockets its path must be short.
        self._short = Path(tempfile.mkdtemp(prefix="dck-"))
        self.cluster = self._cluster(self._short)
        self._image = ""
        self._works = count()
        self.faults: Mapping[str, Callable[[Path, str], None]] = {
            "server killed": self._kill_server,
            "keeper killed": lambda root, name: self._take(root, name, "jobs", "deployments"),
            "place deleted": self._take,
            "model deleted": lambda root, name: self._take(root, name, "configmaps"),
            "full": self._cordon,
            "rubbish": lambda root, name: self._refuse(root, "CREATE"),
            "deletion refused": lambda root, name: self._refuse(root, "DELETE"),
            "silent": self._freeze,
            "cut": lambda root, name: self._spoil(self._front.cut),
            "credentials refused": self._bar,
            "slow": lambda root, name: self._spoil(self._front.slow),
            "lies": lambda root, name: self._spoil(self._front.lie),
            "tunnel cut": lambda root, name: self._front.hang_up(),
            "over quota": self._limit,
        }

    def _cluster(self, folder: Path) -> Cluster | Kind:
        return Cluster(folder, {"node-0": {}})

    def folder(self, root: Path, cloud: str) -> Path:
        return local_folder(root)

    def clouds(self, root: Path) -> Mapping[str, Mapping[str, Any]]:
        if not self._image:
            self._begin()
        own = {
            "login": {"kubeconfig": f"file:{self.scratch / 'kubeconfig'}"},
            "namespace": SPACE,
            "image": self._image,
            "jobs": {"image": self._shell, "folders": {_NOTES: "notes"}, "checkpoints": _KEPT},
            "notebooks": {"storage": "1Gi", "class": _WORK},
            # Of few cores those that drain still hold some.
            "wait": 60,
        }
        return {
            "first": {"kind": "kubernetes", "kubernetes": own},
            "second": {"kind": "local", "price": 1},
        }

    def _begin(self) -> None:
        self.cluster.begin()
        self._image, self._shell = image(self.cluster, self.scratch), shell(self.cluster)
        client, keys = self.cluster.client(), self.cluster.keys
        [self._node] = self.cluster.real
        # A node that has just come is tainted until its network is known.
        client.until(f"/api/v1/nodes/{self._node}", lambda told: not told["spec"].get("taints"))
        labels = {"metadata": {"name": SPACE, "labels": _RESTRICTED}}
        client.make("/api/v1/namespaces", labels)
        client.until(f"/api/v1/namespaces/{SPACE}/serviceaccounts/default", bool)
        (self.scratch / _KEPT).mkdir()
        (self.scratch / _KEPT).chmod(0o777)
        for name in ("notes", _KEPT):
            self._give(client, name)
        self._account = Account(client, SPACE, "deepcat")
        self._account.may()
        host, _, port = self.cluster.server.removeprefix("https://").partition(":")
        self._front = Front(host, int(port), keys.issue("front", addresses=("127.0.0.1",)))
        self._webhook = Webhook(keys, host=self.cluster.outside)
        self.login(self._account.token)

    def notes(self) -> tuple[str, tuple[Path, ...]]:
        """A folder of this machine, which is a volume of the cluster."""
        return _NOTES, (self.scratch / "notes",)

    def lend(self, root: Path) -> None:
        """What is brought to its pod, made once; and a volume, which one claim alone can have."""
        pins = pins_of(jupyter.lock().decode(), "jupyter.lock", "run/environment")
        environments.built(pins, ".".join(map(str, sys.version_info[:2])))
        name = f"{_WORK}-{next(self._works)}"
        (self.scratch / name).mkdir()
        (self.scratch / name).chmod(0o777)
        kinds = {"accessModes": ["ReadWriteOnce"], "storageClassName": _WORK}
        self._volume(self.cluster.client(), name, kinds, {"storage": "1Gi"})

    def _volume(self, client: Any, name: str, kinds: Any, size: Any) -> None:
        """A folder of this machine."""
        spec = {**kinds, "hostPath": {"path": str(self.scratch / name)}, "capacity": size}
        client.make("/api/v1/persistentvolumes", {"metadata": {"name": name}, "spec": spec})

    def _give(self, client: Any, name: str) -> None:
        """Let a claim of the namespace be a folder of this machine."""
        kinds = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
        size = {"storage": "1Gi"}
        self._volume(client, name, kinds, size)
        wanted = {**kinds, "volumeName": name, "resources": {"requests": size}}
        path = f"/api/v1/namespaces/{SPACE}/persistentvolumeclaims"
        client.make(path, {"metadata": {"name": name}, "spec": wanted})

    def login(self, token: str) -> None:
        """Let deepcat call the cluster as somebody."""
        trust, port = self.cluster.trust, self._front.port
        text = _KUBECONFIG.format(port=port, trust=trust, token=token)
        (self.scratch / "kubeconfig").write_text(text)

    def there(self, root: Path) -> Mapping[str, list[str]]:
        """What runs on this machine, and objects; of what is no object yet there is nothing."""
        found = {name: list(things) for name, things in super().there(root).items()}
        for path, each in self._labelled(root):
            about = each["metadata"]
            words = f"the {path.rpartition('/')[2]} {about['name']} {about['uid']}"
            if path == _PODS and "deletionTimestamp" not in about and MODULE in str(each["spec"]):
                words += f": {MODULE}="
            found.setdefault(about["labels"].get(_DEPLOYMENT, ""), []).append(words)
        return found

    def _labelled(self, root: Path, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """Each object of a catalog, or of one deployment of it, and where its kind lies."""
        if not self._image:
            return
        chosen = f"{_CATALOG}={identity(root)}" + (f",{_DEPLOYMENT}={name}" if name else "")
        for path in _KINDS:
            for each in self.cluster.client().get(f"{path}?labelSelector={chosen}")["items"]:
                yield path, each

    def clear(self, root: Path) -> None:
        self._take(root, "")
        super().clear(root)

    def hold(self, root: Path, name: str) -> None:
        """A node keeps its images by itself."""

    def end(self) -> None:
        super().end()
        if self._image:
            self._front.end()
            self._webhook.end()
        self.cluster.end()
        shutil.rmtree(self._short, ignore_errors=True)

    def _take(self, root: Path, name: str, *kinds: str) -> None:
        """Somebody deletes all of it, or all of certain kinds, and ends its pods at once."""
        client, now = self.cluster.client(), {"gracePeriodSeconds": 0}

        def left() -> list[str]:
            found = []
            for path, each in self._labelled(root, name):
                kind, about = path.rpartition("/")[2], each["metadata"]
                is_tag = about["labels"].get("deepcat/part") == "owner"
                is_kept = kinds and (is_tag or kind not in kinds)
                is_pod = path == _PODS and "configmaps" not in kinds
                if is_pod or not is_kept:
                    found.append(f"{path}/{about['name']}")
            return found

        def are_gone() -> bool:
            found = left()
            for each in found:
                client.ask("DELETE", each, {"propagationPolicy": "Background", **now})
            return not found

        until(are_gone, pause_s=0.2)

    def _kill_server(self, root: Path, name: str) -> None:
        pods = [each["metadata"]["uid"] for path, each in self._labelled(root, name)
                if path == _PODS]  # fmt: skip
        for path in Path("/proc").iterdir():
            with suppress(OSError):
                groups = (path / "cgroup").read_text() if path.name.isdigit() else ""
                words = (path / "cmdline").read_bytes() if groups else b""
                # Where systemd makes the groups it writes a dash otherwise.
                is_own = any(uid in groups.replace("_", "-") for uid in pods)
                if is_own and b"tensorflow_model_server" in words:
                    os.kill(int(path.name), signal.SIGKILL)

    def _cordon(self, root: Path, name: str) -> None:
        """Its node takes nothing new."""
        self._schedules(False)
        self.undo.callback(self._schedules, True)

    def _schedules(self, does: bool) -> None:
        said = {"spec": {"unschedulable": None if does else True}}
        status, told = self.cluster.client().ask(
            "PATCH", f"/api/v1/nodes/{self._node}", said, _MERGE
        )
        assert status == 200, told

    def _freeze(self, root: Path, name: str) -> None:
        """The API server says nothing."""
        self.cluster.freeze()
        self.undo.callback(self.cluster.thaw)

    def _spoil(self, how: Callable[[], None]) -> None:
        """Something happens on the way there."""
        how()
        self.undo.callback(self._front.mend)

    def _bar(self, root: Path, name: str) -> None:
        """Its account may do nothing any more."""
        self._account.unbind()
        self.undo.callback(self._bind)
        until(lambda: self._asked(_PODS) == 403)

    def _bind(self) -> None:
        self._account.bind()
        until(lambda: self._asked(_PODS) == self._asked("/api/v1/nodes") == 200)

    def _asked(self, path: str, body: Any = None) -> int:
        """The status of what its account asks."""
        client = self.cluster.client()
        own = type(client)(client.server, client.trust, self._account.token)
        return own.ask("GET" if body is None else "POST", path, body)[0]

    def _refuse(self, root: Path, verb: str) -> None:
        """A rule of the cluster refuses what is made or deleted, in words of its own."""
        client, labels = self.cluster.client(), {_CATALOG: identity(root)}
        space = f"/api/v1/namespaces/{SPACE}/configmaps"
        tried = {"metadata": {"name": "tried", "labels": labels}}
        if verb == "DELETE":
            client.make(space, tried)
        self._webhook.refuse(client, verb, labels)
        self.undo.callback(self._allow, f"{space}/tried")
        asked = ("POST", space, tried) if verb == "CREATE" else ("DELETE", f"{space}/tried", None)
        dry = f"{asked[1]}?dryRun=All"
        until(lambda: client.ask(asked[0], dry, asked[2])[0] not in (200, 201))

    def _allow(self, tried: str) -> None:
        client = self.cluster.client()
        self._webhook.allow(client)
        until(lambda: client.ask("DELETE", tried)[0] in (200, 404))

    def _limit(self, root: Path, name: str) -> None:
        """The namespace may have no pod at all."""
        client, path = self.cluster.client(), f"/api/v1/namespaces/{SPACE}/resourcequotas"
        client.make(path, {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}})
        self.undo.callback(client.ask, "DELETE", f"{path}/none")
        client.until(f"{path}/none", lambda told: told.get("status", {}).get("hard"))


GROUND = Kubernetes
