"""The kinds of cloud by name, asked so that one that is broken never stops the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from deepcat.catalog import cloud_kinds
from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import Failure
from deepcat.clouds.kind import Kind, Listing, Means, Partly
from deepcat.clouds.offers import Probe
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError

# Why a cloud that others share is not asked anything.
NAMELESS = (
    "this clone does not hold the whole history, so that the catalog's id is not known: fetch it"
    " (`git fetch --unshallow`), or give `id` in `deepcat.yaml`"
)


def kind_of(cloud: Cloud) -> Kind:
    """The kind of a cloud.

    Raises:
        DeepcatError: no package brings it, or it cannot be used (``run/kind``).
    """
    found = cloud_kinds.installed(cloud.kind)
    if found is None or found.kind is None:
        known = ", ".join(cloud_kinds.names())
        raise DeepcatError(
            (found and found.why)
            or f"nothing here can run on `{cloud.name}`: no package brings the kind `{cloud.kind}`",
            hint=f"install the package that brings it, or use a cloud of another kind: {known}",
            code="run/kind",
        )
    return cast(Kind, found.kind)


@contextmanager
def answering(cloud: Cloud) -> Iterator[None]:
    """Whatever a kind raises as it is asked in here is told as its mistake.

    Raises:
        DeepcatError: it raised something (``run/kind`` where that is no DeepcatError itself).
        StepError: it took a step, and that failed.
    """
    try:
        yield
    except (DeepcatError, StepError):
        raise
    except Exception as error:  # whatever the code of somebody else raises
        raise DeepcatError(
            f"the kind of cloud `{cloud.kind}` failed: {type(error).__name__}: {error}",
            hint="tell who makes the package that brings it",
            code="run/kind",
        ) from error


def takes(cloud: Cloud) -> tuple[str, ...]:
    """The kinds of workload that a cloud can run, sorted; none when its kind is not to be had."""
    found = cloud_kinds.installed(cloud.kind)
    if found is None or found.kind is None:
        return ()
    lacks = found.kind.lacks(cloud) if isinstance(found.kind, Partly) else frozenset()
    return tuple(sorted(found.kind.takes - lacks))


def is_here(cloud: Cloud) -> bool:
    """Whether a cloud is the very machine on which deepcat is called."""
    found = cloud_kinds.installed(cloud.kind)
    return bool(found and found.kind and found.kind.is_here)


def probe(cloud: Cloud, means: Means) -> Probe | None:
    """What a cloud has now; None when nothing here knows its kind."""
    found = cloud_kinds.installed(cloud.kind)
    if found is None:
        return None
    if found.kind is None:
        return Probe(cloud.name, healthy=False, detail=found.why)
    if not (found.kind.is_here or means.catalog):
        return Probe(cloud.name, healthy=False, detail=NAMELESS)
    try:
        return cast(Kind, found.kind).probe(cloud, means)
    except DeepcatError as error:
        lacks = error.code.startswith("secret/")
        return Probe(cloud.name, healthy=False, detail=error.message, refused=lacks)
    except Exception as error:  # whatever the code of somebody else raises
        why = f"its kind `{cloud.kind}` failed: {type(error).__name__}: {error}"
        return Probe(cloud.name, healthy=False, detail=why)


def observe(clouds: Mapping[str, Cloud], means: Means) -> tuple[Listing, ...]:
    """What is really there, as far as it can be seen; a kind that fails says why."""
    listings = []
    for name in cloud_kinds.names():
        found = cloud_kinds.installed(name)
        if found is None or found.kind is None:
            continue
        own = [cloud for _, cloud in sorted(clouds.items()) if cloud.kind == name]
        if own and not (found.kind.is_here or means.catalog):
            listings.append(Listing(detail=NAMELESS))
            continue
        try:
            listings.append(cast(Kind, found.kind).observe(own, means))
        except Exception as error:  # unknown is not gone: nothing is told of its clouds then
            why = f"the kind `{name}` cannot look: {type(error).__name__}: {error}"
            listings.append(Listing(detail=why))
    return tuple(listings)


def failure(cloud: Cloud, result: Mapping[str, Any], unreachable: bool) -> Failure | None:
    """What a failed task's result means by the kind's own words; None if it says nothing.

    Args:
        cloud: where it ran.
        result: as Ansible gives it.
        unreachable: whether the host could not be reached at all.
    """
    try:
        return kind_of(cloud).failure(result, unreachable)
    except Exception:  # what failed counts, not that the kind has no words for it
        return None
