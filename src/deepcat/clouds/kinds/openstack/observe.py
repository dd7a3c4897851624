"""What a project really holds of a catalog: one list of servers, and of what goes with them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from deepcat.catalog.values import Cloud
from deepcat.clouds.kind import Found, Listing, Means
from deepcat.clouds.kinds.openstack import names
from deepcat.clouds.kinds.openstack.edge import KINDS, Object, Project
from deepcat.clouds.kinds.openstack.hosts import BASE, KEEPER, code, link
from deepcat.clouds.kinds.openstack.names import Of
from deepcat.errors import DeepcatError
from deepcat.host.failure import StepError
from deepcat.remote import ssh, steps

_MOST_AT_ONCE = 64
# What was made a moment ago may not be listed yet.
_LAG_S = 10.0


def observe(clouds: Sequence[Cloud], means: Means) -> Listing:
    """All deployments of a catalog; where a server that runs is silent, it is not known how."""
    # Made once, not by every thread that asks at the same time.
    ours = code(means)
    found: list[Found] = []
    whole: set[str] = set()
    why: list[str] = []
    shapes: set[tuple[str, str]] = set()
    for cloud in clouds:
        try:
            listed, silent = _asked(cloud, means, ours)
        except (StepError, DeepcatError) as error:
            why.append(f"{cloud.name}: {error.message}")
            continue
        found += listed
        why += silent.values()
        if not silent:
            whole.add(cloud.name)
        hushed = {of.shape for of in silent}
        shapes |= {(cloud.name, each.shape) for each in listed if each.shape not in hushed}
    return Listing(
        tuple(found),
        clouds=frozenset(whole),
        shapes=frozenset(shapes),
        lag_s=_LAG_S,
        detail="; ".join(dict.fromkeys(why)),
    )


def _asked(cloud: Cloud, means: Means, ours: str) -> tuple[list[Found], dict[Of, str]]:
    """What is there; and whose servers run and are silent, each with why."""
    project = Project(cloud, means)
    try:
        servers = project.servers(names.tag_of(means.catalog))
        attached = [each for kind in KINDS for each in project.attached(kind)]
    finally:
        project.close()
    found: dict[Of, Found] = {}
    runs: list[tuple[Of, Object, dict[str, Any]]] = []
    for each in attached:
        told = names.of_description(each["description"])
        if told is not None and told[0].catalog == means.catalog:
            found[told[0]] = _plain(cloud, *told)
    for server in servers:
        told = names.of_metadata(server["metadata"])
        if told is None or told[0].catalog != means.catalog:
            continue
        found[told[0]] = _plain(cloud, *told)
        if server["status"] == "ACTIVE" and server["metadata"].get(names.KEY):
            runs.append((told[0], server, told[1]))
    silent: dict[Of, str] = {}
    if runs:
        with ThreadPoolExecutor(min(len(runs), _MOST_AT_ONCE)) as pool:
            answers = pool.map(lambda each: _listed(cloud, means, ours, each[1]), runs)
            for (of, _, owner), answer in zip(runs, answers, strict=True):
                if isinstance(answer, str):
                    silent[of] = f"`{of.deployment}` of {cloud.name}: {answer}"
                    del found[of]  # how it is, nobody knows
                else:
                    found[of] = _told(cloud, of, owner, answer)
    return list(found.values()), silent


def _plain(cloud: Cloud, of: Of, owner: dict[str, Any]) -> Found:
    """What is there, and does not run."""
    return Found(of.deployment, {**owner, "cloud": cloud.name}, cloud=cloud.name, shape=of.shape)


def _told(cloud: Cloud, of: Of, owner: dict[str, Any], said: list[dict[str, Any]]) -> Found:
    own = next((each for each in said if each["name"] == of.deployment), None)
    if own is None:  # it was made, and nothing was brought up there
        return _plain(cloud, of, owner)
    return Found(
        of.deployment,
        own["owner"] or {**owner, "cloud": cloud.name},
        frozenset(own["up"]),
        frozenset(own["loose"]),
        tuple(own["altered"]),
        cloud.name,
        of.shape,
        stopped=own["stopped"],
    )


def _listed(cloud: Cloud, means: Means, ours: str, server: Object) -> list[dict[str, Any]] | str:
    """What a server says of itself, or why it does not."""
    question = steps.listing(ours, f"{BASE}/{means.catalog}", [KEEPER])
    try:
        way = link(cloud, means, server)
        done = ssh.run(way, question.command, question.given, means.deadline_s)
    except DeepcatError as error:
        return error.message
    said = steps.answer(question, done.rc, done.out.decode("utf-8", "replace"), done.err)
    return said.message if isinstance(said, steps.Fault) else list(said)
