"""A model's archive, read without unpacking it to anywhere. Pure."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deepcat.host.members import MAX_MEMBERS, POINTER, Members, What, of_tar, of_zip

# The largest that an archive may unpack to: so many bytes, or so many times its own size.
MIN_BYTES = 100_000_000
MAX_RATIO = 20

ELSEWHERE = "it is a pointer of Git LFS, and no archive"

_BLOCK = 512
_FEW = 200
_PLAIN = (b"0", b"\0", b"5")
_MODEL, _SERVED_LITE = "saved_model.pb", "model.tflite"
# How the fault ends of what holds a TensorFlow Lite file of another name alone.
WITHOUT = f"and neither {_MODEL} nor {_SERVED_LITE}"
# TensorFlow would take these for the model where it finds no other.
_OTHERS = ("saved_model.pbtxt", "saved_model.cpb")
# Models in other forms, which a program beside the server may load.
_LITE = ".tflite"
FORMS = (_LITE, ".keras", ".h5", ".hdf5")
# Nobody reads more of one archive.
_MOST_FAULTS = 20
_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError),
    *(KeyError, RuntimeError, NotImplementedError),
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive holds.

    Attributes:
        faults: what is wrong with it; none when it can be unpacked and served.
        saved_model: the content of its `saved_model.pb`; None when there is none to be had.
        lite: the content of the `model.tflite` that may be served: the one beside `saved_model.pb`,
            or the only one where there is none.
        others: name -> content of what else in it is a model: another SavedModel below, Keras' and
            TensorFlow Lite's files.
        beside: the files of the SavedModel's folder, by their paths in it.
    """

    faults: tuple[str, ...]
    saved_model: bytes | None
    lite: bytes | None = None
    others: Mapping[str, bytes] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()


def read(name: str, content: bytes) -> Contents:
    """Read an archive that should hold one SavedModel, or one `model.tflite`.

    Args:
        name: the file's name, whose ending says how it is packed.
        content: the file.
    """
    if content.startswith(POINTER):
        return Contents((ELSEWHERE,), None)
    try:
        if name.endswith(".zip"):
            return _zip(content)
        if name.endswith((".tar.gz", ".tgz", ".tar")):
            return _tar(content)
    except _BROKEN as error:
        return Contents((f"it cannot be opened: {error}",), None)
    return Contents(("its name ends neither in .tar.gz, .tgz, .tar nor .zip",), None)


def _tar(content: bytes) -> Contents:
    plain = _gunzip(content) if content[:2] == b"\x1f\x8b" else content
    if plain is None:
        return Contents(("it unpacks to more than can be taken in",), None)
    members = _plain_members(plain)
    if members is None:
        return _any_tar(plain)
    faults = _faults((name, what) for name, what, _ in members)
    names = [name for name, _, _ in members]
    found = _nearest(names)
    read = {
        name: plain[where]
        for name, _, where in members
        if name == found or _is_another(name, found)
    }
    beside = _beside((name for name, what, _ in members if what is What.FILE), found)
    return _contents(faults, read, found, beside)


