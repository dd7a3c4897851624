"""Which addresses are nobody else's business, and how a script tells them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deepcat.host.place import Place
from deepcat.host.private import is_public, parse, secrets


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("http://10.0.0.1:8501", set()),
        ("10.0.0.1:8500", set()),
        ("http://[::1]:8501/v1/models/x", set()),
        ("http://h/lab?token=abc", {"token=abc", "abc"}),
        ("http://h/#key=abc&x=1", {"key=abc&x=1", "abc", "1"}),
        ("https://ada:pw@h/", {"ada", "pw", "ada:pw"}),
        ("https://pw@h/", {"pw"}),
        ("grpc.h:1?pw", {"pw"}),
        ("http://[broken", {"http://[broken"}),
    ],
)
def test_what_lets_somebody_in(address: str, parts: set[str]) -> None:
    assert is_public(address) is (not parts)
    assert set(secrets(address)) == {address, *parts}


def test_lines_are_names_and_addresses() -> None:
    told = "notebook=http://h/?token=a=b\nempty=\n2x=no\nno line\nnotebook= http://h/?token=c \n"
    assert parse(told) == {"notebook": "http://h/?token=c"}
    assert len(parse("".join(f"n{number}=x\n" for number in range(1000)))) == 100
    assert parse("x=" + "y" * 10**6)["x"] == "y" * 65_534


def test_only_a_plain_file_is_read(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.private == {}
    (tmp_path / "other").write_text("a=b\n")
    (tmp_path / "private").symlink_to("other")
    assert place.private == {}
    (tmp_path / "private").unlink()
    os.mkfifo(tmp_path / "private")
    assert place.private == {}
    (tmp_path / "private").unlink()
    (tmp_path / "private").write_bytes(b"a=b\xff\n")
    assert place.private == {"a": "b\ufffd"}
