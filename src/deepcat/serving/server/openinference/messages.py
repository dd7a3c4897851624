"""The protocol's gRPC messages, from a table of their fields: nothing is generated, nothing needed.

They lie in a pool of their own, so that a client's copy in the same process is no other definition.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "inference"
SERVICE = f"{PACKAGE}.GRPCInferenceService"
_Field = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    "bool": _Field.TYPE_BOOL, "int32": _Field.TYPE_INT32, "int64": _Field.TYPE_INT64,
    "uint32": _Field.TYPE_UINT32, "uint64": _Field.TYPE_UINT64, "float": _Field.TYPE_FLOAT,
    "double": _Field.TYPE_DOUBLE, "string": _Field.TYPE_STRING, "bytes": _Field.TYPE_BYTES,
}  # fmt: skip
_TENSOR = "name:string datatype:string shape:int64*"
_PARAMETERS = "parameters:InferParameter%"
# Message -> its fields in the order of their numbers: a type, `*` for many, `%` for a map by name,
# `?` for one of several.
_MESSAGES = {
    "ServerLiveRequest": "",
    "ServerLiveResponse": "live:bool",
    "ServerReadyRequest": "",
    "ServerReadyResponse": "ready:bool",
    "ModelReadyRequest": "name:string version:string",
    "ModelReadyResponse": "ready:bool",
    "ServerMetadataRequest": "",
    "ServerMetadataResponse": "name:string version:string extensions:string*",
    "ModelMetadataRequest": "name:string version:string",
    "ModelMetadataResponse": "name:string versions:string* platform:string "
    "inputs:ModelMetadataResponse.TensorMetadata* outputs:ModelMetadataResponse.TensorMetadata*",
    "ModelMetadataResponse.TensorMetadata": _TENSOR,
    "InferParameter": "bool_param:bool? int64_param:int64? string_param:string? "
    "double_param:double? uint64_param:uint64?",
    "InferTensorContents": "bool_contents:bool* int_contents:int32* int64_contents:int64* "
    "uint_contents:uint32* uint64_contents:uint64* fp32_contents:float* fp64_contents:double* "
    "bytes_contents:bytes*",
    "ModelInferRequest": f"model_name:string model_version:string id:string {_PARAMETERS} "
    "inputs:ModelInferRequest.InferInputTensor* "
    "outputs:ModelInferRequest.InferRequestedOutputTensor* raw_input_contents:bytes*",
    "ModelInferRequest.InferInputTensor": f"{_TENSOR} {_PARAMETERS} contents:InferTensorContents",
    "ModelInferRequest.InferRequestedOutputTensor": f"name:string {_PARAMETERS}",
    "ModelInferResponse": f"model_name:string model_version:string id:string {_PARAMETERS} "
    "outputs:ModelInferResponse.InferOutputTensor* raw_output_contents:bytes*",
    "ModelInferResponse.InferOutputTensor": f"{_TENSOR} {_PARAMETERS} contents:InferTensorContents",
}
METHODS = ("ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata",
           "ModelInfer")  # fmt: skip


def _file() -> Any:
    made = descriptor_pb2.FileDescriptorProto(
        name="open_inference_grpc.proto", package=PACKAGE, syntax="proto3"
    )
    known: dict[str, Any] = {}
    for name, fields in _MESSAGES.items():
        outer, _, inner = name.rpartition(".")
        around = known[outer].nested_type if outer else made.message_type
        known[name] = around.add(name=inner)
        for number, field in enumerate(fields.split(), 1):
            _add(known[name], name, number, field)
    service = made.service.add(name="GRPCInferenceService")
    for method in METHODS:
        words = (f".{PACKAGE}.{method}{what}" for what in ("Request", "Response"))
        service.method.add(
            name=method, **dict(zip(("input_type", "output_type"), words, strict=True))
        )
    return made


def _add(message: Any, owner: str, number: int, field: str) -> None:
    name, _, kind = field.partition(":")
    added = message.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL)
    mark, kind = (kind[-1], kind[:-1]) if kind[-1] in "*%?" else ("", kind)
    if mark in ("*", "%"):
        added.label = _Field.LABEL_REPEATED
    if mark == "?":
        if not message.oneof_decl:
            message.oneof_decl.add(name="parameter_choice")
        added.oneof_index = 0
    if mark == "%":
        entry = message.nested_type.add(name="ParametersEntry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, type=_TYPES["string"], label=_Field.LABEL_OPTIONAL)
        _add(entry, owner, 2, f"value:{kind}")
        kind = f"{owner}.ParametersEntry"
    if kind in _TYPES:
        added.type = _TYPES[kind]
    else:
        added.type, added.type_name = _Field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"


_POOL = descriptor_pool.DescriptorPool()
FILE = _POOL.AddSerializedFile(_file().SerializeToString())


def message(name: str) -> Any:
    """The class of a message."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))
