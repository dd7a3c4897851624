"""What a server answers by for an archive: its SavedModel, or else its `model.tflite`. Pure."""

from __future__ import annotations

from typing import Any, Protocol

from deepcat.catalog.reading import savedmodel, tflite
from deepcat.catalog.reading.archive import Contents

SAVED_MODEL, LITE = FORMATS = "tensorflow-savedmodel", "tensorflow-lite"


def form(contents: Contents) -> str:
    """As `model.format` of `module.yaml` names it; empty where the archive holds no model."""
    if contents.saved_model is not None:
        return SAVED_MODEL
    return LITE if contents.lite is not None else ""


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
