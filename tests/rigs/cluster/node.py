"""One real node: kubelet, containerd, runc and a network of pods, in namespaces of its own.

It has its own network, processes and mounts, and its own folders in place of `/var/lib`, `/var/log`
and `/run`; all of that ends with its first process. What a kubelet would change of the whole
machine (five settings of the kernel) it finds set, in files laid over them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cluster import images
from cluster.api_server import ApiServer
from cluster.built import programs
from cluster.client import Client
from cluster.network import Network

PROXY = "system:kube-proxy"
_CGROUPS = Path("/sys/fs/cgroup")
_PLUGINS = Path("/usr/lib/cni")
SOCKET = "/run/containerd.sock"
_PATIENCE_S = 180.0
# As a kubelet wants them; see its package container manager.
_KERNEL = {
    "vm/overcommit_memory": 1, "vm/panic_on_oom": 0, "kernel/panic": 10, "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1000000, "kernel/keys/root_maxbytes": 25000000,
}  # fmt: skip


class Node:
    """One of a cluster's nodes.

    Args:
        name: its own.
        number: in the cluster's network.
        folder: for all that it keeps.
        labels: that its kubelet gives it.
    """

    def __init__(self, name: str, number: int, folder: Path, labels: Mapping[str, str]) -> None:
        self.name = name
        self.number = number
        self.folder = folder
        self.labels = labels
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: list[Path] = []

    @property
    def library(self) -> Path:
        """Its `/var/lib`, as this machine sees it."""
        return self.folder / "lib"

    def begin(self, api: ApiServer, network: Network) -> None:
        """Start it; it is not ready yet."""
        for each in ("lib/kubelet", "log", "kernel", "certs.d", "cni"):
            (self.folder / each).mkdir(parents=True)
        images.write(self.folder / "images.tar")
        self.address = network.node(self.number)
        self._settings(api, network)
        self._groups = _groups(f"rig-{self.folder.parent.name}-{self.number}")
        spaces = ("--mount", "--uts", "--pid", "--ipc", "--net", "--fork", "--kill-child")
        with (self.folder / "node.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", self._joining(), "unshare", "--cgroup", *spaces, "bash", "-c",
                 self._script()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._until(lambda: _space(self._pid()) != _space(os.getpid()))
        network.join(self.number, self._pid())

    def wait(self, client: Client) -> None:
        """Wait until the cluster says that it is ready."""
        path = f"/api/v1/nodes/{self.name}"

        def is_ready() -> bool:
            status, told = client.ask("GET", path)
            return status == 200 and _is_ready(told)

        self._until(is_ready)

    def run(self, *words: str) -> str:
        """What a command says in its namespaces."""
        target = self._children()[0]
        done = subprocess.run(
            ["nsenter", f"--target={target}", "--all", *words],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def images(self, *words: str) -> str:
        """What `ctr images` says there."""
        return self.run("ctr", f"--address={SOCKET}", "--namespace=k8s.io", "images", *words)

    def load(self, archive: Path, name: str = "") -> None:
        """Give it the images of an archive, or its one image under a name, by its digest."""
        named = (f"--base-name={name}", "--digests") if name else ()
        self.images("import", *named, str(archive))

    def stop(self, name: str) -> None:
        """Stop `kubelet`, `containerd` or `kube-proxy` there, as it stands."""
        self.run("sh", "-c", f"kill -STOP $(cat /run/{name}.pid)")

    def go_on(self, name: str) -> None:
        """Let go on what was stopped."""
        self.run("sh", "-c", f"kill -CONT $(cat /run/{name}.pid)")

    def log(self, name: str) -> str:
        """The end of what a part said."""
        path = self.folder / f"{name}.log"
        return path.read_text("utf-8", "replace")[-6000:] if path.exists() else ""

    def end(self) -> None:
        """End it, and leave no process, no mount and no group of processes."""
        if self._process is None:
            return
        for pid in self._children():
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        self._process.kill()
        self._process.wait()
        for each in self._groups:
            _remove(each)
        shutil.rmtree(self.library, ignore_errors=True)

    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _children(self) -> list[int]:
        with suppress(OSError):
            text = Path(f"/proc/{self._pid()}/task/{self._pid()}/children").read_text()
            return [int(each) for each in text.split()]
        return []

    def _until(self, is_so: object) -> None:
        assert callable(is_so)
        ends, names = time.monotonic() + _PATIENCE_S, ("node", "containerd", "kubelet")
        while not is_so():
            assert self._process
            gone = self._process.poll() is not None
            assert not gone and time.monotonic() < ends, "\n".join(map(self.log, names))
            time.sleep(0.1)

    def _joining(self) -> str:
        """What lets a shell and all that it becomes be of its groups."""
        lines = "".join(f"echo $$ >{each}/cgroup.procs\n" for each in self._groups)
        return f'set -e\n{lines}exec "$0" "$@"'

    def _settings(self, api: ApiServer, network: Network) -> None:
        write = self._write
        write("containerd.toml", _CONTAINERD.format(
            pause=images.PAUSE, plugins=_PLUGINS, folder=self.folder, socket=SOCKET,
        ))  # fmt: skip
        write("cni/10-rig.conflist", json.dumps({
            "cniVersion": "0.4.0", "name": "rig", "plugins": [
                {
                    "type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True,
                    "ipam": {
                        "type": "host-local",
                        "ranges": [[{"subnet": network.pods(self.number)}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                },
                {"type": "portmap", "capabilities": {"portMappings": True}},
            ],
        }))  # fmt: skip
        write("kubelet.yaml", _KUBELET.format(
            address=self.address, authority=api.keys.authority, socket=SOCKET,
            folder=self.folder,
        ))  # fmt: skip
        write("kube-proxy.yaml", _PROXY.format(
            kubeconfig=api.kubeconfig(PROXY), name=self.name,
        ))  # fmt: skip
        write("resolv.conf", "nameserver 127.0.0.1\n")
        self._kubeconfig = api.kubeconfig(f"system:node:{self.name}")
        for name, value in _KERNEL.items():
            write(f"kernel/{name.replace('/', '-')}", f"{value}\n")

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def _script(self) -> str:
        laid = "\n".join(
            f"mount --bind {self.folder}/kernel/{each.replace('/', '-')} /proc/sys/{each}"
            for each in _KERNEL
        )
        labels = ",".join(f"{key}={value}" for key, value in self.labels.items())
        return _BEGIN.format(
            folder=self.folder, laid=laid, name=self.name, bin=programs(), labels=labels,
            kubeconfig=self._kubeconfig, address=self.address, socket=SOCKET,
        )  # fmt: skip


def _space(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""


def _groups(name: str) -> list[Path]:
    """New groups of processes of a name, below ours: what limits us limits them."""
    made = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, kinds, path = line.split(":", 2)
        mounted = _CGROUPS / (kinds.removeprefix("name=") or "unified")
        if not mounted.is_dir():
            continue
        group = mounted / path.strip("/") / name
        group.mkdir()
        for each in ("cpuset.cpus", "cpuset.mems"):
            if (group / each).exists() and kinds:
                (group / each).write_text((group.parent / each).read_text())
        made.append(group)
    return made


def _is_ready(node: Mapping[str, Mapping[str, Sequence[Mapping[str, str]]]]) -> bool:
    said = node.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in said)


def _remove(group: Path) -> None:
    """Take a group of processes away; the kernel needs a moment after the last one ended."""
    ends = time.monotonic() + 60
    below = sorted(group.rglob("*/"), key=lambda path: -len(path.parts))
    for each in (*below, group):
        while each.is_dir():
            with suppress(OSError):
                each.rmdir()
            if time.monotonic() > ends:
                raise AssertionError(f"processes stay in {each}")
            if each.is_dir():
                time.sleep(0.05)


_BEGIN = """\
set -e
mount --make-rprivate /
mount --make-rshared /
mount -t proc proc /proc
# Seen from the namespace of groups, its own are the uppermost.
mount -t tmpfs tmpfs /sys/fs/cgroup
while IFS=: read -r _ kinds _; do
  at=/sys/fs/cgroup/${{kinds#name=}}
  case $kinds in
    '') mkdir $at/unified && mount -t cgroup2 cgroup2 $at/unified;;
    name=*) mkdir $at && mount -t cgroup -o none,$kinds cgroup $at;;
    *) mkdir $at && mount -t cgroup -o $kinds cgroup $at;;
  esac
