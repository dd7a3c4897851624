"""What a server answers by for an archive: its SavedModel, or else its `model.tflite`. Pure."""

from __future__ import annotations

from typing import Any, Protocol

from deepcat.catalog.reading import savedmodel, tflite
from deepcat.catalog.reading.archive import Contents
from deepcat.catalog.wording import shown

SAVED_MODEL, LITE = FORMATS = "tensorflow-savedmodel", "tensorflow-lite"

_SAVED = "TensorFlow will serve the SavedModel"
_EITHER = (
    "LiteRT will serve model.tflite where it answers the samples within their tolerance, and "
    "TensorFlow the SavedModel where it does not"
)


def form(contents: Contents) -> str:
    """As `model.format` of `module.yaml` names it; empty where the archive holds no model."""
    if contents.saved_model is not None:
        return SAVED_MODEL
    return LITE if contents.lite is not None else ""


def chosen(contents: Contents, *, has_samples: bool) -> str:
    """Which of two forms a server will answer by, and why; empty where there is but one.

    Args:
        contents: of the archive.
        has_samples: whether any says what is expected.
    """
    if contents.saved_model is None or contents.lite is None:
        return ""
    if not has_samples:
        return f"{_SAVED}, for no sample says what model.tflite should answer"
    try:
        every = tflite.custom_operations(contents.lite)
        lacking = next((name for name in every if name.startswith("Flex")), "")
    except ValueError as error:
        return f"{_SAVED}, for model.tflite cannot be read: {error}"
    return f"{_SAVED}, for LiteRT has no operation {shown(lacking)}" if lacking else _EITHER


def signatures(contents: Contents) -> dict[str, Any]:
    """The signatures, as `savedmodel.signatures` gives them.

    Raises:
        ValueError: the file is no model.
    """
    reader, content = _read_by(contents)
    return reader.signatures(content)


def unasked(contents: Contents) -> dict[str, str]:
    """Why requests cannot ask signatures, by their names.

    Raises:
        ValueError: the file is no model.
    """
    reader, content = _read_by(contents)
    return reader.unasked(content)


class _Reader(Protocol):
    """What reads one form of a model."""

    def signatures(self, content: bytes, /) -> dict[str, Any]: ...

    def unasked(self, content: bytes, /) -> dict[str, str]: ...


def _read_by(contents: Contents) -> tuple[_Reader, bytes]:
    """What reads the form that the archive has, and its content."""
    if contents.saved_model is not None:
        return savedmodel, contents.saved_model
    return tflite, contents.lite or b""
