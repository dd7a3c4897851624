"""How a server runs, beyond what it serves and where: its batching, its environment, its box."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepcat.host.failure import StepError
from deepcat.host.model_server.access import OPEN, Access, access_of
from deepcat.host.variables import may_be_set

# No model can have such a name, whose folders lie beside.
_BATCHING = ".batching"
# A bound on memory is so many times what the wish asks a host for, and at least so much, since that
# is no less than what TensorFlow itself takes.
_MEMORY_FACTOR, _LEAST_MEMORY = 2, 2 << 30


@dataclass(frozen=True)
class Options:
    """A server's options, sorted by name.

    Attributes:
        batching: TensorFlow Serving's BatchingParameters; None for no batching.
        environment: variables of its process.
        memory_bytes: that it may use; 0 for no bound.
        devices: whether it has any of the host's graphics cards.
        cards: how many of them; 0 for all, as the machine that its box is made on gives them.
        profile: of the parts of cards that it has, such as ``1g.5gb``; empty for whole cards.
        unboxed: whether it may run without a box where the host gives none.
        access: who may call it.
    """

    batching: tuple[tuple[str, int], ...] | None = None
    environment: tuple[tuple[str, str], ...] = ()
    memory_bytes: int = 0
    devices: bool = True
    unboxed: bool = field(default=False, compare=False)
    cards: int = 0
    profile: str = ""
    access: Access = OPEN

    def arguments(self, folder: Path) -> list[str]:
        """What the server's command is given besides; files that it names lie in `folder`."""
        if self.batching is None:
            return []
        path = folder / _BATCHING
        path.write_text("".join(f"{name} {{ value: {value} }}\n" for name, value in self.batching))
        return ["--batching", str(path)]


PLAIN = Options()


def options_of(properties: Mapping[str, Any], values: Mapping[str, Any]) -> Options:
    """The options that a server node's properties and the run's values ask for.

    Raises:
        StepError: a variable is not for a topology to set (``run/values``).
    """
    variables = properties.get("environment") or {}
    for name, value in variables.items():
        if not may_be_set(name) or "\0" in str(value):
            hint = "give it another name"
            message = f"the variable {name!r} is not for a topology to set"
            raise StepError("module", "run/values", message, hint)
    batching = properties.get("batching")
    memory = int(values.get("memory_MiB") or 0) << 20
    return Options(
        None
        if batching is None
        else tuple(sorted((name, int(value)) for name, value in batching.items())),
        tuple(sorted((name, _text(value)) for name, value in variables.items())),
        memory and max(_LEAST_MEMORY, _MEMORY_FACTOR * memory),
        bool(values.get("devices", True)),
        bool(values.get("unboxed")),
        int(values.get("cards") or 0),
        str(values.get("card_part") or ""),
        access_of(values.get("access")),
    )


def from_dict(data: Mapping[str, Any]) -> Options:
    """The options as `dataclasses.asdict` and JSON give them."""
    batching = data.get("batching")
    return Options(
        None if batching is None else tuple((name, value) for name, value in batching),
        tuple((name, value) for name, value in data.get("environment", ())),
        int(data.get("memory_bytes", 0)),
        bool(data.get("devices", True)),
        bool(data.get("unboxed")),
        int(data.get("cards") or 0),
        str(data.get("profile") or ""),
        access_of(data.get("access")),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
