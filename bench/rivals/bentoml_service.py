"""BentoML's service: ``bentoml serve bentoml_service:SavedModel``."""

from __future__ import annotations

import bentoml
from signature import from_environment


@bentoml.service(workers=1)
class SavedModel:
    """A signature behind BentoML's interface."""

    def __init__(self) -> None:
        self.signature = from_environment()

    @bentoml.api
    def predict(self, instances: list) -> list:
        """Evaluate it."""
        return self.signature(instances).tolist()
