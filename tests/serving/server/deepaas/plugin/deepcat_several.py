"""The model `several` as an author's plug-in of DEEPaaS; the same as `build_models.several`."""

from __future__ import annotations

import base64
import io
import tempfile
from pathlib import Path
from typing import Any

from marshmallow import missing
from webargs import fields, validate

NEEDED = {
    "serving_default": {"count", "values"},
    "show": {"image_bytes"},
    "speak": {"count", "word"},
}


class Of:
    """A field that is required by some of the signatures."""

    name: str

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **more: Any) -> Any:
        chosen = (data or {}).get("signature_name", "serving_default")
        if value is missing and self.name in NEEDED.get(chosen, ()):
            raise self.make_error("required")
        return super().deserialize(value, attr, data, **more)


class Int(Of, fields.Int): ...


class List(Of, fields.List): ...


class Str(Of, fields.Str): ...


class File(Of, fields.Field): ...


def get_metadata() -> dict[str, Any]:
    return {"id": "several", "name": "several", "description": "A choice.", "version": "1.0.0"}


def get_predict_args() -> dict[str, Any]:
    return {
        "count": Int(),
        "image_bytes": File(
            metadata={"type": "file", "location": "form", "description": "An image."}
        ),
        "values": List(fields.Float()),
        "word": Str(),
        "signature_name": fields.Str(
            load_default="serving_default", validate=validate.OneOf(list(NEEDED))
        ),
        "accept": fields.Str(
            metadata={"location": "headers"},
            validate=validate.OneOf(["application/json", "image/png"]),
        ),
    }


def predict(signature_name: str, **arguments: Any) -> Any:
    if signature_name == "serving_default":
        return {"scaled": [value * arguments["count"] for value in arguments["values"]]}
    if signature_name == "speak":
        return {"counted": arguments["count"] + 1, "spoken": arguments["word"]}
    file = arguments["image_bytes"]
    content = file.encode() if isinstance(file, str) else Path(file.filename).read_bytes()
    if arguments.get("accept") == "image/png":
        kept = Path(tempfile.mkdtemp()) / "image.png"
        kept.write_bytes(content)
        return io.BufferedReader(kept.open("rb", buffering=0))
    return {"image_bytes": base64.b64encode(content).decode()}
