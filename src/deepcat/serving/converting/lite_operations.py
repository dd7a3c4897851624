"""What each operation of TensorFlow Lite is in TensorFlow, over real numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Operation = Callable[["Call"], Any]
_RELU, _RELU_1, _RELU_6, _TANH = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Call:
    """One operation where it stands.

    Attributes:
        taken: its inputs; None for one that is left out.
        options: what the file says of it; each operation has its own kind.
        kind: the type of what it gives.
    """

    taken: list[Any]
    options: Any
    kind: str

    def __getitem__(self, index: int) -> Any:
        """An input; None where there is none."""
        return self.taken[index] if index < len(self.taken) else None


def table(tf: Any) -> dict[str, Operation]:
    """Every operation by its name in TensorFlow Lite."""
    return {**_alike(tf), **_layers(tf), **_shapes(tf)}


def _active(tf: Any, call: Call, value: Any) -> Any:
    """A value after the activation that is fused with its operation."""
    kind = getattr(call.options, "fusedActivationFunction", 0)
    if kind == _RELU:
        return tf.nn.relu(value)
    if kind == _RELU_1:
        return tf.clip_by_value(value, -1.0, 1.0)
    if kind == _RELU_6:
        return tf.nn.relu6(value)
    return tf.tanh(value) if kind == _TANH else value


def _alike(tf: Any) -> dict[str, Operation]:
    """What TensorFlow has under another name."""
    one = {
        **dict.fromkeys(("QUANTIZE", "DEQUANTIZE"), lambda x: x),
        "ABS": tf.abs, "CEIL": tf.math.ceil, "COS": tf.cos, "ELU": tf.nn.elu, "EXP": tf.exp,
        "FLOOR": tf.floor, "HARD_SWISH": lambda x: x * tf.nn.relu6(x + 3.0) / 6.0,
        "LOG": tf.math.log, "LOGICAL_NOT": tf.logical_not, "LOGISTIC": tf.sigmoid,
        "LOG_SOFTMAX": tf.nn.log_softmax,
        "NEG": tf.negative, "RELU": tf.nn.relu, "RELU6": tf.nn.relu6, "ROUND": tf.round,
        "RELU_N1_TO_1": lambda x: tf.clip_by_value(x, -1.0, 1.0), "RSQRT": tf.math.rsqrt,
        "SIN": tf.sin, "SQRT": tf.sqrt, "SQUARE": tf.square, "TANH": tf.tanh,
    }  # fmt: skip
    two = {
        "ADD": tf.add, "DIV": tf.divide, "EQUAL": tf.equal, "FLOOR_DIV": tf.math.floordiv,
        "FLOOR_MOD": tf.math.floormod, "GREATER": tf.greater, "GREATER_EQUAL": tf.greater_equal,
        "LESS": tf.less, "LESS_EQUAL": tf.less_equal, "LOGICAL_AND": tf.logical_and,
        "LOGICAL_OR": tf.logical_or, "MAXIMUM": tf.maximum, "MINIMUM": tf.minimum,
        "MUL": tf.multiply, "NOT_EQUAL": tf.not_equal, "POW": tf.pow,
        "SQUARED_DIFFERENCE": tf.math.squared_difference, "SUB": tf.subtract,
    }  # fmt: skip
    reduced = {
        "MEAN": tf.reduce_mean, "SUM": tf.reduce_sum, "REDUCE_MAX": tf.reduce_max,
        "REDUCE_MIN": tf.reduce_min, "REDUCE_PROD": tf.reduce_prod,
    }  # fmt: skip
    return {
        **{name: _of_one(do) for name, do in one.items()},
        **{name: _of_two(tf, do) for name, do in two.items()},
        **{name: _of_axes(do) for name, do in reduced.items()},
    }


def _of_one(do: Any) -> Operation:
    return lambda call: do(call[0])


def _of_two(tf: Any, do: Any) -> Operation:
    return lambda call: _active(tf, call, do(call[0], call[1]))


def _of_axes(do: Any) -> Operation:
    return lambda call: do(call[0], call[1], keepdims=call.options.keepDims)


def _layers(tf: Any) -> dict[str, Operation]:
    """Convolutions, pools and what else a network learns."""

    def padding(call: Call) -> str:
        return "VALID" if call.options.padding else "SAME"

    def strides(call: Call) -> list[int]:
        return [1, call.options.strideH, call.options.strideW, 1]

    def biased(call: Call, value: Any) -> Any:
        return _active(tf, call, value if call[2] is None else value + call[2])

    def convolution(call: Call) -> Any:
        kernel = tf.transpose(call[1], [1, 2, 3, 0])
        spread = [1, call.options.dilationHFactor, call.options.dilationWFactor, 1]
        return biased(
            call, tf.nn.conv2d(call[0], kernel, strides(call), padding(call), dilations=spread)
        )

    def depthwise(call: Call) -> Any:
        height, width, total = call[1].shape[1:]
        channels = call[0].shape[-1]
        kernel = tf.reshape(call[1], [height, width, channels, total // channels])
        spread = [call.options.dilationHFactor, call.options.dilationWFactor]
        made = tf.nn.depthwise_conv2d(
            call[0], kernel, strides(call), padding(call), dilations=spread
        )
        return biased(call, made)

    def transposed(call: Call) -> Any:
        kernel = tf.transpose(call[1], [1, 2, 0, 3])
        made = tf.nn.conv2d_transpose(call[2], kernel, call[0], strides(call), padding(call))
        return _active(tf, call, made if call[3] is None else made + call[3])

    def connected(call: Call) -> Any:
        size = call[1].shape[-1]
        made = tf.matmul(tf.reshape(call[0], [-1, size]), call[1], transpose_b=True)
        if call.options.keepNumDims:
            made = tf.reshape(made, tf.concat([tf.shape(call[0])[:-1], [call[1].shape[0]]], 0))
        return biased(call, made)

    def pooled(do: Any) -> Operation:
        def pool(call: Call) -> Any:
            window = [1, call.options.filterHeight, call.options.filterWidth, 1]
            return _active(tf, call, do(call[0], window, strides(call), padding(call)))

        return pool

    def multiplied(call: Call) -> Any:
        said = call.options
        return tf.matmul(call[0], call[1], transpose_a=said.adjX, transpose_b=said.adjY)

    return {
        "AVERAGE_POOL_2D": pooled(tf.nn.avg_pool2d),
        "BATCH_MATMUL": multiplied,
        "CONV_2D": convolution,
        "DEPTHWISE_CONV_2D": depthwise,
        "FULLY_CONNECTED": connected,
        "GELU": lambda call: tf.nn.gelu(call[0], call.options.approximate),
        "L2_NORMALIZATION": lambda call: _active(tf, call, tf.math.l2_normalize(call[0], -1)),
        "LEAKY_RELU": lambda call: tf.nn.leaky_relu(call[0], call.options.alpha),
        "MAX_POOL_2D": pooled(tf.nn.max_pool2d),
        "PRELU": lambda call: tf.nn.relu(call[0]) - call[1] * tf.nn.relu(-call[0]),
        "SOFTMAX": lambda call: tf.nn.softmax(call[0] * call.options.beta),
        "TRANSPOSE_CONV": transposed,
    }


def _shapes(tf: Any) -> dict[str, Operation]:
    """What moves numbers about and leaves them as they are."""

    def reshaped(call: Call) -> Any:
        shape = call[1]
        return tf.reshape(call[0], list(call.options.newShape) if shape is None else shape)

    def strided(call: Call) -> Any:
        said = call.options
        masks = {
            "begin_mask": said.beginMask, "end_mask": said.endMask,
            "ellipsis_mask": said.ellipsisMask, "new_axis_mask": said.newAxisMask,
            "shrink_axis_mask": said.shrinkAxisMask,
        }  # fmt: skip
        return tf.strided_slice(*call.taken, **masks)

    def squeezed(call: Call) -> Any:
        dims = call.options.squeezeDims
        return tf.squeeze(call[0], None if dims is None or not len(dims) else list(map(int, dims)))

    def resized(do: Any) -> Operation:
        def resize(call: Call) -> Any:
            said = call.options
            return do(
                images=call[0], size=call[1],
                align_corners=said.alignCorners, half_pixel_centers=said.halfPixelCenters,
            )  # fmt: skip

        return resize

    return {
        "ARG_MAX": lambda call: tf.argmax(call[0], call[1], output_type=call.kind),
        "ARG_MIN": lambda call: tf.argmin(call[0], call[1], output_type=call.kind),
        "BATCH_TO_SPACE_ND": lambda call: tf.batch_to_space(*call.taken),
        "BROADCAST_TO": lambda call: tf.broadcast_to(call[0], call[1]),
        "CAST": lambda call: tf.cast(call[0], call.kind),
        "CONCATENATION": lambda call: _active(tf, call, tf.concat(call.taken, call.options.axis)),
        "DEPTH_TO_SPACE": lambda call: tf.nn.depth_to_space(call[0], call.options.blockSize),
        "EXPAND_DIMS": lambda call: tf.expand_dims(call[0], int(tf.get_static_value(call[1]))),
        "FILL": lambda call: tf.fill(call[0], call[1]),
        "GATHER": lambda call: tf.gather(call[0], call[1], axis=call.options.axis),
        "PACK": lambda call: tf.stack(call.taken, call.options.axis),
        "PAD": lambda call: tf.pad(call[0], call[1]),
        "RESHAPE": reshaped,
        "RESIZE_BILINEAR": resized(tf.raw_ops.ResizeBilinear),
        "RESIZE_NEAREST_NEIGHBOR": resized(tf.raw_ops.ResizeNearestNeighbor),
        "SELECT": lambda call: tf.where(*call.taken),
        "SELECT_V2": lambda call: tf.where(*call.taken),
        "SHAPE": lambda call: tf.shape(call[0], out_type=call.kind),
        "SLICE": lambda call: tf.slice(call[0], call[1], call[2]),
        "SPACE_TO_BATCH_ND": lambda call: tf.space_to_batch(*call.taken),
        "SPACE_TO_DEPTH": lambda call: tf.nn.space_to_depth(call[0], call.options.blockSize),
        "SPLIT": lambda call: tf.split(
            call[1], call.options.numSplits, tf.get_static_value(call[0])
        ),
        "SQUEEZE": squeezed,
        "STRIDED_SLICE": strided,
        "TILE": lambda call: tf.tile(call[0], call[1]),
        "TRANSPOSE": lambda call: tf.transpose(call[0], call[1]),
        "UNPACK": lambda call: tf.unstack(call[0], call.options.num, call.options.axis),
    }
