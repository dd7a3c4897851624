"""What every rival computes with: TensorFlow's own Python, as their documentation has it."""

from __future__ import annotations

import base64
import os
from typing import Any

import numpy as np
import tensorflow as tf


class Signature:
    """The default signature of a SavedModel with one input, from arrays to an array."""

    def __init__(self, folder: str) -> None:
        self._loaded = tf.saved_model.load(folder)
        self._call = self._loaded.signatures["serving_default"]
        ((self._input, spec),) = self._call.structured_input_signature[1].items()
        self._dtype = spec.dtype

    def __call__(self, values: Any) -> Any:
        """Evaluate it."""
        array = np.asarray(values, self._dtype.as_numpy_dtype)
        if self._dtype == tf.string:
            array = np.array([_octets(value) for value in array.ravel()], object)
        given = {self._input: tf.constant(array)}
        return next(iter(self._call(**given).values())).numpy()


def _octets(value: Any) -> bytes:
    """The bytes of a picture, which JSON carries as base64."""
    if isinstance(value, bytes):
        return value
    return base64.b64decode(value["b64"] if isinstance(value, dict) else value)


def from_environment() -> Signature:
    """The model in the folder that ``BENCH_MODEL`` names."""
    return Signature(os.environ["BENCH_MODEL"])
