"""Find TensorFlow and choose how to reach it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from deepcat.errors import DeepcatError
from deepcat.serving.contract.bare import missing, place
from deepcat.serving.engine import capi
from deepcat.serving.engine.kept import KeptGraphs
from deepcat.serving.engine.session import Engine

Choice = Literal["auto", "native", "python", "lite"]


def start(
    choice: Choice = "auto",
    meanwhile: Callable[[], object] = lambda: None,
    graphs: KeptGraphs | None = None,
) -> Engine:
    """Load TensorFlow.

    The C interface is taken where this build of TensorFlow has it; otherwise TensorFlow's own
    Python code does the same work after a longer start.

    Args:
        choice: how to reach TensorFlow.
        meanwhile: called while the C library loads in another thread; it may import what needs
            no TensorFlow.
        graphs: where rewritten graphs are kept, that the C interface loads; None for nowhere.

    Raises:
        DeepcatError: TensorFlow or its Serving messages are not installed (``serving/missing``),
            or the engine that was asked for cannot be had (``serving/engine``).
    """
    if choice == "lite":
        raise DeepcatError(
            "this server has LiteRT alone, which serves `model.tflite` and no SavedModel",
            hint="serve it with TensorFlow, or convert it: `deepcat new module --model`",
            code="serving/engine",
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Several servers may share a GPU: take its memory as it is needed, not all of it.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    # oneDNN's allocator of tensors from 256 KiB on keeps for ever the most that they once took.
    os.environ.setdefault("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1")
    package = place("tensorflow")
    if package is None:
        raise missing("tensorflow")
    if place("tensorflow_serving") is None:
        raise missing("tensorflow-serving-api")
    if choice != "python":
        with ThreadPoolExecutor(1) as thread:
            opening = thread.submit(capi.open_library, package)
            meanwhile()
            from deepcat.serving.engine.keeping import KeepingEngine
            from deepcat.serving.engine.native import NativeEngine
        try:
            library = opening.result()
            engine = KeepingEngine(library, graphs) if graphs else NativeEngine(library)
        except (OSError, AttributeError) as error:
            if choice == "native":
                raise DeepcatError(
                    f"this TensorFlow has no usable C library: {error}",
                    hint="leave out `--engine native`",
                    code="serving/engine",
                ) from error
        else:
            return engine
    from deepcat.serving.engine.graph import PythonEngine

    return PythonEngine()
