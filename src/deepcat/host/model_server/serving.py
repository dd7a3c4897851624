"""By which Python a server runs, and where its code lies on the host. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Its folders go before all others; nothing of the host's own packages is imported.
_BEGIN = (
    "import sys; sys.path[:0] = sys.argv.pop(1).split(':'); sys.argv[0] = 'deepcat'; "
    "from deepcat.cli.main import main; main()"
)


@dataclass(frozen=True)
class Serving:
    """What `deepcat serve` is started by.

    Attributes:
        python: the command that starts its Python; empty for the very one that asks.
        path: folders that it imports from, the first one first.
        reads: what else it opens, such as what its Python needs.
        engine: the program that runs containers; empty where a server runs in none.
        image: of its container, by digest.
    """

    python: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    engine: str = ""
    image: str = ""

    @property
    def command(self) -> tuple[str, ...]:
        """Of `deepcat serve`, for a Python that was named."""
        return (*self.python, "-I", "-S", "-c", _BEGIN, ":".join(self.path), "serve")


HERE = Serving()


def serving_of(data: Mapping[str, Any]) -> Serving:
    """From plain data; nothing of it is where deepcat itself is installed."""
    named = data.get("python") or ()
    return Serving(
        (named,) if isinstance(named, str) else tuple(named),
        tuple(data.get("path") or ()),
        tuple(data.get("reads") or ()),
        str(data.get("engine") or ""),
        str(data.get("image") or ""),
    )
