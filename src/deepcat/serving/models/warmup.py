"""Send a model the requests that it brings for its warm-up, before anyone else's."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from deepcat.serving.contract.examples import input_examples
from deepcat.serving.contract.protos import prediction_log_pb2
from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.contract.tensors import to_array
from deepcat.serving.models import inference
from deepcat.serving.models.servable import Servable

_PLACE = ("assets.extra", "tf_serving_warmup_requests")
_MOST_RECORDS = 1000
_HEAD = struct.Struct("<QI")


def warm_up(servable: Servable, folder: Path) -> int:
    """Send each request of the file `tf_serving_warmup_requests`; without one, do nothing.

    Returns:
        how many requests were sent.

    Raises:
        ServingError: the file is damaged or holds too many requests, or a request fails.
    """
    path = folder.joinpath(*_PLACE)
    if not path.is_file():
        return 0
    count = 0
    for record in _records(path):
        count += 1
        if count > _MOST_RECORDS:
            raise ServingError(
                Code.INVALID_ARGUMENT,
                f"Number of warmup records exceeds the maximum ({_MOST_RECORDS}) in {path.name}",
            )
        try:
            log = prediction_log_pb2.PredictionLog.FromString(record)
        except DecodeError as error:
            raise ServingError(
                Code.INVALID_ARGUMENT, f"Failed to parse warmup record from {path.name}"
            ) from error
        _send(servable, log)
    return count


def _records(path: Path) -> Iterator[bytes]:
    """The records of a TFRecord file, which has length, checksum, data, checksum for each."""
    with path.open("rb") as file:
        size = path.stat().st_size
        while head := file.read(_HEAD.size):
            if len(head) < _HEAD.size:
                raise _damaged(path)
            length, _ = _HEAD.unpack(head)
            if length > size:
                raise _damaged(path)
            data = file.read(length)
            if len(data) < length or len(file.read(4)) < 4:
                raise _damaged(path)
            yield data


def _damaged(path: Path) -> ServingError:
    return ServingError(Code.DATA_LOSS, f"{path.name} is cut short")


def _send(servable: Servable, log: Any) -> None:
    kind = str(log.WhichOneof("log_type"))
    request: Any = getattr(log, kind).request if hasattr(log, kind) else None
    if kind == "predict_log":
        inputs = {name: to_array(tensor) for name, tensor in request.inputs.items()}
        name, wanted = request.model_spec.signature_name, list(request.output_filter)
        inference.predict(servable, name, inputs, wanted)
    elif kind == "classify_log":
        examples = input_examples(request.input)
        inference.classify(servable, request.model_spec.signature_name, examples)
    elif kind == "regress_log":
        examples = input_examples(request.input)
        inference.regress(servable, request.model_spec.signature_name, examples)
    elif kind == "multi_inference_log":
        tasks = [
            inference.Task(servable.model, t.model_spec.signature_name, t.method_name)
            for t in request.tasks
        ]
        inference.multi(servable, tasks, input_examples(request.input))
    else:
        raise ServingError(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind}")
