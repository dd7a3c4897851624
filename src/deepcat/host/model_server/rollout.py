"""How a server comes to serve something else without a gap: what to decide, as values. Pure.

What runs is never touched before the new one has proved itself. Then, by what differs:

- ``fresh``: nothing runs; the candidate becomes the one that runs.
- ``same``: what runs is what is wanted.
- ``models``: only models differ. The candidate is a trial; once proved, the new version's folder is
  put beside the old one, the server loads it, and the old version ends.
- ``beside``: the ports differ, or the server chooses its own, so the candidate runs beside the old
  one, and then the old one ends.
- ``restart``: the ports stay and the server's options differ. The candidate is a trial; once
  proved, the server is started again with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from deepcat.host.model_server import options
from deepcat.host.model_server.options import PLAIN, Options
from deepcat.host.model_server.serving import HERE, Serving, serving_of


@dataclass(frozen=True)
class Served:
    """One model that a server serves.

    Attributes:
        name: as clients call it.
        version: as clients number it, from 1.
        sha256: of its archive.
        path: of its SavedModel, relative to the deployment's folder.
    """

    name: str
    version: int
    sha256: str
    path: str


@dataclass(frozen=True)
class Server:
    """A server as it runs, or as it shall run.

    Attributes:
        program: its supervised program's name.
        folder: holds a folder of versions for each model; relative to the deployment's folder.
        models: sorted by name.
        address: to listen on.
        rest_port: of REST.
        grpc_port: of gRPC; 0, as REST's, where the server chooses itself.
        mode: how it came to be, as above.
        options: how it runs.
        serving: by which Python and from where; see `Serving`.
        cards: UUIDs of the graphics cards that are its own.
    """

    program: str
    folder: str
    models: tuple[Served, ...]
    address: str
    rest_port: int
    grpc_port: int
    mode: str = "fresh"
    options: Options = PLAIN
    serving: Serving = field(default=HERE, compare=False)
    cards: tuple[str, ...] = field(default=(), compare=False)

    @property
    def content(self) -> tuple[tuple[str, str], ...]:
        """What it serves: names and checksums."""
        return tuple((model.name, model.sha256) for model in self.models)

    @property
    def ports(self) -> tuple[int, int]:
        """REST's and gRPC's."""
        return self.rest_port, self.grpc_port

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def node_of(server: Server) -> str:
    """The node that a server which runs is of, by its program's name."""
    return server.program.split("~")[1]


def from_dict(data: Mapping[str, Any] | None) -> Server | None:
    """The server that `Server.as_dict` gave, or None."""
    if not data:
        return None
    models = tuple(Served(**model) for model in data["models"])
    how = options.from_dict(data.get("options", {}))
    serving = serving_of(data.get("serving") or {})
    parts = {"models": models, "options": how, "serving": serving}
    return Server(**{**data, **parts, "cards": tuple(data.get("cards") or ())})


def number(wanted: tuple[Served, ...], live: Server | None) -> tuple[Served, ...]:
    """The models with the versions under which they will be served.

    A model that is served already keeps its version; another takes a higher one, since a server
    serves the highest.
    """
    before = {model.name: model for model in live.models} if live else {}
    numbered = []
    for model in sorted(wanted, key=lambda model: model.name):
        old = before.get(model.name)
        version = model.version
        if old is not None:
            version = old.version if old.sha256 == model.sha256 else max(version, old.version + 1)
        numbered.append(Served(model.name, version, model.sha256, model.path))
    return tuple(numbered)


def port(
    wanted: int, fixed: Collection[int], held: int, is_free: Callable[[int], bool]
) -> int | None:
    """The port to use; 0 for any free one; None when the wish names one that is taken.

    Args:
        wanted: as the topology has it; 0 for any.
        fixed: ports that the wish itself names.
        held: the port that the running server has; 0 when none runs.
        is_free: whether nobody else listens there.
    """
    if wanted and wanted in fixed:
        return wanted if wanted == held or is_free(wanted) else None
    if held:
        return held
    return wanted if wanted and is_free(wanted) else 0


def mode(live: Server | None, wanted: Server) -> str:
    """How to come from the one to the other."""
    if live is None:
        return "fresh"
    before, after = ((each.ports, each.address, each.options) for each in (live, wanted))
    if before == after and live.content == wanted.content:
        return "same"
    if before == after and {name for name, _ in live.content} == {
        name for name, _ in wanted.content
    }:
        return "models"
    if not (set(live.ports) & set(wanted.ports)) - {0}:  # 0: the server chooses
        return "beside"
    return "restart"


def is_trial(server: Server) -> bool:
    """Whether it only proves itself and then ends."""
    return server.mode in ("models", "restart")
