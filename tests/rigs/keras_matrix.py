"""A program: write a SavedModel of each layer and application of Keras that is named.

    python keras_matrix.py OUT NAME-WAY…

Ways are ``export`` (`model.export`), ``saved`` (`tf.saved_model.save`) and ``keras2`` (`model.save`
of Keras 2, the package `tf_keras`). Beside each SavedModel lie what to ask it, ``asked.npz``, and
what Keras itself answers, ``answered.npz``; of a layer also what TensorFlow answers when it has
loaded the SavedModel and is asked twice, ``loaded.npz``: a layer may draw its answers. A line tells
of each whether it was written, or why.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

# Layers that have weights or state: (shape of the input, what it is made with).
Row = tuple[tuple[Any, ...], dict[str, Any]]
_IMAGE, _VOLUME, _STEPS = (16, 16, 3), (4, 4, 4, 2), (5, 3)
_CONV = {"filters": 2, "kernel_size": 2}
LAYERS: dict[str, Row] = {
    "Dense": ((4,), {"units": 3}),
    "EinsumDense": (
        (4, 3),
        {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d"},
    ),
    "Embedding": ((4,), {"input_dim": 9, "output_dim": 3}),
    "ReversibleEmbedding": ((4,), {"input_dim": 9, "output_dim": 3}),
    "BatchNormalization": ((4,), {}),
    "LayerNormalization": ((4,), {}),
    "GroupNormalization": ((4,), {"groups": 2}),
    "RMSNormalization": ((4,), {}),
    "UnitNormalization": ((4,), {}),
    "Normalization": ((4,), {"mean": [1.0, 2, 3, 4], "variance": [1.0, 4, 9, 16]}),
    "Conv1D": (_STEPS, _CONV),
    "Conv2D": (_IMAGE, _CONV),
    "Conv3D": (_VOLUME, _CONV),
    "Conv1DTranspose": (_STEPS, _CONV),
    "Conv2DTranspose": (_IMAGE, _CONV),
    "Conv3DTranspose": (_VOLUME, _CONV),
    "DepthwiseConv1D": (_STEPS, {"kernel_size": 2}),
    "DepthwiseConv2D": (_IMAGE, {"kernel_size": 2}),
    "SeparableConv1D": (_STEPS, _CONV),
    "SeparableConv2D": (_IMAGE, _CONV),
    "ConvLSTM1D": ((2, *_STEPS), _CONV),
    "ConvLSTM2D": ((2, *_IMAGE), _CONV),
    "ConvLSTM3D": ((2, *_VOLUME), _CONV),
    "SimpleRNN": (_STEPS, {"units": 2, "dropout": 0.2, "recurrent_dropout": 0.2}),
    "LSTM": (_STEPS, {"units": 2, "dropout": 0.2}),
    "GRU": (_STEPS, {"units": 2, "recurrent_dropout": 0.2}),
    "PReLU": ((4,), {}),
    "Attention": (_STEPS, {"use_scale": True, "dropout": 0.1}),
    "AdditiveAttention": (_STEPS, {"dropout": 0.1}),
    "MultiHeadAttention": (_STEPS, {"num_heads": 2, "key_dim": 2, "dropout": 0.1}),
    "GroupQueryAttention": (
        _STEPS,
        {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2, "dropout": 0.1},
    ),
    "Discretization": ((4,), {"bin_boundaries": [-1.0, 0.0, 1.0]}),
    "IntegerLookup": ((4,), {"vocabulary": [1, 2, 3]}),
    "StringLookup": ((4,), {"vocabulary": ["a", "b"]}),
    "TextVectorization": ((1,), {"vocabulary": ["a", "b"], "output_sequence_length": 4}),
    "Hashing": ((4,), {"num_bins": 5}),
    "MelSpectrogram": ((512,), {"fft_length": 128, "num_mel_bins": 8}),
    "STFTSpectrogram": ((512, 1), {"frame_length": 64, "frame_step": 32, "fft_length": 64}),
    **{
        name: ((4,), {"rate": 0.5}) for name in ("Dropout", "AlphaDropout", "GaussianDropout")
    },
    "GaussianNoise": ((4,), {"stddev": 0.5}),
    "SpatialDropout1D": (_STEPS, {"rate": 0.5}),
    "SpatialDropout2D": (_IMAGE, {"rate": 0.5}),
    "SpatialDropout3D": (_VOLUME, {"rate": 0.5}),
    "RandomCrop": (_IMAGE, {"height": 8, "width": 8}),
    "RandomPosterization": (_IMAGE, {"factor": 4}),
    **{
        name: (_IMAGE, {"factor": 0.2})
        for name in (
            "RandomBrightness", "RandomContrast", "RandomRotation", "RandomHue", "RandomSaturation",
            "RandomSharpness", "RandomColorDegeneration", "RandomInvert", "RandomGrayscale",
        )
    },
    "RandomFlip": (_IMAGE, {}),
    "RandomErasing": (_IMAGE, {}),
    "RandomElasticTransform": (_IMAGE, {}),
    "RandomGaussianBlur": (_IMAGE, {}),
    "RandomPerspective": (_IMAGE, {}),
    "RandomShear": (_IMAGE, {"x_factor": 0.2, "y_factor": 0.2}),
    "RandomTranslation": (_IMAGE, {"height_factor": 0.2, "width_factor": 0.2}),
    "RandomZoom": (_IMAGE, {"height_factor": 0.2}),
    "RandomColorJitter": (_IMAGE, {"value_range": (0, 1), "brightness_factor": 0.2}),
    "RandAugment": (_IMAGE, {"value_range": (0, 1)}),
    "AugMix": (_IMAGE, {"value_range": (0, 1)}),
    "AutoContrast": (_IMAGE, {"value_range": (0, 1)}),
    "Equalization": (_IMAGE, {"value_range": (0, 1)}),
    "Solarization": (_IMAGE, {"value_range": (0, 1)}),
    "CutMix": (_IMAGE, {}),
    "MixUp": (_IMAGE, {}),
}  # fmt: skip
# Layers around others, or of several inputs.
WRAPPED: dict[str, tuple[tuple[Any, ...], Callable[[Any], Any]]] = {
    "Bidirectional": (_STEPS, lambda of: of.Bidirectional(of.LSTM(2, dropout=0.1))),
    "TimeDistributed": (_STEPS, lambda of: of.TimeDistributed(of.Dense(2))),
    "SpectralNormalization": ((4,), lambda of: of.SpectralNormalization(of.Dense(2))),
    "RNN": (_STEPS, lambda of: of.RNN(of.LSTMCell(2))),
    "GRUCell": (_STEPS, lambda of: of.RNN(of.GRUCell(2, dropout=0.1))),
    "SimpleRNNCell": (_STEPS, lambda of: of.RNN(of.SimpleRNNCell(2))),
    "StackedRNNCells": (
        _STEPS,
        lambda of: of.RNN(of.StackedRNNCells([of.LSTMCell(2), of.GRUCell(3)])),
    ),
}
_INTEGERS = ("Embedding", "ReversibleEmbedding", "IntegerLookup")
_STRINGS = ("StringLookup", "TextVectorization", "Hashing")
_SELF = ("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention")
_SIDE = 96


def model_of(keras: Any, name: str) -> tuple[Any, Any]:
    """The model and what to ask it."""
    of, random = keras.layers, np.random.default_rng(7)
    if name not in LAYERS and name not in WRAPPED:
        shape: tuple[Any, ...] = (_SIDE, _SIDE, 3)
        made = getattr(keras.applications, name)(weights=None, input_shape=shape, classes=10)
        return made, random.uniform(0, 255, (1, *shape)).astype(np.float32)
    if name in WRAPPED:
        shape, make = WRAPPED[name]
        layer = make(of)
    else:
        shape, words = LAYERS[name]
        layer = getattr(of, name)(**words)
    if name in _INTEGERS:
        asked: Any = random.integers(0, 9, (2, *shape)).astype(np.int64)
    elif name in _STRINGS:
        asked = np.array(["a b", "c"] * shape[0]).reshape(2, *shape)
    else:
        asked = random.uniform(0, 1, (2, *shape)).astype(np.float32)
    kind = "string" if name in _STRINGS else str(asked.dtype)
    given = keras.Input(shape, dtype=kind)
    mixed = {"CutMix", "MixUp"} & {name}
    if name in _SELF:
        out = layer(given, given) if "Head" in name or "Group" in name else layer([given, given])
    else:
        out = layer({"images": given})["images"] if mixed else layer(given)
    return keras.Model(given, out), asked


def write(keras: Any, way: str, name: str, folder: Path) -> None:
    """Write one model, what to ask it, and what Keras answers."""
    import tensorflow as tf

    keras.utils.set_random_seed(11)
    model, asked = model_of(keras, name)
    answer = np.asarray(model(tf.constant(asked), training=False))
    (folder / "1").parent.mkdir(parents=True)
    if way == "export":
        model.export(str(folder / "1"), verbose=False)
    elif way == "saved":
        tf.saved_model.save(model, str(folder / "1"))
    else:
        model.save(str(folder / "1"), save_format="tf")
    np.savez(folder / "asked.npz", asked=asked)
    np.savez(folder / "answered.npz", answered=answer)
    if name in LAYERS or name in WRAPPED:
        first, second = loaded(tf, folder / "1", asked)
        np.savez(folder / "loaded.npz", first=first, second=second)


def loaded(tf: Any, folder: Path, asked: Any) -> list[Any]:
    """What TensorFlow itself answers, asked twice, from a SavedModel that it loads."""
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    ((alias, spec),) = signature.structured_input_signature[1].items()
    given = {
        alias: tf.cast(tf.constant(asked), spec.dtype)
        if asked.dtype.kind != "U"
        else tf.constant(asked)
    }
    return [np.asarray(*signature(**given).values()) for _ in range(2)]


def main(out: Path, *wanted: str) -> None:
    """Write each, whatever becomes of the others."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for each in wanted:
        name, _, way = each.rpartition("-")
        keras = __import__("tf_keras" if way == "keras2" else "keras")
        try:
            write(keras, way, name, out / each)
            print(f"{each} written", flush=True)
        except Exception as error:
            why = str(error).splitlines() or [""]
            print(f"{each} not: {type(error).__name__}: {why[0]}", flush=True)
        keras.backend.clear_session()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
