"""Where a server of this very machine shall listen."""

from __future__ import annotations

import errno
from collections.abc import Collection

from deepcat.host import ports
from deepcat.host.failure import StepError
from deepcat.host.model_server import rollout
from deepcat.host.place import Place, places


def choose(
    place: Place,
    address: str,
    rest: int,
    grpc: int,
    fixed: Collection[int],
    held: tuple[int, int],
) -> tuple[int, int]:
    """REST's port and gRPC's.

    Args:
        place: of the deployment.
        address: to listen on.
        rest: the port that the topology has for REST; 0 for any.
        grpc: the same for gRPC.
        fixed: ports that the wish itself names, so that no other will do.
        held: those that the running server has; 0 when none runs.

    Raises:
        StepError: this machine does not have the address, or a port is taken.
    """
    _require_address(address)
    taken = ports_of_others(place)

    def is_free(number: int) -> bool:
        return number not in taken and ports.is_free(address, number)

    found: list[int] = []
    for wanted, mine in ((rest, held[0]), (grpc, held[1])):
        port = rollout.port(wanted, fixed, mine, is_free)
        if port is None:
            raise StepError(
                "capacity",
                "run/port",
                f"port {wanted} of {address} is taken",
                "stop what uses it, or give the deployment another port, or 0 for a free one",
            )
        found.append(port or ports.free_port(address, {*taken, *found}))
    return found[0], found[1]


def _require_address(address: str) -> None:
    """Raise StepError unless this machine has the address."""
    try:
        ports.bound(address, 0)
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            hint = "correct the cloud's `address`, or run this on the machine that has it"
            message = f"this machine does not have the address {address}"
            raise StepError("cloud", "run/address", message, hint) from None


def ports_of_others(place: Place) -> frozenset[int]:
    """Ports that other deployments of this catalog have, whether they listen yet or not."""
    others = [other for other in places(place.folder.parent) if other.folder != place.folder]
    servers = (
        rollout.from_dict(mine.get(which))
        for other in others
        for mine in other.state.get("servers", {}).values()
        for which in ("live", "candidate", "goal")
    )
    plugins = (
        mine.get(which) or {}
        for other in others
        for kind in ("plugins", "notebooks")
        for mine in (other.state.get(kind) or {}).values()
        for which in ("live", "candidate")
    )
    own = {int(each.get(name) or 0) for each in plugins for name in ("port", "final", "calls")}
    return frozenset({port for server in servers if server for port in server.ports} | own - {0})
