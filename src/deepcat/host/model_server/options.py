"""How a server runs, beyond what it serves and where: its batching, its environment."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepcat.host import with_environment
from deepcat.host.failure import StepError
from deepcat.host.place import write_json
from deepcat.host.variables import may_be_set

# No model can have such a name, whose folders lie beside.
_BATCHING = ".batching"
_ENVIRONMENT = ".environment"


@dataclass(frozen=True, slots=True)
class Options:
    """A server's options, sorted by name.

    Attributes:
        batching: TensorFlow Serving's BatchingParameters; None for no batching.
        environment: variables of its process.
    """

    batching: tuple[tuple[str, int], ...] | None = None
    environment: tuple[tuple[str, str], ...] = ()

    def arguments(self, folder: Path) -> list[str]:
        """What the server's command is given besides; files that it names lie in `folder`."""
        if self.batching is None:
            return []
        path = folder / _BATCHING
        path.write_text("".join(f"{name} {{ value: {value} }}\n" for name, value in self.batching))
        return ["--batching", str(path)]

    def around(self, folder: Path, argv: list[str]) -> list[str]:
        """The command with what sets the variables before it."""
        if not self.environment:
            return argv
        path = folder / _ENVIRONMENT
        write_json(path, dict(self.environment))
        return [sys.executable, "-ES", with_environment.__file__, str(path), *argv]


PLAIN = Options()


def options_of(properties: Mapping[str, Any]) -> Options:
    """The options that a server node's properties ask for.

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
    return Options(
        None
        if batching is None
        else tuple(sorted((name, int(value)) for name, value in batching.items())),
        tuple(sorted((name, _text(value)) for name, value in variables.items())),
    )


def from_dict(data: Mapping[str, Any]) -> Options:
    """The options as `dataclasses.asdict` and JSON give them."""
    batching = data.get("batching")
    return Options(
        None if batching is None else tuple((name, value) for name, value in batching),
        tuple((name, value) for name, value in data.get("environment", ())),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
