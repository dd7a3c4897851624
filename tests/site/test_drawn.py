"""Samples and their answers, drawn: what a reader sees of a value, and that no value does harm."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from markupsafe import Markup
from PIL import Image

from deepcat.catalog.values import ModelRef, Module, Sample
from deepcat_site.views.drawn import drawn, drawn_answer, drawn_pairs, labels, share_words
from deepcat_site.views.items import items

ROWS = [[0, 16, 0], [0, 8, 0], [0, 16, 0]]
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()


def module(inputs: Any = None, outputs: Any = None, data_type: str = "") -> Module:
    spec = {"method": "predict", "inputs": inputs or {}, "outputs": outputs or {}}
    model = ModelRef("tensorflow-savedmodel", "m.tar.gz", "", "0" * 64, {"serving_default": spec})
    data = {"data-type": [data_type]} if data_type else {}
    return Module("m", "1.0.0", "modules/m", data, "", "", model, ())


def sample(request: Any = None, response: Any = None) -> Sample:
    return Sample("one", "predict", request or {}, response or {})


def words(html: Markup) -> str:
    """What is read of it: its text, one blank between two elements."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


NAMED = {"a": {}, "b": {}}
INPUTS = [
    ({"x": {}}, {"instances": [1.5, 2]}, "1.5"),
    ({"x": {}}, {"inputs": [3, 4]}, "3"),
    (NAMED, {"instances": [{"a": 1, "b": "café"}]}, "a 1 b café"),
    (NAMED, {"inputs": {"a": [1, 2], "b": [3, 4]}}, "a 1 b 3"),
    (NAMED, {"examples": [{"a": 7}], "context": {"b": 8}}, "b 8 a 7"),
    ({"x": {}}, {"instances": [[1, 2, 3, 4, 5.25, 6]]}, "1 2 3 4 +2"),
    ({"x": {}}, {"instances": ["a <b>line</b>"]}, "a &lt;b&gt;line&lt;/b&gt;"),
    ({"x": {}}, {"instances": [{"b64": "AAAA" * 500}]}, "1.5 kB"),
    ({"x": {}}, {"instances": [{"b64": PNG * 100}]}, "PNG 6.9 kB"),
    ({"x": {}}, {"instances": [[[[[1]]]]]}, "1 × 1 × 1 × 1"),
    ({"x": {}}, {"instances": []}, ""),
    ({}, {}, ""),
]


@pytest.mark.parametrize(("inputs", "request_", "shown"), INPUTS, ids=lambda value: str(value)[:40])
def test_what_is_asked_is_read_as_it_is(inputs: Any, request_: Any, shown: str) -> None:
    assert words(drawn(module(inputs), sample(request_))) == shown


OUTPUTS = [
    ({"y": {}}, {"predictions": [2.5]}, "2.5"),
    ({"y": {}}, {"outputs": [2.5]}, "2.5"),
    ({"y": {}}, {"predictions": [{"y": 3, "low": 1, "high": 9}]}, "3 1 – 9"),
    ({"y": {}}, {"outputs": {"y": [3], "lower": [1], "upper": [9]}}, "3 1 – 9"),
    (
        {"p": {"description": "Of cat, dog and owl."}},
        {"predictions": [{"kind": "dog", "p": [0.2, 0.7, 0.1]}]},
        "dog dog 70.0 % cat 20.0 % owl 10.0 %",
    ),
    (
        {"p": {"description": "Of each digit, from 4 to 5."}},
        {"predictions": [[0.0001, 0.9999]]},
        "5 100.0 % 4 &lt; 0.1 %",
    ),
    ({}, {"results": [[["cat", 0.25], ["dog", 0.75]]]}, "dog 75.0 % cat 25.0 %"),
    ({}, {"results": [4.5]}, "4.5"),
    ({}, {"results": [[["", 7.0]]]}, "7"),
    ({}, {"predictions": [{"score": 0.5, "odd": False}]}, "score 0.5 odd false"),
]


@pytest.mark.parametrize(
    ("outputs", "response", "shown"), OUTPUTS, ids=lambda value: str(value)[:40]
)
def test_what_is_answered_is_read_as_it_is(outputs: Any, response: Any, shown: str) -> None:
    assert words(drawn_answer(module({}, outputs), sample({}, response))) == shown


def pixels(html: Markup) -> Image.Image:
    data = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert data is not None, html
    return Image.open(io.BytesIO(base64.b64decode(data[1])))


