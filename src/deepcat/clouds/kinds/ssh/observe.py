"""What the hosts really run for a catalog: one question to each, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Found, Listing, Means
from deepcat.clouds.kinds.ssh.hosts import KEEPER, base, hosts, link
from deepcat.errors import DeepcatError
from deepcat.remote import ssh, steps
from deepcat.remote.agent import agent

_MOST_AT_ONCE = 64


def observe(clouds: Sequence[Cloud], means: Means) -> Listing:
    """All deployments of a catalog; of a host that is silent nothing is known.

    Args:
        clouds: that are asked.
        means: what may be used.
    """
    pairs = [(cloud, name) for cloud in clouds for name in hosts(cloud)]
    if not pairs:
        return Listing()
    digest = agent(means.root).digest
    with ThreadPoolExecutor(min(len(pairs), _MOST_AT_ONCE)) as pool:
        told = list(pool.map(lambda pair: _asked(pair[0], pair[1], means, digest), pairs))
    silent = {cloud.name for (cloud, _), (_, why) in zip(pairs, told, strict=True) if why}
    return Listing(
        tuple(each for found, _ in told for each in found),
        clouds=frozenset({cloud.name for cloud in clouds} - silent),
        shapes=frozenset(
            (cloud.name, name)
            for (cloud, name), (_, why) in zip(pairs, told, strict=True)
            if not why
        ),
        detail="; ".join(dict.fromkeys(why for _, why in told if why)),
    )


def _asked(cloud: Cloud, name: str, means: Means, digest: str) -> tuple[list[Found], str]:
    folder = base(cloud)
    question = steps.listing(f"{folder}/agent/{digest}", f"{folder}/{means.catalog}", [KEEPER])
    try:
        way = link(cloud, name, means.root)
        done = ssh.run(way, question.command, question.given, means.deadline_s)
    except DeepcatError as error:
        return [], error.message
    said = steps.answer(question, done.rc, done.out.decode("utf-8", "replace"), done.err)
    if isinstance(said, steps.Fault):
        return [], f"`{name}` of {cloud.name}: {said.message}"
    return [_found(each, cloud.name, name) for each in said], ""


def _found(data: Mapping[str, Any], cloud: str, shape: str) -> Found:
    return Found(
        data["name"],
        data["owner"],
        frozenset(data["up"]),
        frozenset(data["loose"]),
        tuple(data["altered"]),
        cloud,
        shape,
        stopped=data["stopped"],
    )
