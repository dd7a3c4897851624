"""What is served, told: ``/openapi.json``."""

from __future__ import annotations

import json

from deepcat import __version__
from deepcat.openapi import values
from deepcat.openapi.card import BLANK, Cards
from deepcat.openapi.document import document
from deepcat.serving.contract.status import ServingError
from deepcat.serving.models import signatures
from deepcat.serving.models.manager import Models
from deepcat.serving.models.servable import Servable
from deepcat.serving.models.signatures import Signature, Tensor
from deepcat.serving.server.faces import Answer, Request

PATH = "/openapi.json"
_ALLOW = (b"allow", b"GET")


class DescriptionFace:
    """The description of all that the server answers, as it serves now.

    Args:
        models: the table of models.
        cards: what is told of them.
    """

    light = False

    def __init__(self, models: Models, cards: Cards) -> None:
        self._models = models
        self._cards = cards

    def takes(self, path: str) -> bool:
        """See `Face.takes`."""
        return path == PATH

    def respond(self, request: Request) -> Answer:
        """See `Face.respond`."""
        if request.verb != "GET":
            return Answer(405, b'{"error": "It can only be read"}', (_ALLOW,))
        found = []
        for name in self._models.configs:
            try:
                with self._models.use(name) as servable:
                    found.append(self._model(servable))
            except ServingError:
                continue
        return Answer(200, json.dumps(document(found, __version__)).encode())

    def _model(self, servable: Servable) -> values.Model:
        card = self._cards.get(servable.model, BLANK)
        return values.Model(servable.model, tuple(_signatures(servable)), card)


def _signatures(servable: Servable) -> list[values.Signature]:
    found = []
    for name in sorted(servable.signatures):
        try:
            found.append(_plain(signatures.signature(servable, name)))
        except ServingError:
            # No request carries its tensors: none asks it.
            continue
    return found


def _plain(signature: Signature) -> values.Signature:
    method = signature.method.rpartition("/")[2] or "predict"
    inputs, outputs = (
        tuple(_tensor(each) for each in tensors)
        for tensors in (signature.inputs, signature.outputs)
    )
    return values.Signature(signature.name, method, inputs, outputs)


def _tensor(tensor: Tensor) -> values.Tensor:
    dtype = tensor.dtype
    name = "string" if dtype.name == "string" else dtype.numpy or dtype.name
    return values.Tensor(tensor.name, name, tensor.shape, tensor.default)
