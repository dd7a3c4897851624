"""A Keras model as a SavedModel, as Keras itself exports it."""

from __future__ import annotations

import os
from pathlib import Path


def convert(file: Path, folder: Path) -> None:
    """Load a ``.keras`` or ``.h5`` file and export it for serving.

    Args:
        file: the model.
        folder: where the SavedModel is written; not there yet.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    from tensorflow import keras

    model = keras.models.load_model(file, compile=False, safe_mode=True)
    model.export(str(folder), format="tf_saved_model", verbose=False)
