"""Build what hosts are given: fetch, look what is opened, choose, compile, pack."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from deepcat import resources
from deepcat.errors import DeepcatError
from deepcat.host import archive
from deepcat.host.place import locked
from deepcat.runtime import installed, interpreter, packing
from deepcat.runtime.choose import chosen
from deepcat.runtime.programs import can, decompressed, installer, said_by
from deepcat.runtime.values import PYTHON, SITE, Archive, Built, Packed, archive_of

_HERE = Path(__file__).parent
_CODE = _HERE.parents[1]
_TRACE = _CODE / "deepcat" / "serving" / "trace.py"
# What of our own decides which files are opened.
_DECIDES = ("runtime/choose.py", "runtime/elf.py", "runtime/packing.py", "serving/**/*.py")
_MODEL = "model.tar.gz"
_FORMAT = 3
# Of an interpreter, likewise.
_PYTHON_FORMAT = 4
_LIBRARY = re.compile(r"tensorflow/libtensorflow_cc\.so")

# Without columns: Python 3.11 was seen to write others for the same source, one time in some.
_ALIKE = ("-I", "-S", "-X", "no_debug_ranges")
_COMPILE = """
import os, py_compile, sys
os.chdir(sys.argv[1])
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for name in open("sources").read().split("\\n")[:-1]:
    try:
        print(py_compile.compile(name, dfile=name, doraise=True, invalidation_mode=mode))
    except py_compile.PyCompileError:
        pass
"""

Say = Callable[[str], None]


def folder() -> Path:
    """Where built archives lie: what `DEEPCAT_RUNTIMES` names, else in the user's cache."""
    named = os.environ.get("DEEPCAT_RUNTIMES")
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "deepcat" / "runtime"


def compression() -> str:
    """How archives are packed first; the other form is made of it when a host asks for it."""
    return "zst" if can("zst") else "gz"


def built(
    python: str = "",
    *,
    gpu: bool = False,
    with_python: bool = False,
    say: Say = lambda _: None,
) -> Built:
    """The archives for one Python, built unless they lie there already.

    Args:
        python: a program; this very one when empty.
        gpu: with the libraries of graphics cards.
        with_python: the interpreter, too.
        say: called with a line for each thing that takes time.

    Raises:
        DeepcatError: they cannot be built (``runtime/build``).
    """
    told = interpreter.about(python or getattr(sys, "_base_executable", sys.executable))
    site = noted(f"{SITE}-{_key(told, gpu=gpu)}", lambda: _site(told, gpu, say))
    if not with_python:
        return Built(site)
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    return Built(site, noted(f"{PYTHON}-{_PYTHON_FORMAT}-{key}", lambda: _python(told, say)))


def listed() -> list[Archive]:
    """All that lies in the folder, by name."""
    entries = sorted(folder().glob("*.json"))
    found = [archive_of(json.loads(entry.read_text("utf-8")), folder()) for entry in entries]
    return sorted({each.id: each for each in found}.values(), key=lambda each: each.label)


def packed(archive: Archive, how: str) -> Packed:
    """An archive's tar, compressed in one way; made of another one when it is not there yet.

    Raises:
        DeepcatError: this machine cannot compress so (``runtime/build``).
    """
    known = archive.packed.get(how)
    target = folder() / f"{archive.label}.tar.{how}"
    if known is None or not known.path.is_file():
        if not can(how):
            message = f"this machine cannot compress to `{how}`"
            raise DeepcatError(message, hint="install the program `zstd`", code="runtime/build")
        with locked(folder() / f".{target.name}.lock"):
            if not target.is_file():
                with packing.fresh(target) as new:
                    packing.repack(next(iter(archive.packed.values())).path, how, new)
        known = Packed(target, target.stat().st_size, packing.checksum(target))
        _keep_beside(replace(archive, packed={**archive.packed, how: known}))
    return known


def lock_of(*, gpu: bool) -> str:
    """What a runtime's packages are, with their checksums, as pip reads it."""
    return _lock(gpu).read_text("utf-8")


def names(archive: Archive) -> tuple[str, ...]:
    """The files of an archive, by name."""
    path = next(iter(archive.packed.values())).path
    with decompressed(path) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
        return tuple(member.name for member in tar if member.isfile())


