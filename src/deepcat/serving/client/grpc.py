"""Ask a server by gRPC with a REST body, and get the answer as REST would give it."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.extras import needed
from deepcat.serving.client.pinned import name_of
from deepcat.serving.client.rest import METHODS, TURNED_AWAY

_DEFAULT = "serving_default"
_TLS = "https://"


def call(
    address: str,
    model: str,
    method: str,
    body: Mapping[str, Any],
    *,
    timeout_s: float = 60.0,
    trust: str = "",
    only: str = "",
    key: str = "",
) -> dict[str, Any]:
    """Send `body` as TensorFlow Serving's own request and translate the answer.

    Args:
        address: ``host:port``; ``https://`` goes before it where it is asked by TLS.
        model: its name.
        method: ``predict``, ``classify`` or ``regress``.
        body: as REST takes it.
        timeout_s: seconds that each call may take.
        trust: certificates of authorities, as PEM, that count besides those that this machine has.
        only: the server's own certificate, as PEM, that alone counts, whatever name it bears.
        key: an API key, or a token, that each call shows; empty for none.

    Raises:
        DeepcatError: who shows no key that counts is not let in (``serving/access``), no such
            method (``serving/method``), no answer (``serving/unreachable``), an error as the answer
            or a body that cannot be read (``serving/refused``), or the extra `serve` is not
            installed (``serving/missing``).
    """
    # Its threads would go on in what this process forks later, and abort Ansible now and then.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    with needed("serving/missing"):
        import grpc

        from deepcat.serving.contract.protos import prediction_service_pb2_grpc
        from deepcat.serving.contract.status import ServingError

    if method not in METHODS:
        raise DeepcatError(
            f"`{method}` is no method of a model",
            hint=f"use one of {', '.join(METHODS)}",
            code="serving/method",
        )
    options: tuple[tuple[str, Any], ...] = (
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_receive_message_length", -1),
    )
    place = address.removeprefix(_TLS)
    if place == address:
        opened = grpc.insecure_channel(place, options)
    else:
        if only:
            options += (("grpc.ssl_target_name_override", name_of(address, only)),)
        roots = only.encode() if only else _roots(trust)
        opened = grpc.secure_channel(place, grpc.ssl_channel_credentials(roots), options)
    with opened as channel:
        shown = (("authorization", f"Bearer {key}"),) if key else ()
        stub = _Shown(prediction_service_pb2_grpc.PredictionServiceStub(channel), shown)
        try:
            if method == "predict":
                answer = _predict(stub, model, json.dumps(body).encode(), timeout_s)
            else:
                answer = _examples(stub, model, method, json.dumps(body).encode(), timeout_s)
        except ServingError as error:
            raise _refused(address, error.message) from error
        except grpc.RpcError as error:
            if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                raise DeepcatError(
                    f"no answer from {address}: {error.details()}",
                    hint="see whether the server runs and its port is open",
                    code="serving/unreachable",
                ) from None
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                raise DeepcatError(
                    f"{address} lets nobody in without a key that counts: {error.details()}",
                    hint="show a key or token that may call; its file says whose do",
                    code=TURNED_AWAY,
                ) from None
            raise _refused(address, str(error.details())) from None
    found: dict[str, Any] = json.loads(answer)
    return found


class _Shown:
    """A stub each of whose calls shows the same metadata."""

    def __init__(self, stub: Any, metadata: tuple[tuple[str, str], ...]) -> None:
        self._stub = stub
        self._metadata = metadata

    def __getattr__(self, name: str) -> Any:
        return partial(getattr(self._stub, name), metadata=self._metadata)


def _roots(trust: str) -> bytes | None:
    """Authorities for gRPC, which else has those of its own; None for these."""
    if not trust:
        return None
    paths = ssl.get_default_verify_paths()
    own = Path(paths.cafile) if paths.cafile else None
    known = own.read_bytes() if own is not None and own.is_file() else b""
    return known + b"\n" + trust.encode()


def _predict(stub: Any, model: str, body: bytes, timeout_s: float) -> bytes:
    from deepcat.serving.contract.decode import predict_body
    from deepcat.serving.contract.encode import predict_response
    from deepcat.serving.contract.protos import predict_pb2
    from deepcat.serving.contract.tensors import to_array, to_proto

    signatures = _signatures(stub, model, timeout_s)
    read = predict_body(body, lambda name: signatures.get(name or _DEFAULT, {}))
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = read.signature_name
    for name, array in read.tensors.items():
        request.inputs[name].CopyFrom(to_proto(array))
    response = stub.Predict(request, timeout=timeout_s)
    outputs = {name: to_array(tensor) for name, tensor in response.outputs.items()}
    return predict_response(outputs, read.format)


def _examples(stub: Any, model: str, method: str, body: bytes, timeout_s: float) -> bytes:
    from deepcat.serving.contract.encode import classify_response, regress_response
    from deepcat.serving.contract.examples import examples_body
    from deepcat.serving.contract.protos import classification_pb2, example_pb2, regression_pb2

    read = examples_body(body)
    is_classify = method == "classify"
    kind = classification_pb2.ClassificationRequest if is_classify else None
    request = kind() if kind else regression_pb2.RegressionRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = read.signature_name
    examples = request.input.example_list.examples
    examples.extend(example_pb2.Example.FromString(each) for each in read.examples)
    if is_classify:
        result = stub.Classify(request, timeout=timeout_s).result.classifications
        rows = [[(each.label, each.score) for each in row.classes] for row in result]
        return classify_response(rows)
    result = stub.Regress(request, timeout=timeout_s).result.regressions
    return regress_response(each.value for each in result)


def _signatures(stub: Any, model: str, timeout_s: float) -> dict[str, Any]:
    """Signature name -> input name -> element type."""
    from deepcat.serving.contract import dtypes
    from deepcat.serving.contract.protos import get_model_metadata_pb2

    request = get_model_metadata_pb2.GetModelMetadataRequest()
    request.model_spec.name = model
    request.metadata_field.append("signature_def")
    response = stub.GetModelMetadata(request, timeout=timeout_s)
    held = get_model_metadata_pb2.SignatureDefMap()
    response.metadata["signature_def"].Unpack(held)
    return {
        name: {alias: dtypes.BY_NUMBER[info.dtype] for alias, info in signature.inputs.items()}
        for name, signature in held.signature_def.items()
    }


def _refused(address: str, reason: str) -> DeepcatError:
    return DeepcatError(
        f"{address} answered with an error: {reason}",
        hint="compare the request with the model's signature",
        code="serving/refused",
    )
