"""The answers that REST and gRPC share: status and metadata, as messages and as JSON."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import json_format

from deepcat.serving.contract.protos import get_model_metadata_pb2, get_model_status_pb2
from deepcat.serving.models.servable import Servable
from deepcat.serving.models.versions import VersionStatus


def status_response(statuses: list[VersionStatus]) -> Any:
    """A GetModelStatusResponse."""
    response = get_model_status_pb2.GetModelStatusResponse()
    for status in statuses:
        added = response.model_version_status.add(version=status.version, state=int(status.state))
        added.status.error_code = int(status.code)
        added.status.error_message = status.message
    return response


def status_json(statuses: list[VersionStatus]) -> bytes:
    """The body of a REST status response."""
    versions = [
        {
            "version": str(status.version),
            "state": status.state.name,
            "status": {"error_code": status.code.name, "error_message": status.message},
        }
        for status in statuses
    ]
    return json.dumps({"model_version_status": versions}, indent=1).encode()


def metadata_response(servable: Servable) -> Any:
    """A GetModelMetadataResponse with the signatures."""
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = servable.model
    response.model_spec.version.value = servable.version
    signatures = get_model_metadata_pb2.SignatureDefMap()
    for name, signature in servable.signatures.items():
        signatures.signature_def[name].CopyFrom(signature)
    response.metadata["signature_def"].Pack(signatures)
    return response


def metadata_json(servable: Servable) -> bytes:
    """The body of a REST metadata response."""
    signatures = {
        name: json_format.MessageToDict(
            signature, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
        for name, signature in sorted(servable.signatures.items())
    }
    spec = {"name": servable.model, "signature_name": "", "version": str(servable.version)}
    metadata = {"signature_def": {"signature_def": signatures}}
    return json.dumps({"model_spec": spec, "metadata": metadata}, indent=1).encode()
