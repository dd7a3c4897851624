"""The engines that a server's models need, started as it starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError
from deepcat.openapi.card import expected
from deepcat.serving.engine import choose
from deepcat.serving.engine.forms import has_both, is_lite
from deepcat.serving.models.folders import version_folders
from deepcat.serving.server.proofs import name_of

if TYPE_CHECKING:
    from deepcat.openapi.card import Sample
    from deepcat.serving.engine.several import Engines
    from deepcat.serving.server.settings import Settings

_BASE_PATH = re.compile(r"""base_path\s*:\s*["']([^"']+)""")


def started(settings: Settings, meanwhile: Callable[[], object]) -> Engines:
    """The engines; TensorFlow starts later, if ever, where LiteRT has all models there are.

    Args:
        settings: of the server.
        meanwhile: imports what else is needed.

    Raises:
        DeepcatError: as `choose.start`, or a library of operations does not load
            (``serving/op-library``).
    """
    later = not settings.op_libraries and (
        settings.engine == "lite" or (settings.engine == "auto" and _all_lite(settings))
    )
    first = None if later else choose.start(settings.engine, meanwhile, settings.graphs)
    if first is None:
        meanwhile()
    from deepcat.serving.engine.several import Engines

    engines = Engines(
        lambda: first or choose.start(settings.engine, graphs=settings.graphs),
        bool(settings.prefer_lite),
    )
    for path in settings.op_libraries:
        load_library(engines, path)
    return engines


def _all_lite(settings: Settings) -> bool:
    """Whether all that lies in the models' folders now is LiteRT's; a hint, told by names alone.

    What could read a configuration is imported while TensorFlow's library loads, so not here.
    """
    prefer = settings.prefer_lite
    paths = [(m.base_path, expected(settings.cards.get(m.name))) for m in settings.models]
    if settings.config is not None and settings.config.is_file():
        text = settings.config.read_text("utf-8", "replace")
        paths += [(path, ()) for path in _BASE_PATH.findall(text)]
    found = [
        (folder, samples)
        for path, samples in paths
        for folder in version_folders(Path(path)).values()
    ]

    def may(folder: Path, samples: Sequence[Sample]) -> bool:
        """With samples, `model.tflite` is tried first, where it is not known to differ."""
        if prefer is not None or not samples or not has_both(folder):
            return is_lite(folder, prefer=bool(prefer))
        return not settings.proofs.why_not(name_of(folder, samples))

    return bool(found) and all(may(*each) for each in found)


def load_library(engines: Engines, path: Path) -> None:
    """Give TensorFlow a library of operations.

    Raises:
        DeepcatError: it does not load (``serving/op-library``).
    """
    from deepcat.serving.contract.status import ServingError

    try:
        engines.load_library(path)
    except ServingError as error:
        raise DeepcatError(
            f"TensorFlow does not load {path}: {error.message}",
            hint="it must be built for this version of TensorFlow",
            code="serving/op-library",
        ) from error