PICTURES = [
    ({}, ROWS, [0, 255, 0, 0, 128, 0, 0, 255, 0]),
    ({"description": "0 (paper) to 32 (ink)"}, ROWS, [0, 128, 0, 0, 64, 0, 0, 128, 0]),
    ({"dtype": "uint8"}, [[0, 51, 0]] * 3, [0, 51, 0] * 3),
    ({}, [[[0], [0.5], [1]]] * 3, [0, 128, 255] * 3),
    ({}, [[-1, 0, 1]] * 3, [0, 128, 255] * 3),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "rows", "grey"), PICTURES)
def test_rows_of_pixels_are_a_picture(spec: Any, rows: Any, grey: list[int]) -> None:
    found = pixels(drawn(module({"x": spec}), sample({"instances": [rows]})))
    assert (found.size, list(found.tobytes())) == ((3, 3), grey)


def test_a_large_picture_is_made_small_on_a_card_and_larger_on_a_page() -> None:
    asked = sample({"instances": [[[[1, 2, 3]] * 50] * 100]}, {})
    card = drawn(module({"x": {}}), asked)
    assert pixels(card).size == (10, 20)
    assert len(card) < 2_000
    assert pixels(drawn_pairs(module({"x": {}}), asked)[0][0]).size == (25, 50)


def test_many_numbers_are_a_curve_but_in_a_table_they_are_numbers() -> None:
    asked = sample({"instances": [[float(n) for n in range(40)]]})
    assert "<svg" in drawn(module({"x": {}}), asked)
    assert 'aria-label="one: 0 – 39 (40)"' in drawn(module({"x": {}}), asked)
    assert words(drawn(module({"x": {}}, data_type="Tabular"), asked)) == "0 1 2 3 +36"


def test_a_curve_with_its_bounds_has_a_band() -> None:
    answer = {name: [at + n for n in range(20)] for at, name in enumerate(("low", "mean", "high"))}
    html = drawn_answer(module(), sample({}, {"predictions": [answer]}))
    assert (html.count("drawn-band"), html.count("drawn-line")) == (1, 1)


def test_a_picture_file_that_has_room_is_shown() -> None:
    html = drawn(module({"x": {}}), sample({"instances": [{"b64": PNG}]}))
    assert f'src="data:image/png;base64,{PNG}"' in html
    hostile = sample({"instances": [{"b64": PNG + '"><script>'}]})
    assert words(drawn(module({"x": {}}), hostile)).startswith("PNG")


def test_rows_and_columns_give_the_same_items() -> None:
    known = module({"a": {}, "b": {}})
    by_row = sample({"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]})
    by_column = replace(by_row, request={"inputs": {"a": [1, 3], "b": [2, 4]}})
    assert items(known, by_row) == items(known, by_column)


def test_labels_and_shares() -> None:
    assert labels("Of setosa, versicolor and virginica.", 3) == [
        "setosa",
        "versicolor",
        "virginica",
    ]
    assert labels("Something else.", 3) == ["0", "1", "2"]
    assert [share_words(each) for each in (0, 0.0005, 0.5, 1, 7)] == [
        "0.0 %", "< 0.1 %", "50.0 %", "100.0 %", "7",
    ]  # fmt: skip


_KEYS = ("instances", "inputs", "examples", "context", "predictions", "outputs", "results")
_PLAIN = (None, True, 0, -7, 10**400, 1e308, float("nan"), float("inf"), "", "<script>", "x" * 999)


def anything(random: Random, deep: int = 4) -> Any:
    """Any value that JSON can hold, and some that it cannot."""
    kind = random.randrange(4) if deep else 0
    if kind < 2:
        return random.choice(_PLAIN)
    inner = [anything(random, deep - 1) for _ in range(random.randrange(6))]
    return (
        inner
        if kind == 2
        else dict(zip(("b64", "classes", "low", "<b>", "y"), inner, strict=False))
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_value_breaks_a_drawing(seed: int) -> None:
    random = Random(seed)
    for _ in range(40):
        spec = anything(random)
        known = module({"x": spec}, {"y": spec})
        body = {key: anything(random) for key in random.sample(_KEYS, 5)}
        for html in (drawn(known, sample(body, body)), drawn_answer(known, sample(body, body))):
            assert len(html) < 6_000
            assert "<script" not in html
            assert "<b>" not in html
