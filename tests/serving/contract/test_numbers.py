"""Numbers and texts between JSON and tensors: what goes in comes out, and as it is written."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcat.serving.contract import decode, dtypes, encode, jsontext
from deepcat.serving.contract.quick import quick_body
from deepcat.serving.contract.status import ServingError

pytestmark = pytest.mark.tensorflow
FLOATS = st.floats(width=32)
VALUES = {
    "DT_FLOAT": FLOATS,
    "DT_DOUBLE": st.floats(),
    "DT_INT8": st.integers(-128, 127),
    "DT_INT16": st.integers(-(2**15), 2**15 - 1),
    "DT_INT32": st.integers(-(2**31), 2**31 - 1),
    "DT_INT64": st.integers(-(2**63), 2**63 - 1),
    "DT_UINT8": st.integers(0, 255),
    "DT_UINT32": st.integers(0, 2**32 - 1),
    "DT_UINT64": st.integers(0, 2**64 - 1),
    "DT_BOOL": st.booleans(),
    "DT_STRING": st.text(st.characters(exclude_categories=["Cs"])),
    "DT_HALF": st.floats(width=16),
}
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def nest(values: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return values[0]
    step = math.prod(shape[1:])
    return [nest(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


@pytest.mark.parametrize("name", sorted(VALUES))
@pytest.mark.parametrize("form", ["instances", "inputs"])
@settings(max_examples=25)
@given(data=st.data())
def test_round_trip(name: str, form: str, data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    size = math.prod(shape)
    values = data.draw(st.lists(VALUES[name], min_size=size, max_size=size))
    sent = nest(values, shape)
    body = json.dumps({form: sent}).encode()
    found = decode.predict_body(body, lambda _: {"x": dtypes.BY_NAME[name]})
    array = found.tensors["x"]
    assert array.shape == shape
    assert dtypes.of_array(array).proto_name == name
    answer = json.loads(encode.predict_response({"x": array}, found.format))
    ((_, got),) = answer.items()
    if name in ("DT_FLOAT", "DT_HALF"):
        # Its digits are those of the shorter type.
        np.testing.assert_array_equal(np.array(got, np.float32), np.array(sent, np.float32))
    else:
        assert repr(got) == repr(sent)


@given(st.lists(FLOATS, min_size=1, max_size=40))
def test_decimals_are_written_alike_alone_and_together(values: list[float]) -> None:
    array = np.array(values, dtype=np.float32)
    together = encode.predict_response({"x": array}, "row")
    alone = ", ".join(encode.decimal(value, 9) for value in values)
    assert together == b'{\n    "predictions": [' + alone.encode() + b"]\n}"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.1, 9, "0.1"),
        (1 / 3, 9, "0.333333343"),
        (1 / 3, 17, "0.33333333333333331"),
        (3.0, 9, "3.0"),
        (1234567.0, 9, "1234567.0"),
        (9000000.0, 9, "9e+06"),
        (-0.0, 9, "-0.0"),
        (1e-7, 17, "1e-07"),
        (1e300, 17, "1e+300"),
        (math.nan, 9, "NaN"),
        (math.inf, 17, "Infinity"),
        (-math.inf, 9, "-Infinity"),
    ],
)
def test_decimals(value: float, digits: int, text: str) -> None:
    assert encode.decimal(value, digits) == text


@pytest.mark.parametrize("special", [0.5, math.nan, math.inf, 1234567.0])
def test_large_tensors(special: float) -> None:
    array = np.linspace(-3, 3, 30_000, dtype=np.float32).reshape(100, 300)
    array[5, 7] = special
    text = encode.predict_response({"x": array, "n": np.arange(100)}, "row")
    rows = json.loads(text)["predictions"]
    np.testing.assert_array_equal(np.array([row["x"] for row in rows], dtype=np.float32), array)
    assert [row["n"] for row in rows] == list(range(100))
    text = encode.predict_response({"x": array.T}, "columnar")
    back = np.array(json.loads(text)["outputs"], dtype=np.float32)
    np.testing.assert_array_equal(back, array.T)


@pytest.mark.parametrize(
    "shape", [(300_000,), (3, 100_000), (100_000, 3), (1, 200_000), (90_000, 0)]
)
def test_very_many_numbers_are_written_as_many(shape: tuple[int, ...]) -> None:
    array = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
    text = encode.predict_response({"x": array}, "row")
    assert text == b'{\n    "predictions": ' + orjson.dumps(array.tolist()) + b"\n}"


def test_many_numbers_of_which_some_are_none() -> None:
    array = np.arange(1.0, 601.0, dtype=np.float32)
    array[[0, 7, 599]] = [math.nan, math.inf, -math.inf]
    text = encode.predict_response({"x": array}, "row")
    assert text.startswith(b'{\n    "predictions": [NaN,2.0,')
    assert text.count(b"NaN") == text.count(b",Infinity,") == text.count(b",-Infinity]") == 1
    both = encode.predict_response({"x": array, "y": array}, "row")
    assert both.endswith(b'{"x": -Infinity, "y": -Infinity}]\n}')
    np.testing.assert_array_equal(json.loads(text)["predictions"], array)
    nothing = {"x": np.zeros((600, 0), np.float32)}
    assert json.loads(encode.predict_response(nothing, "row")) == {"predictions": [[]] * 600}


@pytest.mark.parametrize("value", [[[]] * 300_000, {"a": ["\n"] * 300_000}, {"ä": [[1.5, None]]}])
def test_a_value_is_shown_as_far_as_it_is_shown(value: Any) -> None:
    whole = json.dumps(value, ensure_ascii=False)
    assert jsontext.show(value) == (whole if len(whole) <= 1024 else whole[:1024] + "…")


@pytest.mark.parametrize(
    ("dtype", "instances", "error"),
    [
        ("DT_FLOAT", [True], "Type: True is not of expected type: float"),
        ("DT_FLOAT", [1.0, True], "Type: True is not of expected type: float"),
        ("DT_FLOAT", [None], "Type: Null is not of expected type: float"),
        ("DT_FLOAT", ["1.0"], "Type: String is not of expected type: float"),
        ("DT_INT32", [1.0], "JSON Value: 1.0 Type: Number is not of expected type: int32"),
        ("DT_INT32", [2**31], "is not of expected type: int32"),
        ("DT_INT64", [2**63], "is not of expected type: int64"),
        ("DT_UINT64", [-1], "is not of expected type: uint64"),
        ("DT_BOOL", [1], "Type: Number is not of expected type: bool"),
        ("DT_STRING", [1], "Type: Number is not of expected type: string"),
        ("DT_STRING", [{"b64": "%%"}], "Unable to base64 decode"),
        ("DT_STRING", [[{"b64": "YQ==", "x": 1}]], "not formatted correctly for base64 data"),
        ("DT_FLOAT", [{"b64": "YQ=="}], "Type: Object is not of expected type: float"),
        ("DT_FLOAT", [[1.0, [2.0]]], "Encountered list at unexpected level"),
        ("DT_FLOAT", [[[1.0], 2.0]], "found at incorrect level"),
        ("DT_FLOAT", [[[1.0], [2.0, 3.0]]], "Encountered list at unexpected size: 2"),
        ("DT_COMPLEX64", [1.0], "to type: complex64"),
    ],
)
def test_wrong_values(dtype: str, instances: list[Any], error: str) -> None:
    body = json.dumps({"instances": instances}).encode()
    with pytest.raises(ServingError) as caught:
        decode.predict_body(body, lambda _: {"x": dtypes.BY_NAME[dtype]})
    assert error in caught.value.message


def test_base64_needs_no_padding_and_gives_any_bytes() -> None:
    body = b'{"instances": [{"b64": "/9j/"}, {"b64": "AA"}, "text"]}'
    found = decode.predict_body(body, lambda _: {"x": dtypes.STRING})
    assert found.tensors["x"].tolist() == [b"\xff\xd8\xff", b"\x00", b"text"]


def test_names_that_are_no_inputs() -> None:
    inputs = {"a": dtypes.FLOAT, "b": dtypes.FLOAT}
    for body, error in (
        (b'{"instances": [{"a": 1.0}]}', "keys must be equal to: a,b"),
        (b'{"instances": [{"a": 1.0, "c": 1.0}]}', "does not have named input: c"),
        (b'{"instances": [1.0]}', "expecting list of objects"),
        (b'{"inputs": [1.0]}', "expecting an object"),
        (b'{"inputs": {"a": [1.0]}}', "Missing named input: b"),
    ):
        with pytest.raises(ServingError) as caught:
            decode.predict_body(body, lambda _: inputs)
        assert error in caught.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.sampled_from([None, 1]))
def test_read_with_care_a_text_says_the_same(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent).encode()
    assert repr(jsontext.read_carefully(text)) == repr(json.loads(text))
    assert repr(jsontext.read_carefully(text + b" and more")) == repr(json.loads(text))
    assert repr(jsontext.parse(text)) == repr(json.loads(text))


@given(JSON, st.binary(max_size=3), st.integers(0, 40))
def test_a_spoilt_text_is_no_more_than_refused(value: Any, spoilt: bytes, at: int) -> None:
    text = json.dumps(value).encode()
    at = min(at, len(text))
    with contextlib.suppress(ServingError):
        jsontext.parse(text[:at] + spoilt + text[at:])


NUMBERS = st.one_of(
    st.floats(), st.integers(-(2**63), 2**64 - 1), st.sampled_from([math.nan, math.inf, -math.inf])
)


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4).flatmap(
        lambda shape: st.tuples(
            st.just(shape),
            st.lists(NUMBERS, min_size=math.prod(shape), max_size=math.prod(shape)),
        )
    ),
    st.sampled_from(["instances", "inputs", "named"]),
    st.sampled_from([dtypes.FLOAT, dtypes.BY_NUMBER[2]]),
)
def test_the_quick_way_gives_what_care_gives(
    given_: tuple[list[int], list[float]], form: str, dtype: dtypes.DType
) -> None:
    shape, numbers = given_
    value = np.array(numbers, dtype=object).reshape(shape).tolist()
    document = {"inputs": {"x": value}} if form == "named" else {form: value}
    body = json.dumps(document).encode()
    quick = quick_body(body, lambda _: {"x": dtype})
    assert quick is not None
    # A text before the key sends it the careful way.
    careful = b'{"a": "\\n", ' + body[1:]
    assert quick_body(careful, lambda _: {"x": dtype}) is None
    found = decode.predict_body(careful, lambda _: {"x": dtype}).tensors["x"]
    np.testing.assert_array_equal(quick.tensors["x"], found)
    assert quick.tensors["x"].dtype == found.dtype


@pytest.mark.parametrize("dtype", [dtypes.FLOAT, dtypes.INT64, dtypes.BY_NUMBER[23]])
def test_lists_of_nothing_are_read_quickly_too(dtype: dtypes.DType) -> None:
    body = json.dumps({"instances": [[[]] * 2] * 3}).encode()
    quick = quick_body(body, lambda _: {"x": dtype})
    assert quick is not None
    assert quick.tensors["x"].shape == (3, 2, 0)
    assert quick.tensors["x"].dtype == dtypes.numpy_type(dtype)


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances": [[1, 2], [3]]}',
        b'{"instances": [[1], 2]}',
        b'{"instances": [1, [2]]}',
        b'{"instances": [[], 1]}',
        b'{"instances": [[], [1]]}',
        b'{"instances": []}',
        b'{"instances": [1, null]}',
        b'{"instances": [1], "inputs": [1]}',
        b'{"instances": [1], "instances": [2]}',
        b'{"inputs": {"x": [1], "x": [2]}}',
        b'{"inputs": {"a": {"x": [[1], [2]]}, "x": [3, 4]}}',
        b'{"signature_name": "instances", "other": [[1]], "instances": [NaN5]}',
        b'{"instances": [1NaN]}',
        b'{"instances": [-7.1828182845904523e-271, 1], "other": NaN}',
        b'{"instances": [1]} x',
        b'{"instances": {"x": 1}}',
        b"[1]",
    ],
)
def test_what_is_not_certain_is_read_with_care(body: bytes) -> None:
    assert quick_body(body, lambda _: {"x": dtypes.FLOAT}) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[" * 1_000_000, "Invalid value. at offset: 1000000"),
        (b"[1," * 400_000, "Invalid value. at offset: 1200000"),
        (b'{"a":' * 200_000, "Invalid value. at offset: 1000000"),
        (b"[" * 500_000 + b"1],[" * 100_000, "Invalid value. at offset: 900000"),
        (b"[" * 300_000 + b"]" * 299_999 + b"}", "Missing a comma or ] after an array element."),
        (b'"' + b"\\n" * 500_000, "Missing a closing quotation mark in string."),
        (b"[" + b"1e5 , " * 300_000 + b"x]", "Invalid value. at offset: 1800001"),
    ],
)
def test_no_text_is_dear_to_refuse(body: bytes, expected: str) -> None:
    """Each step of the scan takes a run; one for each byte would be seen here as many minutes."""
    with pytest.raises(ServingError) as caught:
        jsontext.parse(body)
    assert expected in caught.value.message


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"", "The document is empty"),
        (b"  \n", "The document is empty."),
        (b"[1 2]", "Missing a comma or ] after an array element. at offset: 3"),
        (b'{"a" 1}', "Missing a colon after a name of object member. at offset: 5"),
        (b'{"a": 1 "b"}', "Missing a comma or } after an object member. at offset: 8"),
        (b"{1: 2}", "Missing a name for object member. at offset: 1"),
        (b'{"a": 1,}', "Missing a name for object member. at offset: 8"),
        (b"[1,]", "Invalid value. at offset: 3"),
        (b"[nul]", "Invalid value."),
        (b'["a', "Missing a closing quotation mark in string."),
        (b'["\n"]', "Invalid encoding in string. at offset: 2"),
        (b'["\x00"]', "Missing a closing quotation mark in string. at offset: 2"),
        (b'["\\x"]', "Invalid escape character in string."),
        (b'["\\u12"]', "Incorrect hex digit after \\u escape in string."),
        (b'["\\ud800x"]', "The surrogate pair in string is invalid."),
        (b"[1.]", "Miss fraction part in number."),
        (b"[1e]", "Miss exponent in number."),
        (b"[1e999]", "Number too big to be stored in double."),
        (b"[" * 100_000, "Invalid value."),
    ],
)
def test_mistakes_in_json(text: bytes, error: str) -> None:
    with pytest.raises(ServingError) as caught:
        jsontext.parse(text)
    assert error in caught.value.message
    assert caught.value.message.startswith("JSON Parse error: ")


def test_a_large_mistake_is_found_without_reading_slowly() -> None:
    body = b"[" + b"1, " * 2_000_000 + b"x]"
    with pytest.raises(ServingError) as caught:
        jsontext.parse(body)
    assert caught.value.message == f"JSON Parse error: Invalid value. at offset: {len(body) - 2}"


@pytest.mark.parametrize("depth", [100, 127, 128, 129, 600, 1000, 1023, 1024, 1025, 5000])
def test_no_depth_is_too_deep_where_nobody_looks(depth: int) -> None:
    inner = b'[{"a":' * (depth // 2) + b"1" + b"}]" * (depth // 2)
    for nested in (b"[" * depth + b"]" * depth, inner):
        body = b'{"instances": ["a"], "nested": ' + nested + b"}"
        found = decode.predict_body(body, lambda _: {"x": dtypes.STRING}).tensors["x"]
        assert found.tolist() == [b"a"]
        body = b'{"instances": [' + nested + b"]}"
        with pytest.raises(ServingError):
            decode.predict_body(body, lambda _: {"x": dtypes.FLOAT})


def test_json_that_the_quick_readers_refuse() -> None:
    deep = b'{"instances": [-Inf, NaN], "x": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    found = decode.predict_body(deep, lambda _: {"x": dtypes.FLOAT}).tensors["x"]
    np.testing.assert_array_equal(found, [-math.inf, math.nan])
    assert jsontext.parse(b'\xef\xbb\xbf{"a": "\xff", "a": 2}') == {"a": "\udcff"}
