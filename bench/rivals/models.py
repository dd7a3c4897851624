"""Write the models of the comparison: two MLPs, MobileNetV2, and MobileNetV2 that reads pictures.

    python bench/rivals/models.py FOLDER

Weights are random: what a number is does not change what it costs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

SIDE = 224


def mlp(inputs: int, hidden: int) -> Any:
    """Two hidden layers, ten classes."""
    return keras.Sequential(
        [
            keras.Input((inputs,), name="x"),
            keras.layers.Dense(hidden, activation="relu"),
            keras.layers.Dense(hidden, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def main() -> None:
    """Write them, each as version 1 of its name."""
    folder = Path(sys.argv[1])
    keras.utils.set_random_seed(1)
    mlp(32, 64).export(folder / "mlp" / "1")
    mlp(784, 2048).export(folder / "wide" / "1")
    given = keras.Input((SIDE, SIDE, 3), name="images")
    images = keras.applications.MobileNetV2(weights=None, input_tensor=given)
    images.export(folder / "images" / "1")
    small = tf.random.uniform((24, 32, 3), maxval=255, seed=1)
    photo = tf.cast(
        tf.clip_by_value(tf.image.resize(small, (480, 640), "bicubic"), 0, 255), "uint8"
    )
    (folder / "picture.jpg").write_bytes(tf.io.encode_jpeg(photo).numpy())
    pictures = tf.Module()
    pictures.images = images

    def read(text: Any) -> Any:
        picture = tf.io.decode_image(text, channels=3, expand_animations=False)
        return tf.image.resize(picture, (SIDE, SIDE)) / 127.5 - 1.0

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="pictures")])
    def predict(texts: Any) -> Any:
        read_all = tf.map_fn(read, texts, fn_output_signature=tf.float32)
        return {"classes": images(tf.ensure_shape(read_all, (None, SIDE, SIDE, 3)))}

    tf.saved_model.save(pictures, str(folder / "pictures" / "1"), signatures=predict)


if __name__ == "__main__":
    main()
