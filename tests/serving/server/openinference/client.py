"""Triton's own client asks a server by REST and by gRPC; what it got goes to standard output.

    python client.py ADDRESS rest|grpc

Runs where `requirements.lock` is installed.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

IMAGE = b"\x89PNG\r\n\x1a\n\x00\xff"


def main(address: str, way: str) -> None:
    if way == "rest":
        import tritonclient.http as triton
    else:
        import tritonclient.grpc as triton
    client = triton.InferenceServerClient(address)
    told: dict[str, Any] = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model": client.is_model_ready("twin"),
        "version": client.is_model_ready("twin", "1"),
        "nobody": client.is_model_ready("nobody"),
        "server": plain(client.get_server_metadata()),
        "metadata": plain(client.get_model_metadata("twin")),
    }
    for binary in (True, False):
        told[f"binary {binary}"] = infer(triton, client, way, binary)
    try:
        client.infer("twin", [tensor(triton, "count", np.array([1], np.int64))])
    except triton.InferenceServerException as error:
        told["error"] = str(error)
    print(json.dumps(told))


def infer(triton: Any, client: Any, way: str, binary: bool) -> Any:
    values = {
        "count": np.array(3, np.int64),
        "flag": np.array(True),
        "scale": np.array(0.5),
        "values": np.array([1.0, 2.0]),
        # In JSON, bytes are text.
        "image_bytes": np.array(IMAGE if binary or way == "grpc" else b"text", object),
        "word": np.array("grün".encode(), object),
    }
    how = {"binary_data": binary} if way == "rest" else {}
    inputs = [tensor(triton, name, array, **how) for name, array in values.items()]
    outputs = [triton.InferRequestedOutput(name, **how) for name in ("scaled", "image_bytes")]
    wanted = outputs if binary else [*outputs, triton.InferRequestedOutput("counted", **how)]
    found = client.infer("twin", inputs, request_id="7", outputs=wanted)
    names = [each.name() for each in wanted]
    arrays = {name: found.as_numpy(name) for name in names}
    shown = {name: [str(array.dtype), [*map(str, array.ravel())]] for name, array in arrays.items()}
    response = plain(found.get_response())
    return {"id": response["id"], "version": response["model_version"], **shown}


def tensor(triton: Any, name: str, array: Any, **how: Any) -> Any:
    from tritonclient.utils import np_to_triton_dtype

    found = triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    found.set_data_from_numpy(array, **how)
    return found


def plain(message: Any) -> Any:
    if isinstance(message, dict):
        return message
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
