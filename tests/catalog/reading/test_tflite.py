"""The signatures of a TensorFlow Lite file are read without TensorFlow, as LiteRT has them."""

from __future__ import annotations

from typing import Any

import pytest
from lite_files import lite_file

from deepcat.catalog.reading.tflite import custom_operations, signatures, unasked

PLAIN = {"inputs": {"x": ("float32", [-1, 2])}, "outputs": {"y": ("string", [3])}}
READ = {
    "method": "predict",
    "inputs": {"x": {"dtype": "float32", "shape": [-1, 2]}},
    "outputs": {"y": {"dtype": "string", "shape": [3]}},
}


@pytest.mark.parametrize("bare", [False, True])
def test_its_signatures(bare: bool) -> None:
    content = lite_file({"serving_default": PLAIN}, bare=bare)
    assert signatures(content) == {"serving_default": READ}
    assert unasked(content) == {}
    assert list(custom_operations(content)) == []


def test_each_is_of_its_own_graph() -> None:
    other: dict[str, Any] = {"inputs": {"x": ("int32", [])}, "outputs": {"y": ("int32", [1])}}
    found = signatures(lite_file({"b": PLAIN, "a": other}))
    assert list(found) == ["a", "b"]
    assert found["b"] == READ
    assert found["a"]["inputs"] == {"x": {"dtype": "int32", "shape": []}}


@pytest.mark.parametrize(
    ("kind", "why"),
    [("complex64", ""), ("resource", "has the type RESOURCE"), ("bfloat16", "the type BFLOAT16")],
)
def test_a_type_without_a_name_or_that_nobody_carries(kind: str, why: str) -> None:
    content = lite_file({"a": {"inputs": {"x": (kind, [1])}, "outputs": {"y": ("int32", [1])}}})
    assert signatures(content) == {}
    assert (why in unasked(content)["a"]) if why else unasked(content) == {}


@pytest.mark.parametrize("content", [b"", b"x" * 100, lite_file({"a": PLAIN})[:150]])
def test_what_is_none_is_said(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"does not begin|ends too early|longer than"):
        signatures(content)


@pytest.mark.parametrize("at", range(8, 260, 4))
def test_a_spoilt_one_is_read_or_refused(at: int) -> None:
    content = bytearray(lite_file({"a": PLAIN}, [(32, "Evil")]))
    content[at : at + 4] = b"\xff\xff\xff\x7f"
    for read in (signatures, unasked, lambda each: list(custom_operations(each))):
        try:
            read(bytes(content))
        except ValueError as error:
            assert str(error)
