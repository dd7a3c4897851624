"""The forms of a model in a version's folder, told by its files."""

from __future__ import annotations

from pathlib import Path

LITE = "model.tflite"
_GRAPHS = ("saved_model.pb", "saved_model.pbtxt")


def is_lite(folder: Path, *, prefer: bool = False) -> bool:
    """Whether a version's folder is LiteRT's to load.

    Args:
        folder: of the version.
        prefer: whether ``model.tflite`` is taken where a SavedModel lies beside it.
    """
    return (folder / LITE).is_file() and (prefer or not has_both(folder))


def has_both(folder: Path) -> bool:
    """Whether ``model.tflite`` lies beside a SavedModel."""
    return (folder / LITE).is_file() and any((folder / graph).is_file() for graph in _GRAPHS)


def version_of_lite() -> str:
    """Of LiteRT, which is not loaded for it; empty where it is not installed."""
    try:
        import ai_edge_litert
    except ImportError:
        return ""
    return str(getattr(ai_edge_litert, "__version__", ""))
