"""What every command shares: where the catalog is, and how to speak to the person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from deepcat.errors import UsageError

MARKER = "deepcat.yaml"


@dataclass(slots=True)
class Context:
    """The options given before the command.

    Attributes:
        directory: where the search for the catalog's root starts.
    """

    directory: Path

    @property
    def root(self) -> Path:
        """The catalog's root: the nearest folder upwards that holds `deepcat.yaml`.

        Raises:
            UsageError: there is none.
        """
        start = self.directory.resolve()
        for folder in (start, *start.parents):
            if (folder / MARKER).is_file():
                return folder
        raise UsageError(
            f"no catalog here: neither `{start}` nor a folder above it holds `{MARKER}`",
            hint="go into a catalog, name one with `-C DIR`, or try `deepcat new catalog NAME`",
        )


pass_context = click.make_pass_decorator(Context)