def _key(told: Mapping[str, str], *, gpu: bool) -> str:
    """Of all that decides what the archive holds."""
    digest = hashlib.sha256(f"{_FORMAT} {told['release']} {told['machine']}".encode())
    digest.update(_lock(gpu).read_bytes())
    for mask in _DECIDES:
        for path in sorted((_CODE / "deepcat").glob(mask)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _lock(gpu: bool) -> Path:
    return _HERE / ("gpu.lock" if gpu else "cpu.lock")


def noted(key: str, make: Callable[[], Archive]) -> Archive:
    """What is noted under a key, or what is made and noted now."""
    note = folder() / f"{key}.json"
    with locked(folder() / f".{key}.lock"):
        if note.is_file():
            found = archive_of(json.loads(note.read_text("utf-8")), folder())
            if all(each.path.is_file() for each in found.packed.values()):
                return found
        made = make()
        _note(note, made)
        return made


def _keep_beside(archive: Archive) -> None:
    for note in folder().glob("*.json"):
        if json.loads(note.read_text("utf-8"))["id"] == archive.id:
            _note(note, archive)


def _note(note: Path, archive: Archive) -> None:
    with packing.fresh(note) as new:
        new.write_text(json.dumps(archive.as_dict(), indent=2) + "\n", "utf-8")


def _site(told: Mapping[str, str], gpu: bool, say: Say) -> Archive:
    with tempfile.TemporaryDirectory(prefix="deepcat-runtime-") as made:
        site, model = Path(made, "site"), Path(made, "model")
        _install(told, gpu, site, say)
        archive.unpack(resources.example() / _MODEL, model)
        say("looking what a serving process opens")
        versions = archive.model_folder(model).parent
        words: list[str | Path] = [told["program"], "-I", "-S", _TRACE, site, _CODE, versions]
        opened = said_by(words, "serving a model from what was fetched").splitlines()
        if not any(_LIBRARY.match(name) for name in opened):
            raise DeepcatError(
                "the server that was looked at opened no library of TensorFlow",
                hint="build again; nothing of deepcat may change meanwhile",
                code="runtime/build",
            )
        present = [str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()]
        kept = {f"site/{name}": site / name for name in chosen(present, opened)}
        return archived(SITE, told, gpu, {**kept, **compiled(told, kept)}, say)


def _python(told: Mapping[str, str], say: Say) -> Archive:
    with tempfile.TemporaryDirectory(prefix="deepcat-python-") as made:
        found = interpreter.files(told)
        copied: dict[str, Path] = {}
        for name, content in found.items():
            if isinstance(content, Path) and name.endswith(".py"):
                copied[name] = Path(made, name)
                copied[name].parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(content, copied[name])
        bytecode = compiled(told, copied)
        return archived(PYTHON, told, False, {**found, **bytecode}, say)


def _install(told: Mapping[str, str], gpu: bool, site: Path, say: Say) -> None:
    """What the lock names, from the package index; where that fails what is installed here."""
    say("fetching the packages of a server")
    try:
        _fetch(told, gpu, site)
    except DeepcatError as error:
        shutil.rmtree(site, ignore_errors=True)
        if told["version"] != _own() or not installed.suffices(_lock(gpu).read_text("utf-8")):
            raise
        say(f"taking what is installed here, for {error.message}")
        installed.link(_lock(gpu).read_text("utf-8"), site)


def _fetch(told: Mapping[str, str], gpu: bool, site: Path) -> None:
    command = installer()
    if not command:
        raise DeepcatError(
            "there is no `pip` to fetch the runtime's packages by",
            hint="python -m ensurepip, or install `uv`",
            code="runtime/build",
        )
    only = ("--no-deps", "--only-binary", ":all:", "--require-hashes")
    aim = ("--python-version", told["version"]) if told["version"] != _own() else ()
    words = [*command, *only, *aim, "--target", site, "-r", _lock(gpu)]
    said_by(words, "fetching the packages of a server")


def _own() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def compiled(told: Mapping[str, str], sources: Mapping[str, Path]) -> dict[str, Path]:
    """The bytecode of what ends in ``.py``, which lies beside it then; it holds by no date."""
    names = sorted(name for name in sources if name.endswith(".py"))
    if not names:
        return {}
    root = Path(str(sources[names[0]])[: -len(names[0])])
    listed = root / "sources"
    listed.write_text("".join(f"{name}\n" for name in names), "utf-8")
    words: list[str | Path] = [told["program"], *_ALIKE, "-c", _COMPILE, root]
    done = said_by(words, "compiling").splitlines()
    return {name: root / name for name in done}


def archived(
    part: str,
    told: Mapping[str, str],
    gpu: bool,
    files: Mapping[str, packing.Content],
    say: Say = lambda _: None,
) -> Archive:
    """Files as an archive in the folder.

    Args:
        part: as `Archive` has it.
        told: what is known of the Python that it is for: ``version`` and ``machine`` at least.
        gpu: whether libraries of graphics cards are in it.
        files: name -> what lies there.
        say: as `built` takes it.
    """
    say(f"packing {len(files)} files")
    how = compression()
    draft = folder() / f".{part}-{os.getpid()}.tar.{how}"
    draft.parent.mkdir(parents=True, exist_ok=True)
    try:
        digest, size = packing.pack(files, how, draft)
        made = Archive(
            part, digest[:16], told["version"], told["machine"], gpu, len(files), size, {}
        )
        target = draft.replace(folder() / f"{made.label}.tar.{how}")
    finally:
        draft.unlink(missing_ok=True)
    kept = Packed(target, target.stat().st_size, packing.checksum(target))
    return replace(made, packed={how: kept})
