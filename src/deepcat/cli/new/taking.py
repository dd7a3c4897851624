"""A model as people have it: a folder, an archive, a file of Keras or of TensorFlow Lite."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from deepcat.catalog.beginning.model import ARCHIVES, Model, take_in
from deepcat.catalog.judging.operations import of_keras, of_lite
from deepcat.catalog.reading.archive import FORMS
from deepcat.catalog.reading.keras import made
from deepcat.catalog.reading.tflite import custom_operations
from deepcat.catalog.wording import listed
from deepcat.cli.say import say
from deepcat.errors import UsageError
from deepcat.host.box import needs, run
from deepcat.host.box.grant import Grant
from deepcat.training.archive import pack

_LARGEST = 100_000_000
_MiB = 1 << 20
_SAVED, _LITE = "saved_model.pb", "model.tflite"
_GRANT = Grant(
    "convert",
    memory_bytes=8192 * _MiB,
    cpu_s=600,
    processes=512,
    file_bytes=1024 * _MiB,
    disk_bytes=2048 * _MiB,
    open_files=1024,
    wall_s=600,
)
_PROGRAM = (sys.executable, "-I", "-m", "deepcat.serving.converting")
_EXPORT = "export it yourself, `model.export(FOLDER)` in Keras, and give the folder"
# Who makes a SavedModel of what we do not convert.
_ELSEWHERE = {
    ".onnx": "onnx2tf makes one: onnx2tf -i MODEL.onnx -o FOLDER",
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".safetensors"), "litert-torch makes a .tflite of it"),
    **dict.fromkeys((".pkl", ".joblib"), "it is a program of Python's, not a model's file"),
    **dict.fromkeys((".pb", ".pbtxt"), "give the folder that holds `saved_model.pb`"),
}


def take(path: Path) -> Model:
    """A model as the module will hold it: an archive of a SavedModel, or of a `model.tflite`.

    Raises:
        UsageError: it cannot be one.
    """
    if path.is_dir():
        return take_in("model.tar.gz", pack(_saved(path)))
    ending = path.suffix.lower()
    if ending in FORMS:
        content = _read(path)
        _require_harmless(path, ending, content)
        return take_in("model.tar.gz", _archive_of(path, ending, content))
    if path.name.endswith(ARCHIVES):
        return take_in(path.name, _read(path))
    known = ", ".join(("a SavedModel's folder", *ARCHIVES, *FORMS))
    raise UsageError(
        f"`{path.name}` is in no form that can be served",
        hint=_ELSEWHERE.get(ending, f"what is taken: {known}"),
    )


def library_of(path: Path | None) -> str:
    """What a model was most likely made with."""
    is_keras = path is not None and path.suffix.lower() in {".keras", ".h5", ".hdf5"}
    return "Keras" if is_keras else "TensorFlow"


def _saved(folder: Path) -> Path:
    """Where in a folder the model lies; whole, and small enough for Git."""
    here = any((folder / each).is_file() for each in (_SAVED, _LITE))
    found = [folder] if here else _versions(folder)
    if len(found) != 1:
        named = f"several, {listed(each.name for each in found)}" if found else f"no {_SAVED}"
        hint = "give the folder that holds `saved_model.pb`, `variables` and `assets`, or a .tflite"
        raise UsageError(f"`{folder}` holds {named}", hint=hint)
    links = [path for path in found[0].rglob("*") if path.is_symlink()]
    if links:
        hint = "put the file itself there: a link may lead anywhere"
        raise UsageError(f"`{links[0]}` is a link", hint=hint)
    _bounded(found[0], sum(path.stat().st_size for path in found[0].rglob("*") if path.is_file()))
    return found[0]


def _versions(folder: Path) -> list[Path]:
    """The folders one below that hold a model, as TensorFlow Serving lays them out."""
    return sorted({path.parent for each in (_SAVED, _LITE) for path in folder.glob(f"*/{each}")})


def _read(path: Path) -> bytes:
    _bounded(path, path.stat().st_size)
    return path.read_bytes()


def _bounded(path: Path, size: int) -> None:
    if size > _LARGEST:
        hint = "publish its archive, and give the address as `model.source`"
        raise UsageError(f"`{path}` is too large for Git", hint=hint)


def _archive_of(path: Path, ending: str, content: bytes) -> bytes:
    """A SavedModel made of a file; of TensorFlow Lite the file itself, where none can be made."""
    try:
        return _converted(path, ending, content)
    except UsageError as error:
        if ending != ".tflite":
            raise
        say("{}; it is taken as it is, and LiteRT serves it", error.message, err=True)
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / _LITE).write_bytes(content)
        return pack(Path(made))


def _converted(path: Path, ending: str, content: bytes) -> bytes:
    """What Keras or TensorFlow makes of a file, in a box: the file is a program.

    Raises:
        UsageError: there is no box, or it cannot be converted.
    """
    say("Converting {} to a SavedModel…", path.name, err=True)
    done = run.run(
        (*_PROGRAM, ending),
        boxed_by(),
        stdin=content,
        most_output=4 * _LARGEST,
    )
    if done.ended == "box":
        raise UsageError(
            f"`{path.name}` is not converted here: a model's file is a program, and this machine "
            f"gives no box to run it in ({done.why})",
            hint=_EXPORT,
        )
    head, _, archive = done.out.partition(b"\n")
    fault = _fault(head, done)
    if fault:
        raise UsageError(f"`{path.name}` cannot be converted: it {fault}", hint=_EXPORT)
    return archive


def boxed_by() -> Grant:
    """What a conversion may have: no file but Python's own, no network, no variable, bounds."""
    return replace(_GRANT, reads=needs.of_python())


def _fault(head: bytes, done: run.Finished) -> str:
    """Why there is no archive, as the end of "it …"; empty where there is one."""
    if done.ended:
        return f"was ended, for it took too much {done.ended}"
    try:
        return str(json.loads(head)["fault"])
    except (ValueError, KeyError, TypeError):
        if b"No module named" in done.err:
            return "needs TensorFlow: pip install 'deepcat[serve]'"
        return f"ended with the exit status {done.rc}"


def _require_harmless(path: Path, ending: str, content: bytes) -> None:
    """See that nothing is in a file that a review would refuse."""
    try:
        what, why = next(_dangers(ending, content), ("", ""))
    except ValueError as error:
        raise UsageError(f"`{path.name}` cannot be read: {error}", hint="save it anew") from None
    if what:
        hint = "save the model without it; no catalog takes it"
        raise UsageError(f"`{what}` in `{path.name}` {why}", hint=hint)


def _dangers(ending: str, content: bytes) -> Iterator[tuple[str, str]]:
    if ending == ".tflite":
        return of_lite(custom_operations(content), ())
    return of_keras(made(ending, content), ())