def _plain_members(plain: bytes) -> list[tuple[str, What, slice]] | None:
    """Where each member of a plain archive lies; None when it is not as plain as most are.

    Plain is a POSIX archive of few files and folders with short ASCII names. For all others there
    is `tarfile`, which knows every kind and takes its time.
    """
    found: list[tuple[str, What, slice]] = []
    position, end = 0, len(plain)
    while position + _BLOCK <= end:
        head = plain[position : position + _BLOCK]
        name = head[:100].rstrip(b"\0")
        if not name:
            return found if not any(head) else None
        size, total = head[124:135], head[148:154]
        sound = head[257:262] == b"ustar" and not head[345] and head[156:157] in _PLAIN
        if not (sound and name.isascii() and size.isdigit() and total.isdigit()):
            return None
        if sum(head) - sum(head[148:156]) + 256 != int(total, 8) or len(found) >= _FEW:
            return None
        start, length = position + _BLOCK, int(size, 8)
        if start + length > end:
            return None
        what = What.FOLDER if head[156:157] == b"5" else What.FILE
        found.append((name.decode(), what, slice(start, start + length)))
        position = start + -(-length // _BLOCK) * _BLOCK
    return None


def _any_tar(plain: bytes) -> Contents:
    members: list[tuple[str, What]] = []
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for member in archive:
            members.append((member.name, of_tar(member)))
            if len(members) > MAX_MEMBERS:
                break
        faults = _faults(members)
        files = [name for name, what in members if what is What.FILE]
        if faults:
            return Contents(faults, None)
        found = _nearest(files)
        wanted = [name for name in files if name == found or _is_another(name, found)]
        streams = {name: archive.extractfile(name) for name in wanted}
        read = {name: stream.read() for name, stream in streams.items() if stream}
        return _contents(faults, read, found, _beside(files, found))


def _gunzip(content: bytes) -> bytes | None:
    """The content unpacked; None when it would be larger than the bounds."""
    most, parts, size = _most(content), [], 0
    while content:
        unpacker = zlib.decompressobj(wbits=31)
        parts.append(unpacker.decompress(content, most - size + 1))
        size += len(parts[-1])
        if size > most:
            return None
        if not unpacker.eof:
            raise EOFError("it ends too early")
        content = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


def _most(content: bytes) -> int:
    return max(MIN_BYTES, MAX_RATIO * len(content))


def _zip(content: bytes) -> Contents:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        if sum(info.file_size for info in infos) > _most(content):
            return Contents(("it unpacks to more than can be taken in",), None)
        members = [(info.filename, of_zip(info)) for info in infos]
        faults = _faults(members)
        files = [name for name, what in members if what is What.FILE]
        if faults:
            return Contents(faults, None)
        found = _nearest(files)
        wanted = [name for name in files if name == found or _is_another(name, found)]
        read = {name: archive.read(name) for name in wanted}
        return _contents(faults, read, found, _beside(files, found))


def _contents(
    faults: tuple[str, ...], read: dict[str, bytes], found: str, beside: frozenset[str]
) -> Contents:
    """Of what was read, which is the SavedModel, and which the `model.tflite` beside it."""
    saved_model = read.pop(found, None)
    lite = f"{found[: -len(_MODEL)]}{_SERVED_LITE}" if found else _nearest(list(read), _SERVED_LITE)
    return Contents(faults, saved_model, read.get(lite), read, beside)


def _faults(members: Iterable[tuple[str, What]]) -> tuple[str, ...]:
    """What is wrong with the members, as the end of "it …"."""
    taken, names, found = Members(), [], []
    for name, what in members:
        names.append(name)
        fault = taken.fault(name, what)
        if fault:
            found.append(fault)
        if taken.count > MAX_MEMBERS or len(found) >= _MOST_FAULTS:
            break
    if not _nearest(names):
        found += _faults_of_lite([name for name in names if name.lower().endswith(_LITE)])
    for name in names:
        if name.rpartition("/")[2] in _OTHERS:
            found.append(f"holds a second model, {name!r}")
    return tuple(f"it {fault}" for fault in found)


def _faults_of_lite(names: list[str]) -> list[str]:
    """What is wrong with the files of TensorFlow Lite where there is no SavedModel."""
    if not names:
        return [f"holds no {_MODEL}"]
    if not (served := [name for name in names if name.rpartition("/")[2] == _SERVED_LITE]):
        return [f"holds {names[0]!r} {WITHOUT}"]
    if len(served) > 1 and min(map(_depth, served)) > 0:
        return [f"holds {served[0]!r} and {served[1]!r}, and one model is served"]
    return []


def _depth(name: str) -> int:
    return len(_parts(name)) - 1


def _is_another(name: str, model: str) -> bool:
    """Whether a file beside a model is one, too."""
    if name == model:
        return False
    return name.rpartition("/")[2] == _MODEL or name.lower().endswith(FORMS)


def _beside(names: Iterable[str], model: str) -> frozenset[str]:
    """The files of the model's folder, by their paths in it."""
    above = len(_parts(model)) - 1
    split = [_parts(name) for name in names] if model else []
    inside = (parts[above:] for parts in split if parts[:above] == _parts(model)[:above])
    return frozenset("/".join(parts) for parts in inside)


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


def _nearest(names: list[str], wanted: str = _MODEL) -> str:
    """The `saved_model.pb` that lies nearest to the top; empty when there is none."""
    found = [name for name in names if name.rpartition("/")[2] == wanted]
    return min(found, key=lambda name: (name.count("/"), name), default="")
