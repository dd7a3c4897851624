"""MLServer's runtime: ``mlserver start FOLDER`` with settings that name this class."""

from __future__ import annotations

from typing import Any

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse
from signature import from_environment


class SavedModel(MLModel):
    """A signature behind MLServer's interface."""

    async def load(self) -> bool:
        """Load it."""
        self.signature = from_environment()
        return True

    async def predict(self, payload: Any) -> Any:
        """Evaluate it."""
        (asked,) = payload.inputs
        is_text = asked.datatype == "BYTES"
        answer = self.signature(list(asked.data) if is_text else NumpyCodec.decode_input(asked))
        output = NumpyCodec.encode_output("output", answer)
        return InferenceResponse(model_name=self.name, outputs=[output])
