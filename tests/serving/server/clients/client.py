"""Somebody else's client asks a server; what it got goes to standard output.

    python client.py ovms|ovms-rest|min ADDRESS

Runs where `requirements.lock` is installed.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

X = np.array([1.0, 2.0], np.float32)


def ovms(address: str, rest: bool) -> dict[str, Any]:
    import ovmsclient

    make = ovmsclient.make_http_client if rest else ovmsclient.make_grpc_client
    client = make(address)
    told: dict[str, Any] = {
        # Without a version its requests name the version 0, which is to mean the latest.
        "latest": client.predict({"x": X}, "linear").tolist(),
        "version": client.predict({"x": X}, "linear", 123).tolist(),
        "status": {str(k): v["state"] for k, v in client.get_model_status("linear").items()},
        "metadata": plain(client.get_model_metadata("linear")),
        "one": plain(client.get_model_metadata("linear", 123))["version"],
    }
    try:
        client.predict({"x": X}, "linear", 7)
    except ovmsclient.tfs_compat.base.errors.ModelServerError as error:
        told["error"] = f"{type(error).__name__} {error}"
    return told


def plain(metadata: dict[str, Any]) -> dict[str, Any]:
    """What the client tells of a model: as it read it, or as it came."""
    if "model_spec" in metadata:
        signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
        version = int(metadata["model_spec"]["version"])
        return {"version": version, "dtype": signature["inputs"]["x"]["dtype"]}
    return {"version": metadata["model_version"], "dtype": metadata["inputs"]["x"]["dtype"]}


def minimal(address: str) -> dict[str, Any]:
    from min_tfs_client.requests import TensorServingClient
    from min_tfs_client.tensors import tensor_proto_to_ndarray

    host, _, port = address.rpartition(":")
    client = TensorServingClient(host, int(port))

    def asked(version: int | None) -> tuple[list[float], int]:
        response = client.predict_request("linear", {"x": X}, model_version=version)
        values = tensor_proto_to_ndarray(response.outputs["y"]).tolist()
        return values, response.model_spec.version.value

    return {"latest": asked(None), "version": asked(123)}


if __name__ == "__main__":
    which, where = sys.argv[1:]
    print(json.dumps(minimal(where) if which == "min" else ovms(where, which == "ovms-rest")))
