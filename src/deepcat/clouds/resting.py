"""What kinds answer besides that make machines: one put aside, and what outlives one that goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means


@runtime_checkable
class Resting(Protocol):
    """A kind of `deepcat.clouds.kind.Making` whose machines can be put aside.

    `Making.make` lets one that was put aside go on, and `Making.unmake` takes it away as any other.
    """

    def rest(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> bool:
        """Put a deployment's machine aside, with all that lies on its disk.

        Args:
            cloud: where.
            means: what may be used.
            deployment: its name.
            shape: that it was given there.

        Returns:
            Whether it was not put aside yet.

        Raises:
            StepError: there is none, or it is not put aside in time.
        """

    def fault(self, cloud: Cloud, means: Means, deployment: str, shape: str) -> str:
        """Why a deployment's machine failed that had been reached before; empty where it did not.

        Raises:
            StepError: the cloud does not tell.
        """

    def awake(self, cloud: Cloud, means: Means) -> Sequence[tuple[str, str, str]]:
        """Deployments of the catalog whose machines run, by one listing.

        Each with the `Means.holder` of who woke it for a look at what lies on it, empty for nobody,
        and since when it is as it is, in ISO 8601.

        Raises:
            StepError: the cloud does not tell.
        """


@runtime_checkable
class Outliving(Protocol):
    """A kind of `deepcat.clouds.kind.Making` that keeps something when a machine is replaced."""

    def outlives(self, cloud: Cloud, means: Means, deployment: str) -> str:
        """What of a deployment stays on a cloud for its next machine there, in words.

        Args:
            cloud: where.
            means: what may be used.
            deployment: its name.

        Returns:
            Empty for nothing.

        Raises:
            StepError: the cloud does not tell.
        """
