"""Arguments become arrays in the shape that the signature wants, however a client writes lists."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from deepcat.openapi.card import Card, Sample, media_type, request_media, response_media
from deepcat.serving.contract import dtypes
from deepcat.serving.models.signatures import Signature, Tensor
from deepcat.serving.server.deepaas.arguments import offered
from deepcat.serving.server.deepaas.reading import ArgumentError, read
from deepcat.serving.server.faces import Request

TYPES = {dtype.name: dtype for dtype in dtypes.BY_NAME.values()}
ROWS = [[1.0, 2.0], [3.0, 4.0]]


def taken(
    shape: tuple[int, ...] | None, query: Any = None, document: Any = None, kind: str = "float"
) -> Any:
    inputs = (Tensor("x", TYPES[kind], shape),)
    offer = offered([Signature("s", "predict", inputs, ())], Card())
    text = urlencode({"x": query}, doseq=True).encode() if query is not None else b""
    body = json.dumps({"x": document}).encode() if query is None else b""
    headers = ((b"content-type", b"application/json"),)
    return read(Request("POST", "/", body, text, headers), offer)[1]["x"]


@pytest.mark.parametrize(
    ("shape", "query", "document", "expected"),
    [
        ((), "2", None, 2.0),
        ((), ["2", "3"], None, 2.0),
        ((-1,), "[1,2]", None, [1, 2]),
        ((-1,), ["1", "2"], None, [1, 2]),
        ((-1,), None, 7, [7]),
        ((3,), ["1", "2", "3"], None, [1, 2, 3]),
        ((-1, 2), ["1", "2", "3", "4"], None, ROWS),
        ((-1, 2), ["[1,2]", "[3,4]"], None, ROWS),
        ((-1, 2), "[[1,2],[3,4]]", None, ROWS),
        ((-1, 2), None, ROWS, ROWS),
        ((-1, 2), None, [1, 2], [[1, 2]]),
        ((-1, 2), None, ["1", "2"], [[1, 2]]),
        ((-1, 2, 2), None, [1, 2, 3, 4], [ROWS]),
        ((-1, 2, 2), None, ROWS, [ROWS]),
        (None, ["1", "2"], None, [1, 2]),
        (None, None, ROWS, ROWS),
        (None, None, 5, 5),
        ((-1, -1), None, [], [[]]),
        ((), None, 1e300, np.inf),
    ],
)
def test_a_list_fits_its_input(shape: Any, query: Any, document: Any, expected: Any) -> None:
    found = taken(shape, query, document)
    assert found.dtype == np.float32
    assert found.tolist() == np.float32(expected).tolist()


@pytest.mark.parametrize(
    ("shape", "kind", "document", "fault"),
    [
        ((-1, 2), "float", [1, 2, 3], ["Not of shape [-1, 2]."]),
        ((2,), "float", [1], ["Not of shape [2]."]),
        ((-1, 2), "float", [[1, 2], [3]], {"1": ["Length must be 2."]}),
        ((-1, 2), "float", [[1, "a"], [3, None]],
         {"0": {"1": ["Not a valid number."]}, "1": {"1": ["Field may not be null."]}}),
        ((), "int8", 128, ["Must be greater than or equal to -128 and less than or equal to 127."]),
        ((), "uint8", -1, ["Must be greater than or equal to 0 and less than or equal to 255."]),
        ((-1,), "float", [1, True], {"1": ["Not a valid number."]}),
        ((), "int64", True, ["Not a valid integer."]),
        ((), "bool", "maybe", ["Not a valid boolean."]),
        ((-1,), "string", ["a", 1], {"1": ["Not a valid string."]}),
        ((), "float", "1e400", ["Special numeric values (nan or infinity) are not permitted."]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(shape: Any, kind: str, document: Any, fault: Any) -> None:
    with pytest.raises(ArgumentError) as raised:
        taken(shape, None, document, kind)
    assert raised.value.faults == {"x": fault}


def test_deep_lists_end() -> None:
    with pytest.raises(ArgumentError):
        taken(None, "[" * 5000 + "]" * 5000)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"), (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"), (b"hello", ""), (b"", ""),
    ],
)  # fmt: skip
def test_a_file_is_known_by_how_it_begins(content: bytes, kind: str) -> None:
    assert media_type(content) == kind


def test_samples_tell_which_tensors_are_files() -> None:
    png, wav = {"b64": "iVBORw0KGgo="}, {"b64": "UklGRgAAAABXQVZFZm10IA=="}
    card = Card(
        samples=(
            Sample("a", "predict", {"instances": [png]}, {"predictions": [1]}),
            Sample("b", "predict", {"instances": [{"p": png, "s": wav, "n": 1}]}, {"outputs": wav}),
        )
    )
    assert request_media(card, "p") == {"image/png"}
    assert request_media(card, "s") == {"image/png", "audio/wav"}
    assert request_media(Card(samples=card.samples[1:]), "n") is None
    assert response_media(card, "any") == {"audio/wav"}


@pytest.mark.parametrize("document", [["no"] * 1000, [["no"] * 40] * 40], ids=["flat", "nested"])
def test_only_so_many_faults_are_told(document: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        taken((-1,) * (1 + isinstance(document[0], list)), document=document)
    faults = caught.value.faults["x"]
    told = [len(each) if isinstance(each, dict) else 1 for each in faults.values()]
    assert sum(told) == (100 if document[0] == "no" else 120)
