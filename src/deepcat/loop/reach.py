"""How a deployment is reached from this machine: by its addresses, or through a tunnel to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.catalog.values import Cloud
    from deepcat.plan.values import State
    from deepcat.records.record import Record


@contextmanager
def reached(root: Path, name: str) -> Iterator[State]:
    """A deployment that can be asked, with addresses that this machine reaches, while it is held.

    Raises:
        DeepcatError: nothing is known of it (``predict/unknown``), it does not run
            (``predict/not-running``), nothing of it answers where its record says
            (``predict/address``), or no way leads there (``run/tunnel``).
    """
    from deepcat.loop.deployments import running
    from deepcat.loop.known import recorded

    record = recorded(root, name, "predict/unknown")
    cloud = far_cloud(root, record)
    if cloud is None:
        yield running(root, name)
        return
    with way(root, record, cloud) as endpoints:
        yield replace(record.state, endpoints=endpoints)


def far_cloud(root: Path, record: Record) -> Cloud | None:
    """The cloud that a deployment runs on, where that is not this very machine, or another's."""
    from deepcat.clouds.registry import is_here
    from deepcat.loop.deployments import cloud_of
    from deepcat.plan.adopted import address_of

    if address_of(record.state):
        return None  # what was adopted at an address is asked there
    cloud = cloud_of(root, record.state)
    return None if cloud is None or is_here(cloud) else cloud


@contextmanager
def way(
    root: Path, record: Record, cloud: Cloud, *, with_private: bool = False
) -> Iterator[Mapping[str, str]]:
    """Name -> an address that this machine reaches.

    A record may have been written by somebody else: where one leads to an address that only the
    cloud's machine itself reaches, the owner tag there must say so, too.

    Args:
        root: the catalog's folder.
        record: of the deployment.
        cloud: where it runs.
        with_private: whether to lead also to what not everybody may know.

    Raises:
        DeepcatError: it does not run, listens elsewhere, or no way leads there.
    """
    from deepcat.clouds.means import means
    from deepcat.clouds.registry import answering, kind_of
    from deepcat.loop.private import private

    state = record.state
    require_endpoints(record)
    endpoints = _confirmed(root, state, cloud) if state.endpoints else {}
    if with_private:
        endpoints |= private(root, state)
    with ExitStack() as held:
        with answering(cloud):
            known = (cloud, state.name, state.shape, endpoints, means(root))
            found = held.enter_context(kind_of(cloud).tunnel(*known))
        yield {name: address for name, address in found.items() if name in endpoints}


def require_endpoints(record: Record) -> None:
    """Raise DeepcatError unless a deployment has an endpoint (``predict/not-running``)."""
    state = record.state
    if not state.endpoints and not state.private:
        raise DeepcatError(
            f"`{state.name}` does not run: it is {state.status.value}",
            hint=f"bring it up with `deepcat apply {state.name}`",
            code="predict/not-running",
        )


def _confirmed(root: Path, state: State, cloud: Cloud) -> dict[str, str]:
    """The endpoints that its owner tag has, and where they are by now; else those of its record.

    Raises:
        DeepcatError: an address that only the cloud's machine reaches stands in its record alone.
    """
    from deepcat.clouds.registry import answering, kind_of
    from deepcat.loop.askable import is_address, is_inside, leads_here
    from deepcat.loop.observation import observe

    known = {name: at for name, at in state.endpoints.items() if is_address(at)}
    if not any(map(is_inside, known.values())):
        return known
    seen = observe(root, {cloud.name: cloud})
    tagged = seen.tag_of(state)
    if tagged is None:
        if any(map(leads_here, known.values())):
            raise _unconfirmed(state, seen.unseen)
        return known
    now = seen.where_now(replace(state, endpoints=tagged.endpoints, resources=tagged.resources))
    with answering(cloud):
        there = kind_of(cloud).endpoint(cloud, now)
    found = {name: at for name, at in there.items() if is_address(at)}
    if not found:
        raise _unconfirmed(state, ())
    return found


def _unconfirmed(state: State, unseen: Sequence[str]) -> DeepcatError:
    why = f": {'; '.join(unseen)}" if unseen else ""
    return DeepcatError(
        f"`{state.name}` cannot be asked: `{state.cloud}` does not say that it runs there{why}",
        hint=f"see `deepcat clouds probe {state.cloud}` and `deepcat status {state.name}`",
        code="predict/address",
    )


def shell(root: Path, name: str) -> Sequence[str]:
    """The command that opens a shell where a deployment lies.

    Raises:
        DeepcatError: nothing is known of it (``ssh/unknown``), another clone's machine has it
            (``ssh/elsewhere``), or there is no shell to be had (``run/shell``).
    """
    from deepcat.clouds.means import means
    from deepcat.clouds.registry import answering, kind_of
    from deepcat.loop.deployments import away_of, cloud_of
    from deepcat.loop.known import recorded

    record = recorded(root, name, "ssh/unknown")
    state = record.state
    if where := away_of(root, record):
        raise DeepcatError(
            f"no shell leads to `{name}` from here: it is {where.words}",
            hint=f"run `{where.command(f'ssh {name}')}` there",
            code="ssh/elsewhere",
        )
    cloud = cloud_of(root, state)
    if cloud is None or not state.resources.get("place"):
        raise DeepcatError(
            f"`{name}` has no place on any cloud: it is {state.status.value}",
            hint=f"bring it up with `deepcat apply {name}`",
            code="run/shell",
        )
    with answering(cloud):
        return kind_of(cloud).shell(cloud, name, state.shape, means(root))
