"""Several engines as one: LiteRT for what is TensorFlow Lite's, and TensorFlow for the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.engine.forms import is_lite
from deepcat.serving.engine.lite import LiteEngine
from deepcat.serving.engine.session import Engine, Session


class Engines:
    """Loads each model by the engine that it is for; an engine starts when the first needs it.

    Args:
        tensorflow: starts TensorFlow; raises DeepcatError.
        prefer_lite: whether ``model.tflite`` is taken where a SavedModel lies beside it.
    """

    name = "several"

    def __init__(self, tensorflow: Callable[[], Engine], prefer_lite: bool = False) -> None:
        self._starts: dict[bool, Callable[[], Engine]] = {False: tensorflow, True: LiteEngine}
        self._prefer = prefer_lite
        self._started: dict[bool, Engine] = {}
        self._lock = threading.Lock()
        self.version = ""

    def load(self, path: Path, threads: int = 0) -> Session:
        """Load a SavedModel, or a ``model.tflite``."""
        try:
            engine = self._engine(lite=is_lite(path, prefer=self._prefer))
        except DeepcatError as error:
            raise ServingError(Code.UNIMPLEMENTED, str(error)) from error
        return engine.load(path, threads)

    def lite(self) -> Engine:
        """LiteRT, whatever else lies beside a ``model.tflite``.

        Raises:
            DeepcatError: LiteRT is not installed (``serving/missing``).
        """
        return self._engine(lite=True)

    def load_library(self, path: Path) -> None:
        """See `Engine.load_library`."""
        self._engine(lite=False).load_library(path)

    def libraries(self) -> list[str]:
        """How the names of shared libraries begin that are loaded and will never be unloaded."""
        with self._lock:
            started = list(self._started.values())
        return [name for each in started for name in getattr(each, "libraries", ())]

    def _engine(self, *, lite: bool) -> Engine:
        with self._lock:
            found = self._started.get(lite)
            if found is None:
                found = self._started[lite] = self._starts[lite]()
                self.version = found.version
            return found
