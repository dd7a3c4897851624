"""A sample is added to `module.yaml`, and all else in it stays as somebody wrote it."""

from __future__ import annotations

import pytest

from deepcat.catalog.beginning.module import sample_note
from deepcat.catalog.beginning.sample import NewSample, add_sample
from deepcat.catalog.reading.parse import read_bytes
from deepcat.errors import DeepcatError, UsageError

NEW = NewSample("a: b", "predict", {"inputs": [1.5]}, {"outputs": [2]}, 1e-5)
ROWS = (
    '- name: "a: b"', "  method: predict", '  request: {"inputs": [1.5]}',
    '  response: {"outputs": [2]}', "  tolerance: 0.00001",
)  # fmt: skip


def block(column: int, end: str = "\n") -> str:
    return "".join(f"{' ' * column}{row}{end}" for row in ROWS)


CASES = [
    ("name: m\n", f"name: m\nsamples:\n{block(2)}"),
    ("name: m", f"name: m\nsamples:\n{block(2)}"),
    ("name: m\r\n", f"name: m\r\nsamples:\r\n{block(2, chr(13) + chr(10))}"),
    (f"name: m\n{sample_note('m')}", f"name: m\nsamples:\n{block(2)}"),
    ("samples: []\nx: 1\n", f"samples:\n{block(2)}x: 1\n"),
    ("samples: []  # none\nx: 1\n", f"samples:  # none\n{block(2)}x: 1\n"),
    ("samples:\nx: 1\n", f"samples:\n{block(2)}x: 1\n"),
    ("samples:\n- name: b # c\n\n# d\nx: 1\n", f"samples:\n- name: b # c\n{block(0)}\n# d\nx: 1\n"),
    ("samples:\n    - name: b\n", f"samples:\n    - name: b\n{block(4)}"),
    ("samples:\n  - a: |\n      x\n\ny: 1\n", f"samples:\n  - a: |\n      x\n{block(2)}\ny: 1\n"),
    ("samples:\n  - a: [1,\n     2]\n", f"samples:\n  - a: [1,\n     2]\n{block(2)}"),
    (
        "samples: [{name: b}]  # c\n",
        'samples: [{name: b}, {"name": "a: b", "method": "predict", "request": {"inputs": [1.5]}, '
        '"response": {"outputs": [2]}, "tolerance": 1e-05}]  # c\n',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "due"), CASES)
def test_the_rest_of_the_file_stays(text: str, due: str) -> None:
    assert add_sample("m", {"module.yaml": text.encode()}, NEW) == {"module.yaml": due.encode()}


@pytest.mark.parametrize(
    "text", ["{name: m}\n", "samples: [\n {name: b}, # c\n]\n", "- a\n", "a: [\n"]
)
def test_what_cannot_be_changed_so_is_left(text: str) -> None:
    with pytest.raises(DeepcatError) as caught:
        add_sample("m", {"module.yaml": text.encode()}, NEW)
    assert caught.value.code == "edit/form"
    assert 'request: {"inputs": [1.5]}' in caught.value.hint


def test_a_long_body_is_a_file() -> None:
    long = NewSample("Größe 1/2", "predict", {"inputs": [0] * 999}, {"outputs": [1e-9]}, 0.5)
    made = add_sample("m", {"module.yaml": b"name: m\n"}, long)
    assert sorted(made) == [
        "module.yaml", "samples/gr-e-1-2.request.json", "samples/gr-e-1-2.response.json"
    ]  # fmt: skip
    assert (
        made["module.yaml"]
        .decode()
        .endswith(
            "    request_file: samples/gr-e-1-2.request.json\n"
            "    response_file: samples/gr-e-1-2.response.json\n    tolerance: 0.5\n"
        )
    )
    with pytest.raises(UsageError, match="already"):
        add_sample("m", {**made, "samples/gr-e-1-2.request.json": b"{}"}, long)


def test_a_request_that_lies_in_the_folder_is_named() -> None:
    at = NewSample("a", "predict", {}, {"outputs": []}, 0.5, "samples/a.json")
    text = add_sample("m", {"module.yaml": b"name: m\n"}, at)["module.yaml"].decode()
    assert "    request_file: samples/a.json\n    response: " in text


UNSEEN = "a\x85b\u2028c\u2029\ufeffd\x7fe\ufffff\x80"


@pytest.mark.parametrize("text", ["name: m\n", "samples: [{name: b}]\n"])
def test_what_does_not_print_is_read_again(text: str) -> None:
    new = NewSample("a", "predict", {"x": UNSEEN}, {UNSEEN: [UNSEEN]}, 1e-5)
    made = add_sample("m", {"module.yaml": text.encode()}, new)["module.yaml"]
    document, findings = read_bytes(made, "module.yaml")
    assert document is not None
    assert not findings
    sample = document.data["samples"][-1]
    assert (sample["request"], sample["response"]) == (new.request, new.response)
