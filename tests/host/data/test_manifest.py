"""The list of a data set's files: strangers wrote it."""

from __future__ import annotations

import pytest

from deepcat.host.data.manifest import MOST_FILES, Piece, made_of, parsed
from deepcat.host.failure import StepError

SUM = "0" * 64


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../x", "leaves"),
        ("/etc/passwd", "leaves"),
        ("a//b", "leaves"),
        ("a/./b", "leaves"),
        ("", "leaves"),
        ("a\nb", "sign"),
        ("a\x1b[2Jb", "sign"),
        ("a\u202eb", "sign"),
        ("a\\b", "sign"),
        ("C:x", "sign"),
        ("x" * 251, "250 bytes"),
        ("/".join(["x" * 200] * 20), "1000 bytes"),
        (" a", "blank"),
        ("a/b.", "dot"),
    ],
)
def test_a_path_that_is_none_is_told_without_its_signs(path: str, why: str) -> None:
    with pytest.raises(StepError, match=why) as caught:
        made_of([Piece(path, SUM)])
    assert caught.value.code == "data/manifest"
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "paths",
    [
        ("a", "A"),
        ("a/x", "A/y"),
        ("stra\u00dfe", "STRASSE"),
        ("e\u0301", "\u00e9"),
        ("a", "a/b"),
        ("A", "a/b"),
        ("a", "a"),
    ],
)
def test_two_paths_that_are_one_somewhere_are_refused(paths: tuple[str, ...]) -> None:
    for order in (paths, paths[::-1]):
        with pytest.raises(StepError, match=r"one to some systems|a file and a folder|twice"):
            made_of(Piece(path, SUM) for path in order)


def test_it_reads_what_sha256sum_writes_and_is_known_by_its_content_alone() -> None:
    text = f"{'1' * 64} *b.csv\n{SUM}  a/x y.csv\n"
    found = parsed(text)
    assert [each.path for each in found.pieces] == ["a/x y.csv", "b.csv"]
    assert parsed(found.text) == found
    assert found.digest == made_of(reversed(found.pieces)).digest
    assert parsed(f"{SUM}  a/x y.csv\n").digest != found.digest


@pytest.mark.parametrize(
    "text", ["", "x", f"{SUM} \n", f"{SUM[1:]}  a\n", f"\\{SUM}  a\\nb\n", f"{SUM}  a\x85b\n"]
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(StepError, match=r"manifest|no file|sign"):
        parsed(text)


def test_it_does_not_hold_without_end() -> None:
    with pytest.raises(StepError, match="more than"):
        made_of(Piece(f"f{number}", SUM) for number in range(MOST_FILES + 1))
