"""What a kind answers besides, where somebody works in no folder of a host that is logged in to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means


class Desk(Protocol):
    """One notebook, and the work that is done there."""

    @property
    def kept(self) -> str:
        """Where the work lies, in words for a person."""

    def now(self) -> Mapping[str, Any]:
        """What is known of it, as `deepcat.host.notebook.keep` notes it.

        Raises:
            DeepcatError: its cloud cannot be asked; so for all that follows.
        """

    def asked(self) -> Mapping[str, Any]:
        """What was asked of it last."""

    def token(self) -> str:
        """By which somebody is let in; empty where it is stopped."""

    def write(self, asked: Mapping[str, Any]) -> bool:
        """Write down what is asked; whether somebody there reads it."""

    def start(self) -> None:
        """Start it again where it has left its machine, with what was asked last."""

    def told(self) -> Mapping[str, Any]:
        """What was saved last, and what was left out."""

    def bundle(self) -> bytes:
        """The work as it is saved, and what it began with, as a bundle of Git's.

        Raises:
            DeepcatError: there is none (``develop/work``).
        """

    def discard(self) -> None:
        """Delete the work for ever."""


@runtime_checkable
class Developing(Protocol):
    """A kind whose work goes with its deployment: it is held back until a branch has all of it."""

    def desk(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> Desk | None:
        """A deployment's notebook; None where there is none.

        Args:
            cloud: where.
            means: what may be used.
            deployment: its name.
            shape: that it was given there.

        Raises:
            DeepcatError: the cloud cannot be asked.
        """
