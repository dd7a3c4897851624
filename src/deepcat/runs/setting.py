"""Where a call of Ansible is made: one cloud, asked by its kind; what fails there has a type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from deepcat.clouds.failure import Failure, FailureKind
from deepcat.clouds.kind import Kind, Means, Reach
from deepcat.clouds.registry import NAMELESS, answering, kind_of
from deepcat.errors import DeepcatError
from deepcat.plan.values import State
from deepcat.runs.values import Ground


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a call is made.

    Attributes:
        cloud: its name.
        ground: on what the run stands.
        run: the run's id.
        folder: the call's own.
        means: what its kind may use.
    """

    cloud: str
    ground: Ground
    run: str
    folder: Path
    means: Means

    @property
    def kind(self) -> Kind:
        """Of the cloud.

        Raises:
            FailedError: the cloud, or its kind, is not there.
        """
        cloud = self.ground.clouds.get(self.cloud)
        if cloud is None:
            error = DeepcatError(
                f"the cloud `{self.cloud}` is not in the catalog",
                hint="bring its file back",
                code="run/cloud",
            )
            raise self.refuse(FailureKind.CLOUD, error)
        try:
            return kind_of(cloud)
        except DeepcatError as error:
            raise self.refuse(FailureKind.CLOUD, error) from None

    def reach(self, name: str, shape: str) -> Reach:
        """How a deployment is reached there, in the shape that it was given.

        Raises:
            FailedError: it cannot be.
        """
        kind, cloud = self.kind, self.ground.clouds[self.cloud]
        try:
            if not (kind.is_here or self.means.catalog):
                raise DeepcatError(NAMELESS, hint="then run it again", code="catalog/id")
            with answering(cloud):
                return kind.reach(cloud, self.means, name, shape)
        except DeepcatError as error:
            if error.code.startswith("secret/"):  # the cloud's, which no other one asks for
                own = DeepcatError(error.message, hint=error.hint, code="run/credentials")
                raise self.refuse(FailureKind.AUTH, own) from None
            raise self.refuse(FailureKind.CLOUD, error) from None

    def files(self, name: str) -> Path:
        """Where a deployment's files lie, for Ansible to take them from."""
        return self.folder / "files" / name

    def is_here(self, before: State | None, shape: str) -> bool:
        """Whether a deployment runs in a shape of this cloud, be it under another one's name."""
        if before is None or (before.cloud, before.shape) == (self.cloud, shape):
            return before is not None
        known = self.ground.clouds
        if before.cloud not in known or known[before.cloud].kind != known[self.cloud].kind:
            return False
        here = self.reach(before.name, shape)
        try:
            there = replace(self, cloud=before.cloud).reach(before.name, before.shape)
        except FailedError:  # as no place is that can be used
            return False
        return (there.place, there.link) == (here.place, here.link)

    def refuse(self, kind: FailureKind, error: DeepcatError) -> FailedError:
        """An error as this cloud's failure."""
        return FailedError(Failure(kind, error.code, error.message, error.hint, self.cloud))


class FailedError(Exception):
    """A change failed before Ansible was called."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure
