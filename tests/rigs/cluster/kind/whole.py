"""A cluster of one node that kind makes, asked as a cluster of our own is."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from cluster import built, images
from cluster.client import Client
from cluster.keys import Keys
from cluster.kind.node_image import node_image

# Of an image of ours, built where none can be pulled; any other word is an image's name.
BUILT = "built"
_WAIT = "300s"
_LIMITS = '[containers]\ndefault_ulimits = ["nofile={0}:{0}", "nproc=4096:4096"]\n'
_MODULES = Path("/lib/modules")
_AUTHORITY = "/etc/kubernetes/pki/ca.crt"
_PATCHES = "/patches"
# Of a small machine the parts would hold a third; and those that elect a leader, who is alone,
# would end themselves while the API server is frozen.
_MODEST = {"op": "replace", "path": "/spec/containers/0/resources/requests/cpu", "value": "10m"}
_ALONE = {"op": "add", "path": "/spec/containers/0/command/-", "value": "--leader-elect=false"}
_PARTS = {
    "etcd": [_MODEST], "kube-apiserver": [_MODEST],
    "kube-controller-manager": [_MODEST, _ALONE], "kube-scheduler": [_MODEST, _ALONE],
}  # fmt: skip
# Nobody asks for names. What may not raise limits may not spare a process from being killed either.
_INIT = f"""\
kind: InitConfiguration
skipPhases: [preflight, addon/coredns]
patches: {{directory: {_PATCHES}}}
"""
_SPARES = '[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n'


class Unpulled(Exception):
    """No node image is here, nor comes from a registry."""


def runtime() -> str:
    """`docker` or `podman`, whichever runs here; empty where neither does."""
    for name in ("docker", "podman"):
        if shutil.which(name):
            done = subprocess.run((name, "info"), capture_output=True, check=False)
            if done.returncode == 0:
                return name
    return ""


@dataclass
class Kind:
    """As `cluster.control_plane.Cluster`, in one container.

    Args:
        folder: an empty folder of its own.
        seen: a folder of this machine that its node sees under the same path.
    """

    folder: Path
    seen: Path
    server: str = field(init=False, default="")
    real: dict[str, _Node] = field(init=False, default_factory=dict)
    _has_begun: bool = field(init=False, default=False)

    def begin(self) -> None:
        """Make it; its node is ready then.

        Raises:
            Unpulled: what the class says.
        """
        self._runtime, self._name = runtime(), f"deepcat-{os.getpid()}"
        assert self._runtime, "neither Docker nor Podman answers"
        self.keys = Keys(self.folder / "pki")
        self._settings()
        self._program = shutil.which("kind") or str(built.tools("kind") / "kind")
        image = os.environ.get("KIND_IMAGE", "")
        if image == BUILT:
            image = node_image(self._runtime, self._environment)
        self._has_made_modules = not _MODULES.exists()
        _MODULES.mkdir(parents=True, exist_ok=True)
        self._has_begun = True
        self._create(*([f"--image={image}"] if image else []))
        node = _Node(f"{self._name}-control-plane", self._runtime, self._environment)
        self.real[node.name] = node
        self._let_in(node)
        self.client().until(f"/api/v1/nodes/{node.name}", _is_free)
        archive = self.folder / "images.tar"
        images.write(archive)
        node.load(archive)

    def end(self) -> None:
        """Take it away."""
        if self._has_begun:
            self._call(self._program, "delete", "cluster", *self._which)
            if self._has_made_modules:
                _MODULES.rmdir()

    def client(self) -> Client:
        """Who asks it, as its administrator."""
        return Client(self.server, self.trust, self._token)

    @property
    def trust(self) -> Path:
        """What vouches for its API server, and for who is put in its place."""
        return self.folder / "trust.crt"

    @property
    def outside(self) -> str:
        """The address at which its API server reaches this machine."""
        [node] = self.real.values()
        return node.run("ip", "-4", "route", "show", "default").split()[2]

    def freeze(self) -> None:
        """Stop its API server as it stands, and who would start it again."""
        self._signal("STOP", "kubelet", "kube-apiserver")

    def thaw(self) -> None:
        """Let both go on."""
        self._signal("CONT", "kube-apiserver", "kubelet")

    def _signal(self, name: str, *programs: str) -> None:
        [node] = self.real.values()
        for each in programs:
            node.run("pkill", f"-{name}", "-x", each)

    def _let_in(self, node: _Node) -> None:
        """Have an account of the cluster that may do all, and its authority beside ours."""
        account = "kube-system:rig"
        node.run("kubectl", "--namespace=kube-system", "create", "serviceaccount", "rig")
        node.run("kubectl", "create", "clusterrolebinding", "rig", "--clusterrole=cluster-admin",
                 f"--serviceaccount={account}")  # fmt: skip
        words = ("kubectl", "--namespace=kube-system", "create", "token", "rig")
        self._token = node.run(*words, "--duration=24h").strip()
        self.trust.write_text(node.run("cat", _AUTHORITY) + self.keys.authority.read_text())
        port = self._call(self._runtime, "port", node.name, "6443/tcp").split(":")[-1]
        self.server = f"https://127.0.0.1:{port.strip()}"

    def _settings(self) -> None:
        """What kubeadm, Docker and Podman read."""
        patches, limits = self.folder / "patches", self.folder / "containers.conf"
        patches.mkdir()
        for part, patch in _PARTS.items():
            (patches / f"{part}+json.yaml").write_text(json.dumps(patch))
        limits.write_text(_LIMITS.format(resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        own = {"KIND_EXPERIMENTAL_PROVIDER": self._runtime, "CONTAINERS_CONF": str(limits)}
        self._environment = {**os.environ, **own}

    def _create(self, *words: str) -> None:
        seen = ((self.seen, self.seen), (self.folder / "patches", _PATCHES))
        mounts = [{"hostPath": str(here), "containerPath": str(there)} for here, there in seen]
        config = {
            "kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4",
            "nodes": [{"role": "control-plane", "extraMounts": mounts}],
            "kubeadmConfigPatches": [_INIT], "containerdConfigPatches": [_SPARES],
        }  # fmt: skip
        words = ("create", "cluster", "--config=-", f"--wait={_WAIT}", *self._which, *words)
        try:
            self._call(self._program, *words, said=json.dumps(config))
        except AssertionError as error:
            raise Unpulled(str(error)) if "failed to pull image" in str(error) else error from None

    @property
    def _which(self) -> tuple[str, str]:
        return f"--name={self._name}", f"--kubeconfig={self.folder / 'kubeconfig'}"

    def _call(self, *words: str, said: str = "") -> str:
        return _said(words, self._environment, said)


@dataclass(frozen=True)
class _Node:
    """The container that is its node."""

    name: str
    runtime: str
    environment: dict[str, str] = field(repr=False)

    def run(self, *words: str) -> str:
        """What a command says in it."""
        return _said((self.runtime, "exec", self.name, *words), self.environment)

    def images(self, *words: str) -> str:
        """What `ctr images` says there."""
        return self.run("ctr", "--namespace=k8s.io", "images", *words)

    def load(self, archive: Path, name: str = "") -> None:
        """Give it the images of an archive, or its one image under a name, by its digest."""
        there = f"/var/{archive.name}"
        named = (f"--base-name={name}", "--digests") if name else ()
        _said((self.runtime, "cp", str(archive), f"{self.name}:{there}"), self.environment)
        self.images("import", *named, there)
        self.run("rm", there)


def _said(words: tuple[str, ...], environment: dict[str, str], said: str = "") -> str:
    done = subprocess.run(
        words, env=environment, input=said, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-6000:]}"
    return done.stdout


def _is_free(node: dict[str, dict[str, object]]) -> bool:
    """Whether a node takes pods."""
    return not node["spec"].get("taints")
