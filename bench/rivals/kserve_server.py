"""KServe's model server: ``kserve_server.py NAME REST GRPC``."""

from __future__ import annotations

import sys
from typing import Any

from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from signature import from_environment


class SavedModel(Model):
    """A signature behind KServe's interface."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.signature = from_environment()
        self.ready = True

    def predict(self, payload: Any, *_: Any, **__: Any) -> Any:
        """KServe's V1 is a dict of JSON, its V2 an object with arrays."""
        if not isinstance(payload, InferRequest):
            return {"predictions": self.signature(payload["instances"]).tolist()}
        answer = self.signature(payload.inputs[0].as_numpy())
        output = InferOutput("output", list(answer.shape), "FP32")
        output.set_data_from_numpy(answer, binary_data=True)
        return InferResponse(payload.id, self.name, [output])


if __name__ == "__main__":
    name, rest, grpc = sys.argv[1:]
    server = ModelServer(http_port=int(rest), grpc_port=int(grpc), workers=1)
    server.start([SavedModel(name)])
