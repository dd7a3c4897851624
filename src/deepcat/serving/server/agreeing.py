"""Which of two forms of a model is served: LiteRT's where it answers the samples as they expect.

A sample is a request with the answer that the SavedModel gave, and a tolerance. LiteRT is asked all
of them before anybody else may ask it, which costs no more than so many requests and no TensorFlow;
where it does not load, or answers one of them otherwise, the SavedModel is served. What was found
is kept (`proofs`), and the next start asks none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
from deepcat.serving.server.proofs import Proofs, name_of

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


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which form of a model serves.

    Attributes:
        servable: by LiteRT, where it may be served; else None.
        told: in words, what serves and why.
        proof: the name of what was found now; empty where it was known, or nobody was asked.
    """

    servable: Servable | None
    told: str
    proof: str = ""


def agreeing(
    engines: Engines,
    name: str,
    version: int,
    folder: Path,
    samples: Sequence[Sample],
    how: Loading,
    proofs: Proofs,
) -> Chosen:
    """The model by LiteRT where it may be served.

    Args:
        engines: load it.
        name: of the model.
        version: of it.
        folder: of the version, which holds a `model.tflite` and a SavedModel.
        samples: of the model that say what is expected.
        how: it is loaded.
        proofs: what was found before; what is found now is kept there.
    """
    said = f"{name} version {version}"
    if not samples:
        return Chosen(None, f"{said}: TensorFlow serves the SavedModel, for {NO_SAMPLES}")
    proof = name_of(folder, samples)
    known = proofs.why_not(proof)
    if known:
        return Chosen(None, f"{said}: TensorFlow serves the SavedModel, for {known}")
    found = None
    try:
        found = load(engines.lite(), name, version, folder, how)
    except (ServingError, DeepcatError) as error:
        why, proof = f"model.tflite does not load: {error.message}", ""
    else:
        why = known if known is not None else difference(found, samples)
    if found is not None and why:
        found.retire()
        found, why = None, f"by model.tflite {why}"
    if proof and known is None:
        proofs.keep(proof, why)
    if found is not None:
        told = f"{said}: LiteRT serves model.tflite, whose answers to the samples agree"
    else:
        told = f"{said}: TensorFlow serves the SavedModel, for {why}"
    return Chosen(found, told, proof if known is None else "")


def proof_told(name: str, version: int, proof: str) -> str:
    """The line by which whoever started the server learns of a proof."""
    return f"proof of {name} version {version}: {proof}"


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
            chosen = agreeing(engines, name, number, folder, samples, PLAIN, Proofs())
            if chosen.servable is not None:
                chosen.servable.retire()
            yield folder, chosen.told, chosen.servable is not None


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
