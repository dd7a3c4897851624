"""The messages that a kubelet exchanges with plug-ins, named by their numbers.

From its API's own descriptions: `deviceplugin/v1beta1`, `dra/v1` and `pluginregistration/v1` of
k8s.io/kubelet. Fields that no plug-in of ours needs are left out.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
_PLAIN = {"string": _FIELD.TYPE_STRING, "bool": _FIELD.TYPE_BOOL}
# File -> message -> its fields, as (name, number, type); a type ends in * if there are many.
_MESSAGES: dict[str, dict[str, list[tuple[str, int, str]]]] = {
    "v1beta1": {
        "Empty": [],
        "DevicePluginOptions": [("pre_start_required", 1, "bool")],
        "RegisterRequest": [
            ("version", 1, "string"), ("endpoint", 2, "string"), ("resource_name", 3, "string"),
        ],
        "Device": [("ID", 1, "string"), ("health", 2, "string")],
        "ListAndWatchResponse": [("devices", 1, "Device*")],
        "ContainerAllocateRequest": [("devices_ids", 1, "string*")],
        "AllocateRequest": [("container_requests", 1, "ContainerAllocateRequest*")],
        "Env": [("key", 1, "string"), ("value", 2, "string")],
        "ContainerAllocateResponse": [("envs", 1, "Env*")],
        "AllocateResponse": [("container_responses", 1, "ContainerAllocateResponse*")],
    },
    "pluginregistration": {
        "InfoRequest": [],
        "PluginInfo": [
            ("type", 1, "string"), ("name", 2, "string"), ("endpoint", 3, "string"),
            ("supported_versions", 4, "string*"),
        ],
        "RegistrationStatus": [("plugin_registered", 1, "bool"), ("error", 2, "string")],
        "RegistrationStatusResponse": [],
    },
    "k8s.io.kubelet.pkg.apis.dra.v1": {
        "Claim": [("namespace", 1, "string"), ("uid", 2, "string"), ("name", 3, "string")],
        "NodePrepareResourcesRequest": [("claims", 1, "Claim*")],
        "Device": [
            ("request_names", 1, "string*"), ("pool_name", 2, "string"),
            ("device_name", 3, "string"), ("cdi_device_ids", 4, "string*"),
        ],
        "NodePrepareResourceResponse": [("devices", 1, "Device*"), ("error", 2, "string")],
        "Prepared": [("key", 1, "string"), ("value", 2, "NodePrepareResourceResponse")],
        "NodePrepareResourcesResponse": [("claims", 1, "Prepared*")],
        "NodeUnprepareResourceResponse": [("error", 1, "string")],
        "Unprepared": [("key", 1, "string"), ("value", 2, "NodeUnprepareResourceResponse")],
        "NodeUnprepareResourcesResponse": [("claims", 1, "Unprepared*")],
    },
}  # fmt: skip


def _made() -> dict[str, dict[str, Any]]:
    pool, found = descriptor_pool.DescriptorPool(), {}
    for package, messages in _MESSAGES.items():
        file = descriptor_pb2.FileDescriptorProto(name=package, package=package, syntax="proto3")
        for name, fields in messages.items():
            message = file.message_type.add(name=name)
            for called, number, kind in fields:
                one = kind.removesuffix("*")
                many = _FIELD.LABEL_REPEATED if one != kind else _FIELD.LABEL_OPTIONAL
                field = message.field.add(name=called, number=number, label=many)
                field.type = _PLAIN.get(one, _FIELD.TYPE_MESSAGE)
                if one not in _PLAIN:
                    field.type_name = f".{package}.{one}"
        pool.Add(file)
        found[package] = {
            name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
            for name in messages
        }
    return found


_ALL = _made()
DEVICES = _ALL["v1beta1"]
REGISTRATION = _ALL["pluginregistration"]
CLAIMS = _ALL["k8s.io.kubelet.pkg.apis.dra.v1"]
