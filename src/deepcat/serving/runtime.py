"""Find TensorFlow and choose how to reach it."""

from __future__ import annotations

import importlib.machinery
import os
import sys
import types
from typing import Literal

from deepcat.errors import DeepcatError
from deepcat.serving import capi
from deepcat.serving.engine import Engine

Choice = Literal["auto", "native", "python"]


def start(choice: Choice = "auto") -> Engine:
    """Load TensorFlow; afterwards `deepcat.serving.protos` may be imported.

    The C interface is taken where this build of TensorFlow has it; otherwise TensorFlow's own
    Python code does the same work after a longer start.

    Raises:
        DeepcatError: TensorFlow or its Serving messages are not installed (``serving/missing``),
            or the engine that was asked for cannot be had (``serving/engine``).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    package = capi.folder()
    if package is None:
        raise missing("tensorflow")
    if choice != "python":
        from deepcat.serving.native import NativeEngine

        try:
            engine: Engine = NativeEngine(package)
        except (OSError, AttributeError) as error:
            if choice == "native":
                raise DeepcatError(
                    f"this TensorFlow has no usable C library: {error}",
                    hint="leave out `--engine native`",
                    code="serving/engine",
                ) from error
        else:
            light()
            return engine
    from deepcat.serving.graph import PythonEngine

    return PythonEngine()


def light() -> None:
    """Stand a bare package in for `tensorflow`, so that its message modules load quickly."""
    if "tensorflow" in sys.modules:
        return
    package = capi.folder()
    if package is None:
        raise missing("tensorflow")
    bare = types.ModuleType("tensorflow")
    bare.__path__ = [str(package)]
    bare.__spec__ = importlib.machinery.ModuleSpec("tensorflow", None, is_package=True)
    sys.modules["tensorflow"] = bare


def missing(package: str) -> DeepcatError:
    """The error for a package of the extra that is not there."""
    return DeepcatError(
        f"the server needs the Python package `{package}`, which is not installed",
        hint="pip install 'deepcat[serve]'",
        code="serving/missing",
    )
