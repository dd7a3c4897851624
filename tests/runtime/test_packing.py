"""The same files give the same bytes."""

import hashlib
import marshal
import os
import struct
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deepcat.runtime import installed, packing
from deepcat.runtime.build import compiled, packed
from deepcat.runtime.elf import is_elf, loaded
from deepcat.runtime.values import Archive, Packed

FILES = {"b/two.py": b"2\n", "b/run": b"#!/bin/sh\n", "a": b"1"}


def _library(*segments: tuple[int, int], tail: bytes = b"") -> bytes:
    """A file of 64-bit ELF with loadable segments at offsets, and what stands behind them."""
    end = max(offset + size for offset, size in segments)
    header = bytearray(64)
    header[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<QQ", header, 32, 64, end + 8)
    struct.pack_into("<HHHHH", header, 54, 56, len(segments), 64, 30, 29)
    table = b"".join(
        struct.pack("<IIQQQQQQ", 1, 4, at, 0, 0, size, size, 1) for at, size in segments
    )
    return bytes(header) + table.ljust(end - 64, b"x") + tail


def test_what_no_loader_reads_is_cut_off_and_no_longer_named() -> None:
    given = _library((0, 300), (300, 200), tail=b"symbols of a debugger")
    cut = loaded(given)
    assert len(cut) == 500
    assert struct.unpack_from("<Q", cut, 40) == (0,)
    assert struct.unpack_from("<HH", cut, 60) == (0, 0)
    assert cut[64:] == given[64:500]
    assert loaded(cut) == cut


@pytest.mark.parametrize(
    ("head", "expected"), [(b"\x7fELF\x02\x01", True), (b"\x7fELF\x01\x01", False), (b"#!", False)]
)
def test_libraries_of_64_bits_are_known(head: bytes, expected: bool) -> None:
    assert is_elf(head) is expected


def test_an_archive_follows_from_its_files_alone(tmp_path: Path) -> None:
    one = packing.pack(FILES, "gz", tmp_path / "one.tar.gz")
    os.utime(tmp_path)
    other = packing.pack(dict(reversed(FILES.items())), "gz", tmp_path / "other.tar.gz")
    assert one == other
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "other.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        found = {member.name: (member.mode, member.mtime, member.uid) for member in tar}
    assert found == {
        "a": (0o644, 0, 0), "b": (0o755, 0, 0), "b/run": (0o755, 0, 0), "b/two.py": (0o644, 0, 0),
    }  # fmt: skip


@pytest.mark.system("zstd")
def test_another_compression_holds_the_same_tar(tmp_path: Path) -> None:
    digest, _ = packing.pack(FILES, "gz", tmp_path / "a.tar.gz")
    packing.repack(tmp_path / "a.tar.gz", "zst", tmp_path / "a.tar.zst")
    packing.repack(tmp_path / "a.tar.zst", "gz", tmp_path / "b.tar.gz")
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()
    with packing.decompressed(tmp_path / "a.tar.zst") as plain:
        assert hashlib.sha256(plain.read()).hexdigest() == digest


def test_what_is_cut_off_leaves_no_half(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), packing.fresh(tmp_path / "a") as new:
        new.write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_installed_packages_stand_in_for_those_of_an_index(tmp_path: Path) -> None:
    lock = "click==8.1.0 \\\n    --hash=sha256:00\nnumpy==1.0 ; python_version < '3.12' \\\n"
    assert installed.names(lock) == ("click", "numpy")
    assert installed.suffices("click==8.1.0 \\\n")
    assert not installed.suffices("no-such-package-here==1 \\\n")
    installed.link("click==8.1.0 \\\n", tmp_path)
    assert (tmp_path / "click" / "core.py").is_file()
    assert not list(tmp_path.rglob("*.pyc"))


@pytest.mark.system("zstd")
def test_two_who_ask_for_another_compression_get_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPCAT_RUNTIMES", str(tmp_path))
    digest, size = packing.pack(FILES, "zst", tmp_path / "a.tar.zst")
    kept = Packed(tmp_path / "a.tar.zst", 1, packing.checksum(tmp_path / "a.tar.zst"))
    archive = Archive("site", digest[:16], "3.11", "x86_64", False, 3, size, {"zst": kept})
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: packed(archive, "gz"), range(4)))
    assert len(set(found)) == 1
    assert found[0].sha256 == packing.checksum(tmp_path / f"{archive.label}.tar.gz")


@pytest.mark.starts("Python")
def test_bytecode_holds_lines_and_no_columns(tmp_path: Path) -> None:
    # Which Python 3.11 writes otherwise now and then, so that no two builds were the same.
    source = tmp_path / "site" / "one.py"
    source.parent.mkdir()
    source.write_text("def f(x):\n    return x + 1\n")
    (made,) = compiled({"program": sys.executable}, {"site/one.py": source}).values()
    code = marshal.loads(made.read_bytes()[16:])
    (inner,) = (each for each in code.co_consts if hasattr(each, "co_positions"))
    found = set(inner.co_positions())
    assert {line for line, _, _, _ in found} >= {1, 2}
    assert {column for _, _, *columns in found for column in columns} == {None}
