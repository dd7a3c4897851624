"""The cloud as the kind is given it, and what the project is allowed, for tests of the kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.openstack.kind import KIND
from deepcat.host.failure import StepError
from stack.cloud import SMALL, Stack

OWNER = {"name": "demo", "module": "half-plus-two", "version": "1.0.0", "status": "pending"}
_KINDS = ("servers", "ports", "addresses", "groups", "volumes", "server groups")
NOTHING: dict[str, list[str]] = {each: [] for each in _KINDS}
_NAMES = count()


def cloud(stack: Stack, **section: Any) -> Cloud:
    """Its file."""
    return Cloud("lab", "clouds/lab.yaml", "openstack", {"openstack": stack.section(**section)})


def means(stack: Stack, root: Path) -> Means:
    """Those of a catalog of its own."""
    secret = stack.credential["secret"]
    return Means(root, f"{next(_NAMES):012x}", lambda _: secret, deadline_s=120.0)


def refusal(stack: Stack, root: Path, shape: str = SMALL, **section: Any) -> StepError:
    """Why there is no machine; nothing is left of it by the cloud's own listing."""
    with pytest.raises(StepError) as caught:
        KIND.make(cloud(stack, **section), means(stack, root), "demo", shape, OWNER)  # type: ignore[attr-defined]
    assert stack.left() == NOTHING
    return caught.value


@contextmanager
def quota(stack: Stack, **limits: int) -> Iterator[None]:
    """Other quotas of the project: of its servers, of its network, or of its volumes."""
    admin, project = stack.admin(), stack.ours().current_project_id
    if limits.keys() & {"ports", "floating_ips"}:
        ask, change = admin.network.get_quota, admin.network.update_quota
    elif limits.keys() & {"volumes", "gigabytes"}:
        ask, change = admin.block_storage.get_quota_set, admin.block_storage.update_quota_set
    else:
        ask, change = admin.compute.get_quota_set, admin.compute.update_quota_set
    kept = ask(project)
    before = {name: getattr(kept, name) for name in limits}
    change(project, **limits)
    try:
        yield
    finally:
        change(project, **before)
