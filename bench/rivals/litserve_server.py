"""LitServe's server: ``litserve_server.py REST``."""

import sys
from typing import Any

import litserve
from signature import from_environment


class SavedModel(litserve.LitAPI):
    """A signature behind LitServe's interface."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's interface
        """Load it."""
        self.signature = from_environment()

    def decode_request(self, request: dict) -> list:
        """The values of a request."""
        return request["instances"]

    def predict(self, values: Any) -> Any:
        """Evaluate it."""
        return self.signature(values)

    def encode_response(self, answer: Any) -> Any:
        """An answer as JSON has it."""
        return {"predictions": answer.tolist()}


if __name__ == "__main__":
    server = litserve.LitServer(SavedModel(), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
