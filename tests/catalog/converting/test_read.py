"""What cannot be read is said clearly, with its place."""

from __future__ import annotations

import json

import pytest

from deepcat.catalog.converting.read import read


def broken(content: bytes, path: str = "ai4-metadata.yml") -> tuple[str, int, str]:
    source, errors = read(content, path)
    assert source is None
    assert errors and all(error.is_error and error.place.path == path for error in errors)
    return errors[0].code, errors[0].place.line, errors[0].message + " | " + errors[0].hint


def test_json_with_tabs_keeps_its_places() -> None:
    source, errors = read(b'{\n\t"title": "x",\n\t"links": {\n\t\t"code": null\n\t}\n}', "m.json")
    assert source is not None and errors == ()
    assert (source.place_of(("links", "code")).line, source.place_of(("title",)).line) == (4, 2)


def test_json_in_a_yaml_file_is_read_as_either() -> None:
    assert read(b'{"title": "x"}', "a.yml")[0] is not None
    flow = read(b"{title: x}", "a.yml")[0]
    assert flow is not None and flow.data == {"title": "x"}


def test_a_byte_order_mark_is_no_matter() -> None:
    for path, text in (("a.yml", "title: x"), ("a.json", '{"title": "x"}')):
        source, _ = read(text.encode("utf-8-sig"), path)
        assert source is not None and source.data == {"title": "x"}


@pytest.mark.parametrize(
    ("content", "code", "line", "said"),
    [
        (b'{"title": "x",}', "import/syntax", 1, "not JSON"),
        (b'{\n"a": 1\n"b": 2}', "import/syntax", 3, "not JSON"),
        (b'{"a": 1, "a": 2}', "import/syntax", 0, "`a` stands twice"),
        (b'{"a": NaN}', "import/syntax", 0, "`NaN`"),
        (b'{"a": "\\ud800"}', "import/syntax", 0, "half of a character"),
        (b"[1, 2]", "import/shape", 0, "key: value"),
        (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", "import/syntax", 0, "nested too deep"),
        (b"[" * 100_000, "import/syntax", 0, "nested too deep"),
        (b'{"title": "\xff"}', "file/utf8", 1, "not UTF-8"),
        ("title".encode("utf-16"), "file/utf8", 1, "not UTF-8"),
    ],
)
def test_broken_json(content: bytes, code: str, line: int, said: str) -> None:
    found = broken(content, "metadata.json")
    assert found[:2] == (code, line) and said in found[2]


@pytest.mark.parametrize(
    ("text", "code", "line", "said"),
    [
        ("a: 1\na: 2\n", "yaml/duplicate-key", 2, "`a` stands twice"),
        ("a: [1]\nb: *x\n", "yaml/alias", 2, "repeats nothing"),
        ("links:\n\tsource_code: x\n", "import/indentation", 2, "tab"),
        ("a: [1\nb: 2\n", "yaml/syntax", 2, ""),
        ("description: |-\n    one\n  two\ntitle: x\n", "import/indentation", 3, "lines 2 and 3"),
        ("- a\n- b\n", "import/shape", 0, "key: value"),
        ("", "import/shape", 0, "key: value"),
    ],
)
def test_broken_yaml(text: str, code: str, line: int, said: str) -> None:
    found = broken(text.encode())
    assert found[:2] == (code, line) and said in found[2]


def test_a_bomb_does_not_go_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert broken("\n".join(lines).encode())[0] == "yaml/bomb"


def test_a_huge_file_is_not_parsed() -> None:
    assert broken(json.dumps({"title": "x" * 2_000_000}).encode(), "m.json")[0] == "yaml/size"
