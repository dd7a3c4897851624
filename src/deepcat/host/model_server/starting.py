"""The command that starts a server of a deployment."""

from __future__ import annotations

from ipaddress import ip_address

from deepcat.host.failure import StepError
from deepcat.host.keeper import ADDRESS, GRPC, REST
from deepcat.host.model_server import boxing, container, keys
from deepcat.host.model_server.about import about_arguments
from deepcat.host.model_server.access import OPEN
from deepcat.host.model_server.rollout import Server
from deepcat.host.place import Place

_POLL_S = "0.5"


def command(place: Place, server: Server, *, chooses: bool) -> list[str]:
    """Its words; whoever keeps it runs them.

    Args:
        place: the deployment's.
        server: to be started; the folders of its models lie there.
        chooses: whether another machine, and not this one, says where it listens.

    Raises:
        StepError: it cannot be started so here.
    """
    folder = place.folder / server.folder
    access = server.options.access
    if server.serving.image and not chooses:
        if access != OPEN:
            hint = "take `access` away, or the cloud's `image`"
            message = "a server in a container of TensorFlow Serving asks no caller for a key"
            raise StepError("cloud", "run/access", message, hint)
        return container.command(place.folder, server, _POLL_S)
    where = server.address, str(server.rest_port), str(server.grpc_port)
    address, rest, grpc = (ADDRESS, REST, GRPC) if chooses else where
    words = ["--host", address, "--rest-port", rest, "--grpc-port", grpc]
    # What it serves is the deployment's, also for who comes by a proxy from elsewhere.
    words += ["--poll-seconds", _POLL_S, "--allow-reload=false"]
    # Whoever made the cloud's file chose an address that others reach; a job's node always is.
    words += ["--insecure"] if chooses or not _is_loopback(address) else []
    for model in server.models:
        words += ["--model", f"{model.name}={folder / model.name}"]
    words += server.options.arguments(folder)
    words += access.arguments(keys.file_of(place.folder, server.program))
    words += about_arguments(place, folder, [model.name for model in server.models])
    how = place.folder, folder, server.options, server.serving
    return boxing.around(
        *how, words, program=server.program, cards=server.cards, is_elsewhere=chooses
    )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
