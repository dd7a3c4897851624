"""TensorFlow as a bare package, so that its message modules can be read without its own start."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepcat.errors import DeepcatError
from deepcat.extras import not_installed


@contextmanager
def bare_package() -> Iterator[None]:
    """Stand a bare package in for `tensorflow`, unless that is loaded, while messages are imported.

    Raises:
        DeepcatError: TensorFlow is not installed (``serving/missing``).
    """
    if "tensorflow" in sys.modules:
        yield
        return
    package = place("tensorflow")
    if package is None:
        raise missing("tensorflow")
    bare = types.ModuleType("tensorflow")
    bare.__path__ = [str(package)]
    bare.__spec__ = importlib.machinery.ModuleSpec("tensorflow", None, is_package=True)
    sys.modules["tensorflow"] = bare
    try:
        yield
    finally:
        del sys.modules["tensorflow"]


def missing(package: str, extra: str = "serve") -> DeepcatError:
    """The error for a package of an extra that is not there."""
    return not_installed(extra, package, "serving/missing")


def place(package: str) -> Path | None:
    """The folder of an installed package, which is not imported; None when there is none."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None
