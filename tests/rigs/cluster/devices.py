"""A vendor's plug-ins of a real kubelet: devices that are counted, and devices that are claimed.

They run in the tests' own process. A kubelet and its plug-ins meet at sockets below its folder,
which both see, each under a path of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from cluster.client import Client
from cluster.wires import CLAIMS, DEVICES, REGISTRATION

_KUBELET = Path("kubelet")
DRIVER = "gpu.nvidia.com"


class Counted:
    """A plug-in that advertises so many of a resource, such as `nvidia.com/gpu`.

    Args:
        library: the node's `/var/lib`.
        resource: its name.
        names: of the devices.
    """

    def __init__(self, library: Path, resource: str, names: Sequence[str]) -> None:
        self._folder = library / _KUBELET / "device-plugins"
        self._resource = resource
        self._names = names
        self._changed = threading.Condition()
        self._ill: Mapping[str, str] = {}
        self._turn = 0
        self._socket = f"{resource.replace('/', '-')}.sock"
        self._server: Any = None

    def begin(self) -> None:
        """Serve, and tell the kubelet."""
        package = DEVICES
        self._server = _serve(self._folder / self._socket, "v1beta1.DevicePlugin", package, {
            "GetDevicePluginOptions": ("Empty", lambda _: package["DevicePluginOptions"]()),
            "Allocate": ("AllocateRequest", self._allocate),
        }, {"ListAndWatch": ("Empty", self._list)})  # fmt: skip
        asked = package["RegisterRequest"](
            version="v1beta1", endpoint=self._socket, resource_name=self._resource
        )
        with grpc.insecure_channel(f"unix:{self._folder / 'kubelet.sock'}") as channel:
            channel.unary_unary(
                "/v1beta1.Registration/Register", package["RegisterRequest"].SerializeToString,
                package["Empty"].FromString,
            )(asked, timeout=120, wait_for_ready=True)  # fmt: skip

    def health(self, ill: Mapping[str, str]) -> None:
        """Say how devices are: a name -> `Unhealthy`; all others are well."""
        with self._changed:
            self._ill, self._turn = ill, self._turn + 1
            self._changed.notify_all()

    def end(self) -> None:
        """Serve no longer."""
        with self._changed:
            self._turn = -1
            self._changed.notify_all()
        if self._server:
            self._server.stop(0).wait()

    def _list(self, _: Any) -> Iterator[Any]:
        while (turn := self._turn) >= 0:
            devices = [
                DEVICES["Device"](ID=name, health=self._ill.get(name, "Healthy"))
                for name in self._names
            ]
            yield DEVICES["ListAndWatchResponse"](devices=devices)
            with self._changed:
                self._changed.wait_for(lambda seen=turn: self._turn != seen)

    def _allocate(self, asked: Any) -> Any:
        given = []
        for each in asked.container_requests:
            env = DEVICES["Env"](key="NVIDIA_VISIBLE_DEVICES", value=",".join(each.devices_ids))
            given.append(DEVICES["ContainerAllocateResponse"](envs=[env]))
        return DEVICES["AllocateResponse"](container_responses=given)


class Claimed:
    """A driver whose devices are claimed: it publishes what they are, and gives what was allotted.

    Args:
        library: the node's `/var/lib`.
        node: its name.
        client: who asks the cluster.
        devices: a name -> its attributes, texts or numbers.
        memory: what each has.
    """

    def __init__(
        self,
        library: Path,
        node: str,
        client: Client,
        devices: Mapping[str, Mapping[str, str | int]],
        memory: str = "40Gi",
    ) -> None:
        self._folder = library / _KUBELET
        self._node, self._client = node, client
        self._devices, self._memory = devices, memory
        self._servers: list[Any] = []
        self._known = threading.Event()

    def begin(self) -> None:
        """Serve, let the kubelet find it, and publish the devices."""
        plugin = self._folder / "plugins" / DRIVER
        plugin.mkdir(parents=True, exist_ok=True)
        self._servers.append(_serve(
            plugin / "dra.sock", "k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin", CLAIMS, {
                "NodePrepareResources": ("NodePrepareResourcesRequest", self._prepare),
                "NodeUnprepareResources": ("NodePrepareResourcesRequest", self._unprepare),
            },
        ))  # fmt: skip
        info = REGISTRATION["PluginInfo"](
            type="DRAPlugin", name=DRIVER, endpoint=f"/var/lib/kubelet/plugins/{DRIVER}/dra.sock",
            supported_versions=["v1.DRAPlugin"],
        )  # fmt: skip
        socket = self._folder / "plugins_registry" / f"{DRIVER}-reg.sock"
        self._servers.append(_serve(socket, "pluginregistration.Registration", REGISTRATION, {
            "GetInfo": ("InfoRequest", lambda _: info),
            "NotifyRegistrationStatus": ("RegistrationStatus", self._hear),
        }))  # fmt: skip
        # What is allotted before the kubelet knows the driver is tried again after minutes only.
        assert self._known.wait(120), "the kubelet did not find the driver"
        publish(self._client, self._node, self._devices, self._memory)

    def _hear(self, told: Any) -> Any:
        if told.plugin_registered:
            self._known.set()
        return REGISTRATION["RegistrationStatusResponse"]()

    def end(self) -> None:
        """Serve no longer."""
        for each in self._servers:
            each.stop(0).wait()

    def _prepare(self, asked: Any) -> Any:
        return CLAIMS["NodePrepareResourcesResponse"](
            claims=[CLAIMS["Prepared"](key=each.uid, value=self._given(each))
                    for each in asked.claims]
        )  # fmt: skip

    def _given(self, claim: Any) -> Any:
        path = f"/apis/resource.k8s.io/v1/namespaces/{claim.namespace}/resourceclaims/{claim.name}"
        status, told = self._client.ask("GET", path)
        if status != 200:
            return CLAIMS["NodePrepareResourceResponse"](error=str(told))
        return CLAIMS["NodePrepareResourceResponse"](devices=[
            CLAIMS["Device"](request_names=[each["request"]], pool_name=each["pool"],
                             device_name=each["device"])
            for each in told["status"]["allocation"]["devices"]["results"]
            if each["driver"] == DRIVER
        ])  # fmt: skip

    def _unprepare(self, asked: Any) -> Any:
        value = CLAIMS["NodeUnprepareResourceResponse"]()
        return CLAIMS["NodeUnprepareResourcesResponse"](
            claims=[CLAIMS["Unprepared"](key=each.uid, value=value) for each in asked.claims]
        )


def publish(
    client: Client,
    node: str,
    devices: Mapping[str, Mapping[str, str | int]],
    memory: str = "40Gi",
) -> None:
    """Say by a slice which devices a node has, as its driver would; and their class, once."""
    rule = f"device.driver == '{DRIVER}' && device.attributes['{DRIVER}'].type == 'gpu'"
    made = {"metadata": {"name": DRIVER}, "spec": {"selectors": [{"cel": {"expression": rule}}]}}
    status, told = client.ask("POST", "/apis/resource.k8s.io/v1/deviceclasses", made)
    assert status in (201, 409), told
    client.make("/apis/resource.k8s.io/v1/resourceslices", {
        "metadata": {"name": f"{node}-{DRIVER}"},
        "spec": {
            "driver": DRIVER, "nodeName": node,
            "pool": {"name": node, "generation": 1, "resourceSliceCount": 1},
            "devices": [
                {
                    "name": name, "capacity": {"memory": {"value": memory}},
                    "attributes": {"type": {"string": "gpu"}, **_typed(attributes)},
                }
                for name, attributes in devices.items()
            ],
        },
    })  # fmt: skip


def _typed(attributes: Mapping[str, str | int]) -> dict[str, dict[str, str | int]]:
    return {
        name: {"string" if isinstance(value, str) else "int": value}
        for name, value in attributes.items()
    }


def _serve(
    socket: Path,
    service: str,
    package: Mapping[str, Any],
    answers: Mapping[str, tuple[str, Callable[[Any], Any]]],
    streams: Mapping[str, tuple[str, Callable[[Any], Any]]] | None = None,
) -> Any:
    def handler(make: Any, asked: str, answer: Callable[[Any], Any]) -> Any:
        return make(
            lambda request, _: answer(request), package[asked].FromString,
            lambda message: message.SerializeToString(),
        )  # fmt: skip

    handlers = {
        name: handler(grpc.unary_unary_rpc_method_handler, *each) for name, each in answers.items()
    }
    for name, each in (streams or {}).items():
        handlers[name] = handler(grpc.unary_stream_rpc_method_handler, *each)
    server = grpc.server(ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    return server
