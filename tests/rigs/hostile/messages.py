"""Messages of gRPC, spoilt by field and by byte."""

from __future__ import annotations

import random

from hostile.target import Shot

METHODS = (
    "tensorflow.serving.PredictionService/Predict",
    "tensorflow.serving.PredictionService/Classify",
    "tensorflow.serving.PredictionService/Regress",
    "tensorflow.serving.PredictionService/MultiInference",
    "tensorflow.serving.PredictionService/GetModelMetadata",
    "tensorflow.serving.ModelService/GetModelStatus",
    "inference.GRPCInferenceService/ModelInfer",
    "inference.GRPCInferenceService/ModelMetadata",
    "grpc.health.v1.Health/Check",
    "no.Such/Method",
)
VARINTS = (0, 1, 2, 7, 127, 128, 2**28, 2**31 - 1, 2**31, 2**32, 2**40, 2**62, 2**63, 2**64 - 1)


def by_field(shot: Shot) -> None:
    data = _message(shot.chance)
    for _ in range(shot.chance.choice((1, 1, 2, 5))):
        data = mutated(data, shot.chance)
    _call(shot, data)


def by_byte(shot: Shot) -> None:
    data = bytearray(_message(shot.chance))
    for _ in range(shot.chance.randint(1, 8)):
        data[shot.chance.randrange(len(data))] = shot.chance.randrange(256)
    _call(shot, bytes(data[: shot.chance.choice((len(data), shot.chance.randrange(len(data))))]))


def _call(shot: Shot, data: bytes) -> None:
    import grpc

    method = shot.chance.choice((*METHODS[:1] * 5, *METHODS))
    timeout = shot.chance.choice((30, 30, 30, 0.001))
    try:
        shot.channel.unary_unary(f"/{method}")(data, timeout=timeout)
        code = "OK"
    except grpc.RpcError as error:
        code = error.code().name
    shot.report.add(shot.kind, code, method.encode() + b" " + data)


def _message(chance: random.Random) -> bytes:
    """A request that is well, or that asks for a great tensor in few bytes."""
    from deepcat.serving.contract.protos import classification_pb2, inference_pb2, predict_pb2

    kind = chance.randrange(4)
    if kind == 0:
        request = classification_pb2.ClassificationRequest()
        request.model_spec.name = "half"
        feature = request.input.example_list.examples.add().features.feature["x"]
        feature.float_list.value.append(1.0)
        return bytes(request.SerializeToString())
    if kind == 1:
        request = inference_pb2.MultiInferenceRequest()
        task = request.tasks.add(method_name="tensorflow/serving/regress")
        task.model_spec.name = "half"
        task.model_spec.signature_name = "regress_x_to_y"
        return bytes(request.SerializeToString())
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "half"
    tensor = request.inputs["x"]
    tensor.dtype = chance.choice((1, 1, 1, 2, 3, 7, 8, 9, 19, 21))
    tensor.float_val.append(1.0)
    for _ in range(chance.choice((1, 1, 2, 80, 255))):
        tensor.tensor_shape.dim.add(size=chance.choice((1, 1, *VARINTS[:-1])) % 2**63)
    return bytes(request.SerializeToString())


def mutated(data: bytes, chance: random.Random, depth: int = 0) -> bytes:
    """A message with one field of it, or of a message in it, changed."""
    fields = _fields(data)
    if not fields:
        return data + _tag(chance.randint(1, 20), 0) + _varint(chance.choice(VARINTS))
    at = chance.randrange(len(fields))
    number, kind, value = fields[at]
    if kind == 2 and depth < 6 and value and chance.random() < 0.7:
        fields[at] = number, kind, mutated(value, chance, depth + 1)
    else:
        fields = _changed(fields, at, chance)
    return b"".join(_tag(n, k) + (_varint(len(v)) if k == 2 else b"") + v for n, k, v in fields)


Field = tuple[int, int, bytes]


def _changed(fields: list[Field], at: int, chance: random.Random) -> list[Field]:
    number, kind, value = fields[at]
    other = chance.choice(
        (b"", b"\xff", b"\x00" * 8, b"half", b"x" * 5000, bytes(chance.randbytes(20)), value * 3)
    )
    what = chance.randrange(7)
    if what == 0:
        return fields[:at] + fields[at + 1 :]
    if what == 1:
        return fields[:at] + [fields[at]] * chance.choice((2, 3, 1000)) + fields[at + 1 :]
    if what == 2:
        return [*fields[:at], (chance.randint(1, 40), kind, value), *fields[at + 1 :]]
    if what == 3:
        return [*fields[:at], (number, 0, _varint(chance.choice(VARINTS))), *fields[at + 1 :]]
    if what == 4:
        return [*fields[:at], (number, 2, _nested(number, chance)), *fields[at + 1 :]]
    if what == 5:
        return [*fields[:at], (number, 2, other), *fields[at + 1 :]]
    return chance.sample(fields, len(fields))


def _nested(number: int, chance: random.Random) -> bytes:
    inner = b""
    for _ in range(chance.choice((3, 50, 200))):
        inner = _tag(number, 2) + _varint(len(inner)) + inner
    return inner


def _fields(data: bytes) -> list[Field]:
    """The fields of a message; none where it is no message."""
    found: list[Field] = []
    at = 0
    while at < len(data):
        tag, at = _read(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = _read(data, at)
            found.append((tag >> 3, 0, _varint(value)))
            continue
        size = {1: 8, 5: 4}.get(kind, -1)
        if kind == 2:
            size, at = _read(data, at)
        if size < 0 or at + size > len(data) or not tag >> 3:
            return []
        found.append((tag >> 3, kind, data[at : at + size]))
        at += size
    return found


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            break
        shift += 7
    return value, at


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
