"""What the clusters really run for a catalog: one question to each login node, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Found, Listing, Means
from deepcat.clouds.kinds.slurm.cluster import THERE, base, keeper, link
from deepcat.errors import DeepcatError
from deepcat.remote import ssh, steps
from deepcat.remote.agent import agent

_MOST_AT_ONCE = 16


def observe(clouds: Sequence[Cloud], means: Means) -> Listing:
    """All deployments of a catalog; a cluster whose queue is silent is not known."""
    if not clouds:
        return Listing()
    digest = agent(means.root, (THERE,)).digest
    with ThreadPoolExecutor(min(len(clouds), _MOST_AT_ONCE)) as pool:
        told = list(pool.map(lambda cloud: _asked(cloud, means, digest), clouds))
    silent = {cloud.name for cloud, (_, why) in zip(clouds, told, strict=True) if why}
    return Listing(
        tuple(each for found, _ in told for each in found),
        clouds=frozenset({cloud.name for cloud in clouds} - silent),
        detail="; ".join(why for _, why in told if why),
    )


def _asked(cloud: Cloud, means: Means, digest: str) -> tuple[list[Found], str]:
    folder = base(cloud)
    there = f"{folder}/{means.catalog}"
    question = steps.listing(f"{folder}/agent/{digest}", there, [keeper(cloud)])
    try:
        way = link(cloud, means.root)
        done = ssh.run(way, question.command, question.given, means.deadline_s)
    except DeepcatError as error:
        return [], f"{cloud.name}: {error.message}"
    said = steps.answer(question, done.rc, done.out.decode("utf-8", "replace"), done.err)
    if isinstance(said, steps.Fault):
        return [], f"{cloud.name}: {said.message}"
    return [
        Found(
            each["name"], each["owner"], frozenset(each["up"]), frozenset(each["loose"]),
            tuple(each["altered"]), cloud.name, str(each["owner"].get("shape") or ""),
            each["listens"], each["stopped"],
        )
        for each in said
    ], ""  # fmt: skip
