"""Ways to what listens on another machine, for the tunnels of kinds that are reached by ssh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from deepcat.errors import DeepcatError
from deepcat.remote import ssh
from deepcat.remote.address import at_port, target
from deepcat.remote.link import Link


@contextmanager
def ways(
    link: Link, endpoints: Mapping[str, str], known: Mapping[str, str] | None = None
) -> Iterator[dict[str, str]]:
    """Name -> an address of this machine that leads to an endpoint as that machine reaches it.

    Args:
        link: to that machine.
        endpoints: name -> address there.
        known: others, that are reached without a way; they are given as they are.

    Raises:
        DeepcatError: no way leads there (``run/tunnel``), or as `ssh.run`.
    """
    try:
        targets = [target(address) for address in endpoints.values()]
    except ValueError as error:
        hint = "see `deepcat records verify`"
        raise DeepcatError(f"no way leads there: {error}", hint=hint, code="run/tunnel") from None
    with ssh.forward(link, targets) as ports:
        pairs = zip(endpoints.items(), ports, strict=True)
        found = {name: at_port(address, ssh.HERE, port) for (name, address), port in pairs}
        yield {**(known or {}), **found}
