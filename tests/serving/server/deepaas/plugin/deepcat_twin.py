"""The model `twin` as an author's plug-in of DEEPaaS; the same as `build_models.twin`."""

from __future__ import annotations

import base64
import io
import tempfile
from pathlib import Path
from typing import Any

from webargs import fields, validate


def get_metadata() -> dict[str, Any]:
    return {
        "id": "twin",
        "name": "twin",
        "description": "One argument of each kind.",
        "author": "The founders",
        "version": "1.0.0",
        "url": "https://example.org/twin",
        "license": "Apache-2.0",
    }


def get_predict_args() -> dict[str, Any]:
    return {
        "count": fields.Int(required=True),
        "flag": fields.Bool(required=True),
        "image_bytes": fields.Field(
            required=True, metadata={"type": "file", "location": "form", "description": "An image."}
        ),
        "scale": fields.Float(required=True),
        "values": fields.List(fields.Float(), required=True),
        "word": fields.Str(required=True),
        "accept": fields.Str(
            metadata={"location": "headers"},
            validate=validate.OneOf(["application/json", "image/png"]),
        ),
    }


def predict(**arguments: Any) -> Any:
    file = arguments["image_bytes"]
    content = file.encode() if isinstance(file, str) else Path(file.filename).read_bytes()
    if arguments.get("accept") == "image/png":
        kept = Path(tempfile.mkdtemp()) / "image.png"
        kept.write_bytes(content)
        return io.BufferedReader(kept.open("rb", buffering=0))
    return {
        "counted": arguments["count"] + 1,
        "flagged": not arguments["flag"],
        "image_bytes": base64.b64encode(content).decode(),
        "scaled": [value * arguments["scale"] for value in arguments["values"]],
        "spoken": arguments["word"],
    }
