"""Places found by a look alone are those that the precise parser finds."""

from __future__ import annotations

import pytest

from deepcat.catalog.reading.document import Document
from deepcat.catalog.reading.parse import read_yaml

TEXTS = (
    "a: 1\nb-c: {a: 2}\n",
    "# remark\n\n  # more\na:\n  b: a\n\na1: |\n  a: 2\n",
    '"a": 1\nb: 2\n',
    "{a: 1, b: 2}\n",
    "  a: 1\n  b: 2\n",
    'a: "x\n  b: y"\nb: 2\n',
    "a : 1\nb   : 2\n",
    "a:\n- b: 1\nb: 2\n",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_look_finds_what_the_parser_finds(text: str) -> None:
    document, findings = read_yaml(text, "x.yaml")
    assert document
    assert not findings
    for pointer in ((), *((key,) for key in document.data)):
        quick = Document("x.yaml", document.data, document.text)
        near = quick.place(pointer)
        precise = Document("x.yaml", document.data, document.text)
        precise.written  # noqa: B018 - reads the text event by event
        assert near == precise.place(pointer)


def test_a_key_that_also_stands_inside_a_text_is_read_precisely() -> None:
    document, _ = read_yaml('a: "x\nb: y"\nb: 2\n', "x.yaml")
    assert document
    assert document.place(("b",)).line == 3
