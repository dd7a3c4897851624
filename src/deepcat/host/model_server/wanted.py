"""What a topology's server node asks of this host. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deepcat.host.failure import StepError
from deepcat.host.model_server.options import PLAIN, Options
from deepcat.host.model_server.rollout import Served

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z")


@dataclass(frozen=True)
class Wanted:
    """What a server node asks for.

    Attributes:
        node: its name, fit for a folder's.
        models: to be served.
        address: to listen on.
        rest_port: 0 for any.
        grpc_port: 0 for any.
        fixed_ports: ports that the wish itself names, so that no other will do.
        options: how it shall run.
    """

    node: str
    models: tuple[Served, ...]
    address: str
    rest_port: int
    grpc_port: int
    fixed_ports: tuple[int, ...]
    options: Options = PLAIN

    def require_names(self) -> None:
        """Raise StepError unless the names can be paths and options."""
        for model in self.models:
            if not _MODEL.match(model.name):
                hint = "use letters, digits, `-`, `_` and `.`"
                message = f"{model.name!r} cannot be a model's name"
                raise StepError("module", "run/name", message, hint)
