"""What the suite asks of the real parts on which a kind is tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol


class Ground(Protocol):
    """Clouds of one kind that really run, and what can be done to them behind deepcat's back.

    It lives as long as the tests of its kind; each catalog that is tried on it has a folder of its
    own, and things of several catalogs may be there at once.
    """

    kind: str
    # What can be done to it, by name: called with the catalog's folder and a deployment's name;
    # `mend` undoes all of it.
    faults: Mapping[str, Callable[[Path, str], None]]
    # Its share of the moments at which a case interrupts a command.
    moments: slice
    # Whether a wish may name the ports that a server answers at; else they are left to the cloud.
    ports: bool
    # Whether what runs on its first cloud is reached by `deepcat tunnel` alone.
    is_far: bool
    # The cloud where it is developed: of the kind itself, and with boxes.
    desk: str

    def clouds(self, root: Path) -> Mapping[str, Mapping[str, Any]]:
        """Name -> its file, as data: `first`, and `second`, which is taken when that one fails.

        Args:
            root: the catalog's folder; what the files name may be made below it.
        """

    def environment(self) -> Mapping[str, str]:
        """What is added to the environment of the one who calls deepcat."""

    def there(self, root: Path) -> Mapping[str, list[str]]:
        """Deployment -> each thing of it that is there, in words; by the cloud's own means.

        Processes, files and jobs of a catalog, asked for without any code of deepcat's. What
        belongs to no one deployment stands under an empty name.
        """

    def clear(self, root: Path) -> None:
        """Take away by force all that a catalog has there."""

    def hold(self, root: Path, name: str) -> None:
        """Let what a deployment was given stay there for others, though that one goes."""

    def notes(self) -> tuple[str, tuple[Path, ...]]:
        """A folder on its hosts where jobs leave notes, and each as it is seen from here."""

    def lend(self, root: Path) -> None:
        """Let lie there already what a notebook takes, where it would come from an index."""

    def mend(self) -> None:
        """Undo all that was done to it."""

    def end(self) -> None:
        """Leave nothing behind."""
