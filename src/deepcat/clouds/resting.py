"""What kinds answer besides that make machines: one put aside, and what outlives one that goes."""

from __future__ import annotations

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
