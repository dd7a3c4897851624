"""Which of two forms of a model is served: LiteRT's where it answers the samples as they expect.

A sample is a request with the answer that the SavedModel gave, and a tolerance. LiteRT is asked all
of them before anybody else may ask it, which costs no more than so many requests and no TensorFlow;
where it does not load, or answers one of them otherwise, the SavedModel is served.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.host.model_server.compare import differences
from deepcat.openapi.card import expected
from deepcat.serving.contract import encode
from deepcat.serving.contract.decode import predict_body
from deepcat.serving.contract.examples import examples_body
from deepcat.serving.contract.status import ServingError
from deepcat.serving.engine.forms import has_both
from deepcat.serving.models import inference
from deepcat.serving.models.folders import version_folders
from deepcat.serving.models.loading import PLAIN, Loading, load
from deepcat.serving.models.servable import Servable

if TYPE_CHECKING:
    from deepcat.openapi.card import Cards, Sample
    from deepcat.serving.engine.several import Engines

NO_SAMPLES = "no sample says what model.tflite should answer"


def difference(servable: Servable, samples: Sequence[Sample]) -> str:
    """How the first sample is answered otherwise than expected; empty where none is."""
    for sample in samples:
        try:
            given = answered(servable, sample.method, json.dumps(sample.request).encode())
        except ServingError as error:
            return f"the sample `{sample.name}` is refused: {error.message}"
        if found := differences(sample.response, json.loads(given), sample.tolerance):
            return f"the sample `{sample.name}` is answered otherwise: {found[0]}"
    return ""


def answered(servable: Servable, method: str, body: bytes) -> bytes:
    """What a model answers by REST, before it is one of those that are served.

    Raises:
        ServingError: as the REST interface would refuse it.
    """
    if method == "predict":
        asked = predict_body(body, servable.input_types)
        outputs = inference.predict(servable, asked.signature_name, asked.tensors)
        return encode.predict_response(outputs, asked.format)
    wanted = examples_body(body)
    name, examples = wanted.signature_name, wanted.examples
    if method == "classify":
        return encode.classify_response(inference.classify(servable, name, examples))
    return encode.regress_response(inference.regress(servable, name, examples))


def agreeing(
    engines: Engines, name: str, version: int, folder: Path, samples: Sequence[Sample], how: Loading
) -> tuple[Servable | None, str]:
    """The model by LiteRT where it may be served, and in words what serves and why.

    Args:
        engines: load it.
        name: of the model.
        version: of it.
        folder: of the version, which holds a `model.tflite` and a SavedModel.
        samples: of the model that say what is expected.
        how: it is loaded.
    """
    if not samples:
        return None, f"{name} version {version}: TensorFlow serves the SavedModel, for {NO_SAMPLES}"
    try:
        servable = load(engines.lite(), name, version, folder, how)
    except (ServingError, DeepcatError) as error:
        why = f"model.tflite does not load: {error.message}"
    else:
        why = difference(servable, samples)
        if not why:
            agree = "whose answers to the samples agree"
            return servable, f"{name} version {version}: LiteRT serves model.tflite, {agree}"
        servable.retire()
        why = f"by model.tflite {why}"
    return None, f"{name} version {version}: TensorFlow serves the SavedModel, for {why}"


def forms(engines: Engines, base: Path, cards: Cards) -> Iterator[tuple[Path, str, bool]]:
    """Of each version that has two forms: its folder, which serves, and whether LiteRT does.

    Args:
        engines: load them.
        base: a folder of versions, or a model's own.
        cards: with the samples of the model that is named as the folder, or of the only one.
    """
    only = next(iter(cards.values())) if len(cards) == 1 else None
    samples = expected(cards.get(base.resolve().name, only))
    for number, folder in sorted(version_folders(base).items()):
        if has_both(folder):
            name = base.resolve().name
            found, told = agreeing(engines, name, number, folder, samples, PLAIN)
            if found is not None:
                found.retire()
            yield folder, told, found is not None


class Telling:
    """Lines that are kept until the server has said that it serves, and then said as they come."""

    def __init__(self) -> None:
        self._say: Callable[[str], None] | None = None
        self._kept: list[str] = []

    def tell(self, line: str) -> None:
        """Say a line, or keep it."""
        if self._say is None:
            self._kept.append(line)
        else:
            self._say(line)

    def begin(self, say: Callable[[str], None]) -> None:
        """Say what was kept, and from now on all at once."""
        self._say = say
        for line in self._kept:
            say(line)
