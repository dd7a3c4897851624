"""Models in other forms than a SavedModel, and beside one: what they would run is named."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.check import examine
from deepcat.catalog.converting.proof import Files
from deepcat.catalog.judging.operations import of_keras, of_lite
from deepcat.catalog.reading.keras import made
from deepcat.catalog.reading.tflite import custom_operations

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(88)


def keras(config: Any) -> bytes:
    """A Keras archive with this configuration."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
    return out.getvalue()


def layer(named: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    return {"module": module, "class_name": named, "config": config, "registered_name": None}


def model(*layers: Any) -> dict[str, Any]:
    return layer("Functional", "keras.src.models.functional", layers=list(layers))


# The file's name and content -> what is refused, or why it cannot be read.
KERAS: dict[str, tuple[str, bytes, str]] = {
    "a lambda": ("m.keras", keras(model(layer("Lambda"))), "Lambda"),
    "a lambda in a layer": ("m.keras", keras(model(layer("Bidirectional", layer=layer("Lambda")))), "Lambda"),
    "a lambda as an argument": ("m.keras", keras(model(layer("Dense", activation={"class_name": "__lambda__", "config": {"value": "…"}}))), "__lambda__"),
    "a lambda by escapes": ("m.keras", keras('{"class\\u005fname": "L\\u0061mbda"}'), "Lambda"),
    "another module": ("m.keras", keras(model(layer("system", "os"))), "system"),
    "a module that begins alike": ("m.keras", keras(model(layer("run", "kerasx.evil"))), "run"),
    "a function of Keras that fetches": ("m.keras", keras(model(layer("Dense", activation=layer("function", "keras.utils", of="get_file")))), "function"),
    "one from where it is kept": ("m.keras", keras(model(layer("load_model", "keras.src.saving.saving_api"))), "load_model"),
    "a module without a class": ("m.keras", keras({"module": "os"}), "os"),
    "another saved model": ("m.keras", keras(model(layer("TFSMLayer", filepath="/tmp"))), "TFSMLayer"),
    "a module of torch": ("m.keras", keras(model(layer("TorchModuleWrapper"))), "TorchModuleWrapper"),
    "no archive": ("m.keras", b"PK", "! it cannot be opened"),
    "no configuration": ("m.keras", b"PK\5\6" + bytes(18), "! it cannot be opened"),
    "no JSON": ("m.keras", keras("{"), "! it cannot be opened"),
    "deeper than Python goes": ("m.keras", keras("[" * 200_000), "! it cannot be opened"),
    "an old lambda": ("m.h5", HDF5 + b'{"class_name": "Lambda", "config": {}}', "Lambda"),
    "an old lambda by escapes": ("m.h5", HDF5 + b'{"class_n\\u0061me" :\n"Lamb\\u0064a"}', "Lambda"),
    "an old module": ("m.hdf5", HDF5 + b'{"module": "posix", "class_name": "system"}', "posix"),
    "no HDF5": ("m.h5", b"{}", "! it does not begin as an HDF5 file"),
    "an empty file": ("m.h5", b"", "! it does not begin as an HDF5 file"),
}  # fmt: skip
FINE = {
    "layers of Keras": keras(model(layer("Dense", activation="relu"), layer("LSTM"))),
    "a function of Keras": keras(model(layer("function", "builtins", name="relu"))),
}


def says(name: str, content: bytes) -> str:
    try:
        found = [named for named, _ in of_keras(made(name, content), ())]
        assert list(of_keras(made(name, content), tuple(found))) == []
    except ValueError as error:
        return f"! {error}".partition(":")[0]
    return ", ".join(found)


@pytest.mark.parametrize("case", KERAS)
def test_what_keras_would_run_is_named(case: str) -> None:
    name, content, wanted = KERAS[case]
    assert says(name, content) == wanted


@pytest.mark.parametrize("case", FINE)
def test_what_is_keras_own_passes(case: str) -> None:
    assert says("m.keras", FINE[case]) == ""


def lite(*codes: tuple[int, str]) -> bytes:
    """A TensorFlow Lite file with these operations, as (number, name)."""
    out = bytearray(struct.pack("<I4s", 0, b"TFL3"))

    def table(*fields: bytes) -> int:
        size = 4 + 2 * len(fields)
        vtable = len(out)
        out.extend(struct.pack("<HH", size, 4 + 4 * len(fields)))
        out.extend(struct.pack(f"<{len(fields)}H", *(4 + 4 * n for n in range(len(fields)))))
        place = len(out)
        out.extend(struct.pack("<i", place - vtable) + b"".join(fields))
        return place

    root = table(bytes(4), bytes(4))
    struct.pack_into("<I", out, 0, root)
    vector = len(out)
    struct.pack_into("<I", out, root + 8, vector - (root + 8))
    out.extend(struct.pack("<I", len(codes)) + bytes(4 * len(codes)))
    for index, (number, name) in enumerate(codes):
        place = table(
            struct.pack("<I", min(number, 127)),
            bytes(4),
            struct.pack("<I", 1),
            struct.pack("<I", number),
        )
        struct.pack_into("<I", out, vector + 4 + 4 * index, place - (vector + 4 + 4 * index))
        if name:
            struct.pack_into("<I", out, place + 8, len(out) - (place + 8))
            out.extend(struct.pack("<I", len(name)) + name.encode() + b"\0")
        else:
            fields = place - struct.unpack_from("<i", out, place)[0]
            struct.pack_into("<H", out, fields + 6, 0)
    return bytes(out)


LITE: dict[str, tuple[bytes, str]] = {
    "its own operations": (lite((0, ""), (9, ""), (150, "")), ""),
    "one of TensorFlow": (lite((0, ""), (32, "FlexWriteFile")), "FlexWriteFile"),
    "one of TensorFlow that calls itself harmless": (lite((32, "FlexAdd")), "FlexAdd"),
    "one of somebody": (lite((32, "Evil")), "Evil"),
    "one without a name": (lite((32, "")), "CUSTOM"),
    "a name behind a number of its own": (lite((9, "Evil")), "Evil"),
    "no file of TensorFlow Lite": (b"x" * 100, "! it does not begin as a TensorFlow Lite file"),
    "an empty file": (b"", "! it does not begin as a TensorFlow Lite file"),
    "cut": (lite((32, "Evil"))[:40], "! it ends too early, or points outside itself"),
    "a table outside": (struct.pack("<I4s", 1 << 31, b"TFL3") + bytes(99), "! it ends too early, or points outside itself"),
    "fields before its beginning": (struct.pack("<I4si", 8, b"TFL3", 99) + bytes(99), "! it points outside itself"),
    "operations without number": (struct.pack("<I4sHHHHiII", 16, b"TFL3", 8, 12, 4, 8, 8, 0, 4) + b"\xff" * 400, "! it names 4,294,967,295 operations"),
}  # fmt: skip


@pytest.mark.parametrize("case", LITE)
def test_what_lite_would_run_is_named(case: str) -> None:
    content, wanted = LITE[case]
    try:
        found = ", ".join(name for name, _ in of_lite(custom_operations(content), ()))
    except ValueError as error:
        found = f"! {error}"
    assert found == wanted


MODULE = Path(__file__).resolve().parents[2] / "modules" / "half-plus-two"


def checked(more: dict[str, bytes], settings: str = "", **packed: bytes) -> list[str]:
    """The messages of `model/operation` about half-plus-two with these files more, in it or its archive."""
    files = {
        f"modules/half-plus-two/{p.relative_to(MODULE)}": p.read_bytes()
        for p in MODULE.rglob("*")
        if p.is_file()
    }
    name = next(each for each in files if each.endswith(".tar.gz"))
    if packed:
        out = io.BytesIO()
        with (
            tarfile.open(fileobj=io.BytesIO(files[name])) as old,
            tarfile.open(fileobj=out, mode="w:gz") as new,
        ):
            for member in old:
                new.addfile(member, old.extractfile(member))
            for path, content in packed.items():
                info = tarfile.TarInfo(path)
                info.size = len(content)
                new.addfile(info, io.BytesIO(content))
        files[name] = out.getvalue()
    files |= {f"modules/half-plus-two/{path}": content for path, content in more.items()}
    files["deepcat.yaml"] = b"apiVersion: deepcat/v1\ntitle: T\nsummary: S.\n" + settings.encode()
    found = examine(Files(files), cached=False).findings
    return [each.message for each in found if each.code == "model/operation"]


def test_models_beside_and_below_the_model_are_read_too() -> None:
    evil = lite((32, "FlexWriteFile"))
    assert checked({}) == []
    (beside,) = checked({"extra/small.tflite": evil})
    assert "`FlexWriteFile` in `extra/small.tflite` is brought by a program beside" in beside
    (below,) = checked({}, **{"assets/m.keras": KERAS["a lambda"][1]})
    assert "`Lambda`" in below
    assert "assets/m.keras" in below
    (nested,) = checked({}, **{"assets/deep/saved_model.pb": b"\x07"})
    assert "assets/deep/saved_model.pb" in nested
    assert "cannot be read" in nested
    allowed = "allowed_operations: {half-plus-two: [FlexWriteFile]}\n"
    assert checked({"extra/small.tflite": evil}, allowed) == []


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras' own, of NumPy
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_lambda_as_keras_itself_writes_it(ending: str, tmp_path: Path) -> None:
    import tensorflow as tf

    layers: dict[str, Callable[[], Any]] = {
        "Lambda": lambda: tf.keras.layers.Lambda(lambda x: x + 1),
        "": lambda: tf.keras.layers.Dense(2, activation="relu"),
    }
    for wanted, make in layers.items():
        file = tmp_path / f"m{wanted}.{ending}"
        tf.keras.Sequential([tf.keras.Input((3,)), make()]).save(file)
        assert says(file.name, file.read_bytes()).partition(",")[0] == wanted


@pytest.mark.tensorflow
def test_an_operation_of_tensorflow_as_its_converter_writes_it() -> None:
    import tensorflow as tf

    def written(act: Any) -> list[str]:
        function = tf.function(act).get_concrete_function(tf.TensorSpec([2, 2], tf.float32))
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], function)
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS,
            tf.lite.OpsSet.SELECT_TF_OPS,
        ]
        return list(custom_operations(converter.convert()))

    assert written(lambda x: x + 1.0) == []
    assert written(tf.linalg.inv) == ["FlexMatrixInverse"]
