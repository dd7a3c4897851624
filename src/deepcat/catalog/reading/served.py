"""What a server answers by for an archive: its SavedModel, or else its `model.tflite`. Pure."""

from __future__ import annotations

from typing import Any

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
    if contents.saved_model is not None:
        return savedmodel.signatures(contents.saved_model)
    return tflite.signatures(contents.lite or b"")


def unasked(contents: Contents) -> dict[str, str]:
    """Why requests cannot ask signatures, by their names.

    Raises:
        ValueError: the file is no model.
    """
    if contents.saved_model is not None:
        return savedmodel.unasked(contents.saved_model)
    return tflite.unasked(contents.lite or b"")
