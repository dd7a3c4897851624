"""What the server asks of TensorFlow: load a SavedModel, run its graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from deepcat.serving.contract.dtypes import Array

# Arrays for the feeds, and milliseconds that the run may take (0 for no bound) -> the fetches.
# A runner with a true attribute `quick` takes less than handing its run to another thread would.
Runner = Callable[[Sequence[Array], int], list[Array]]


class Session(Protocol):
    """One loaded SavedModel; it may be run by several threads at once."""

    meta_graph: bytes
    """The serialised MetaGraphDef, with the signatures."""

    def runner(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> Runner:
        """A function that runs the graph; tensors are named as in signatures, ``op:0``.

        Raises:
            ServingError: the graph has no such tensor.
        """

    def fill(self, variables: Mapping[str, str]) -> None:
        """Give variables the values of others: those that the SavedModel does not restore.

        Raises:
            ServingError: from TensorFlow.
        """

    def close(self) -> None:
        """Free what it holds; no run may be under way."""


class Engine(Protocol):
    """A way to reach TensorFlow."""

    name: str
    version: str

    def load_library(self, path: Path) -> None:
        """Load a shared library of custom operations.

        Raises:
            ServingError: TensorFlow refused it.
        """

    def load(self, path: Path, threads: int = 0) -> Session:
        """Load the SavedModel (tag ``serve``) in `path`.

        Raises:
            ServingError: with TensorFlow's own code and message.
        """