done </proc/self/cgroup
mount --bind {folder}/lib /var/lib
mount --bind {folder}/log /var/log
mount -t tmpfs tmpfs /run
mount --bind {folder}/resolv.conf /etc/resolv.conf
{laid}
hostname {name}
until ip route show default | grep -q .; do sleep 0.05; done
echo 1 >/proc/sys/net/ipv4/ip_forward
containerd --config {folder}/containerd.toml >{folder}/containerd.log 2>&1 &
echo $! >/run/containerd.pid
until ctr --address={socket} version >/dev/null 2>&1; do sleep 0.1; done
ctr --address={socket} --namespace=k8s.io images import {folder}/images.tar
{bin}/kubelet --config={folder}/kubelet.yaml --kubeconfig={kubeconfig} \\
  --hostname-override={name} --node-ip={address} --node-labels={labels} \\
  --root-dir=/var/lib/kubelet --cert-dir={folder}/pki >{folder}/kubelet.log 2>&1 &
echo $! >/run/kubelet.pid
{bin}/kube-proxy --config={folder}/kube-proxy.yaml >{folder}/kube-proxy.log 2>&1 &
echo $! >/run/kube-proxy.pid
wait
"""
_CONTAINERD = """\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.internal.v1.opt"]
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{folder}/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""
_KUBELET = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: {address}
healthzPort: 0
readOnlyPort: 0
containerRuntimeEndpoint: unix://{socket}
cgroupDriver: cgroupfs
cgroupRoot: /
failCgroupV1: false
failSwapOn: false
podPidsLimit: 4096
protectKernelDefaults: true
authentication:
  anonymous: {{enabled: false}}
  webhook: {{enabled: true}}
  x509: {{clientCAFile: {authority}}}
authorization: {{mode: Webhook}}
resolvConf: {folder}/resolv.conf
evictionHard: {{memory.available: 50Mi, nodefs.available: 1%, imagefs.available: 1%}}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
makeIPTablesUtilChains: false
shutdownGracePeriod: 0s
nodeStatusReportFrequency: 10s
"""
_PROXY = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {{kubeconfig: {kubeconfig}}}
hostnameOverride: {name}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: {{maxPerCore: 0, min: 0}}
detectLocalMode: BridgeInterface
detectLocal: {{bridgeInterface: cni0}}
"""
