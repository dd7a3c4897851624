"""A module's picture in the sizes that are shown; one of a stranger who means harm among them."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from deepcat_site.pictures import MAX_PIXELS, WIDTHS, Pictures


def photo(kind: str = "PNG", size: tuple[int, int] = (900, 600), **more: object) -> bytes:
    """A picture that no format makes small: each pixel another one."""
    noise = Image.effect_noise(size, 80).convert("RGB")
    file = io.BytesIO()
    noise.save(file, kind, **more)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", ("PNG", "JPEG", "GIF", "WEBP"))
def test_a_picture_comes_in_two_sizes_and_two_formats(kind: str, tmp_path: Path) -> None:
    content = photo(kind, quality=100) if kind != "GIF" else photo(kind)
    made = Pictures(tmp_path).sizes("1f2e.png", content)
    assert {*made} == {f"1f2e-{w}.{f}" for w in WIDTHS for f in ("avif", "webp")}
    for name, each in made.items():
        assert len(each) < len(content)
        width = int(name.split("-")[1].split(".")[0])
        assert opened(each).size == (width, width * 2 // 3)


def test_it_is_made_once_by_content(tmp_path: Path) -> None:
    pictures, content = Pictures(tmp_path), photo()
    made = pictures.sizes("1f2e.png", content)
    assert Pictures(tmp_path).sizes("1f2e.png", b"none that could be read") == made
    (tmp_path / "1f2e-360.webp").unlink()  # a cache that lost a file is made anew
    assert pictures.sizes("1f2e.png", content) == made


def test_a_small_picture_is_not_made_larger(tmp_path: Path) -> None:
    made = Pictures(tmp_path).sizes("a.png", photo(size=(200, 100)))
    assert {*made} == {"a-200.avif", "a-200.webp"}


def test_a_tall_one_is_cut_and_a_turned_one_stands_upright(tmp_path: Path) -> None:
    made = Pictures(tmp_path).sizes("a.png", photo(size=(400, 4000)))
    assert opened(made["a-360.webp"]).size == (360, 540)
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "where I live"
    made = Pictures(tmp_path).sizes("b.jpg", photo("JPEG", (900, 600), quality=100, exif=exif))
    assert opened(made["b-360.webp"]).size == (360, 540)
    assert all(b"where I live" not in each for each in made.values())


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head promises any number of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", head), chunk(b"IDAT", data), chunk(b"IEND", b""))
    )


HOSTILE = {
    "a bomb": bomb(60_000, 60_000),
    "one pixel too many": bomb(4001, MAX_PIXELS // 4000),
    "no pixel": bomb(0, 5),
    "cut off": photo()[:5000],
    "only a head": b"\x89PNG\r\n\x1a\n",
    "another format": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "rubbish behind a head": b"\xff\xd8\xff" + bytes(range(256)) * 40,
    "nothing": b"",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_cannot_be_made_is_shown_as_it_is(content: bytes, tmp_path: Path) -> None:
    assert Pictures(tmp_path).sizes("a.png", content) == {}


def test_without_pillow_the_picture_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = photo()
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert Pictures(tmp_path).sizes("a.png", content) == {}
    monkeypatch.undo()
    # Nor is that kept: once it is there, it is used.
    assert Pictures(tmp_path).sizes("a.png", content)
