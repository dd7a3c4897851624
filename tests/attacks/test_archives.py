"""Archives that would leave their folder, fill the disk or never end: refused, by check and by host.

Each is refused twice, in words of the same source: by `deepcat check`, that reads it in memory, and by
the host that would unpack it, where nothing of it is left and the module is at fault, not the cloud.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from deepcat.catalog.reading.archive import read
from deepcat.host import archive
from deepcat.host.failure import StepError
from deepcat.host.members import MAX_DEPTH, MAX_MEMBERS

MODEL = ("saved_model.pb", b"")
SEEN = "deepcat-canary"
KINDS = {
    "symbolic link": tarfile.SYMTYPE,
    "hard link": tarfile.LNKTYPE,
    "character device": tarfile.CHRTYPE,
    "block device": tarfile.BLKTYPE,
    "pipe": tarfile.FIFOTYPE,
}
# Names that leave the folder, wherever they stand.
LEAVING = (
    f"../{SEEN}", f"a/../../{SEEN}", f"/tmp/{SEEN}", f"./../{SEEN}", f"a/./../../{SEEN}", f"..\\{SEEN}",
    f"a\\..\\..\\{SEEN}", "C:\\windows", "..", "a/..", "//etc/passwd", f"/../{SEEN}", f"variables/../../{SEEN}",
    "\\\\host\\share",
)  # fmt: skip
# Members that cannot all be: names, each as a file or (with a slash at the end) as a folder.
CLASHES = {
    "a file twice": ("a", "a"),
    "a file twice, spelt otherwise": ("a/b", "a/./b"),
    "a file twice, with two slashes": ("a/b", "a//b"),
    "a file, then a folder": ("a", "a/"),
    "a folder, then a file": ("a/", "a"),
    "a file, then a file in it": ("a", "a/b"),
    "a file in it, then the file": ("a/b", "a"),
    "a file deep below another": ("a/b", "a/b/c/d/e"),
    "a file above another": ("a/b/c/d", "a/b"),
    "no name at all": (".",),
}


def tar_of(*members: tuple[str, bytes] | tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as packed:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                packed.addfile(member)
                continue
            name, content = member
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if name.endswith("/"):
                info.type = tarfile.DIRTYPE
            packed.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zip_of(*members: tuple[str, bytes], mode: int = 0o100644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in members:
            info = zipfile.ZipInfo(name.rstrip("/") + "/" * name.endswith("/"))
            info.filename = name  # as it is, whatever the library would make of it
            info.external_attr = (0o040755 if name.endswith("/") else mode) << 16
            packed.writestr(info, content)
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "/etc/passwd") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def sparse(name: str, size: int) -> bytes:
    """A member of GNU's old sparse kind: some bytes that stand for as many as you like."""
    info = tarfile.TarInfo(name)
    info.type = tarfile.GNUTYPE_SPARSE
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[386:398] = head[398:410] = b"00000000000\0"
    # The size is written in base 256, for it has no room in octal digits.
    head[483:495] = b"\x80" + size.to_bytes(11, "big")
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def pax_sparse(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.pax_headers = {
        "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": name,
        "GNU.sparse.size": str(size), "GNU.sparse.numblocks": "1", "GNU.sparse.map": f"{size},0",
    }  # fmt: skip
    return info


def attacks() -> Iterator[tuple[str, str, bytes | Callable[[], bytes]]]:
    """What it is, the file's name, the file; a large one is made when it is asked for."""
    for name in LEAVING:
        yield f"tar {name!r}", "m.tar", tar_of(MODEL, (name, b"x"))
        yield f"zip {name!r}", "m.zip", zip_of(MODEL, (name, b"x"))
    for what, kind in KINDS.items():
        yield f"tar, a {what}", "m.tar", tar_of(MODEL, special("variables", kind))
    yield "zip, a link", "m.zip", zip_of(MODEL, ("variables", b"/etc"), mode=0o120777)
    yield "zip, a pipe", "m.zip", zip_of(MODEL, ("variables", b""), mode=0o010644)
    yield "tar, a link, then a file through it", "m.tar", tar_of(
        MODEL, special("out", tarfile.SYMTYPE, "/tmp"), (f"out/{SEEN}", b"x"))  # fmt: skip
    for what, names in CLASHES.items():
        members = [(name, b"x" * (not name.endswith("/"))) for name in names]
        yield f"tar, {what}", "m.tar", tar_of(MODEL, *members)
    deep = "/".join("d" * 1 for _ in range(MAX_DEPTH + 1))
    yield "tar, too deep", "m.tar", tar_of(MODEL, (deep, b"x"))
    yield "zip, too deep", "m.zip", zip_of(MODEL, (deep, b"x"))
    yield "tar, a long name", "m.tar", tar_of(MODEL, ("n" * 300, b"x"))
    yield "tar, a very long name", "m.tar", tar_of(MODEL, ("n/" * 600 + "n", b"x"))
    yield "tar, too many", "m.tar.gz", lambda: gzip.compress(tar_of(MODEL, *too_many()), 1)
    yield "zip, too many", "m.zip", lambda: zip_of(MODEL, *too_many())
    yield "tar, sparse, a petabyte", "m.tar", sparse("big", 10**15) + tar_of(MODEL)
    yield "tar, sparse as PAX says it", "m.tar", tar_of(MODEL, pax_sparse("big", 10**15))
    yield "gz, a bomb", "m.tar.gz", lambda: gzip.compress(tar_of(MODEL, ("z", bytes(120_000_000))))
    yield "zip, a bomb", "m.zip", zipped_bomb
    yield "gz, cut", "m.tar.gz", gzip.compress(tar_of(MODEL))[:-9]
    yield "gz, spoilt", "m.tar.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\3" + b"\xff" * 200
    yield "zip, cut", "m.zip", zip_of(MODEL, ("a", b"x" * 2000))[:-40]
    yield "zip, encrypted", "m.zip", encrypted()
    yield "nothing", "m.tar", b""
    yield "text", "m.tar.gz", b"hello, world\n" * 99


def too_many() -> Iterator[tuple[str, bytes]]:
    return ((str(number), b"") for number in range(MAX_MEMBERS + 1))


def zipped_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(*MODEL)
        packed.writestr("z", bytes(120_000_000))
    return buffer.getvalue()


def encrypted() -> bytes:
    raw = bytearray(zip_of(MODEL, ("secret", b"x")))
    for head in (b"PK\x03\x04", b"PK\x01\x02"):
        at = raw.rindex(head) + (6 if head[2] == 3 else 8)
        raw[at] |= 1
    return bytes(raw)


ATTACKS = {what: (name, content) for what, name, content in attacks()}


@cache
def made(attack: str) -> tuple[str, bytes]:
    """The name and the content of its file."""
    name, content = ATTACKS[attack]
    return name, content if isinstance(content, bytes) else content()


def test_there_are_enough_of_them() -> None:
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("attack", ATTACKS)
def test_check_refuses_it(attack: str) -> None:
    found = read(*made(attack))
    assert found.faults
    assert all(fault.startswith("it") or "ends" in fault for fault in found.faults)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_host_refuses_it_and_keeps_nothing(attack: str, tmp_path: Path) -> None:
    packed = tmp_path / "in" / "packed"
    packed.parent.mkdir()
    packed.write_bytes(made(attack)[1])
    with pytest.raises(StepError) as caught:
        archive.unpack(packed, tmp_path / "in" / "out", limit=100_000_000)
    assert (caught.value.kind, caught.value.code) == ("module", "run/archive")
    assert caught.value.hint
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "packed"]
    assert not Path("/tmp", SEEN).exists()


def test_what_tensorflow_would_take_for_another_model_is_told() -> None:
    for other in ("saved_model.pbtxt", "a/saved_model.cpb"):
        (fault,) = read("m.tar", tar_of(MODEL, (other, b""))).faults
        assert "second model" in fault
