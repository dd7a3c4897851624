"""What a kind answers besides that makes machines, and can put one aside: it costs nothing then."""

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
