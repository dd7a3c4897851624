"""What a project has: its flavours, what is left of its quotas, and whether all else is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from deepcat.catalog.values import Cloud
from deepcat.clouds.failure import FailureKind
from deepcat.clouds.kind import Means
from deepcat.clouds.kinds.openstack import flavours, names
from deepcat.clouds.kinds.openstack.edge import Object, Project
from deepcat.clouds.offers import Probe
from deepcat.host.failure import StepError


def probe(cloud: Cloud, means: Means) -> Probe:
    """Each flavour as a shape. Never fails for a cloud that is down."""
    try:
        project = Project(cloud, means)
        try:
            return _probed(cloud, project, means)
        finally:
            project.close()
    except StepError as error:
        refused = error.kind == FailureKind.AUTH
        return Probe(cloud.name, healthy=False, detail=error.message, refused=refused)


def _probed(cloud: Cloud, project: Project, means: Means) -> Probe:
    with ThreadPoolExecutor(5) as pool:
        listed = pool.submit(project.flavours)
        told = pool.submit(project.limits)
        ours = pool.submit(project.servers, names.tag_of(means.catalog))
        # What no server could be made without.
        named = [str(project.own[each]) for each in ("network", "floating") if each in project.own]
        needed = [pool.submit(project.image), *(pool.submit(project.network, n) for n in named)]
        if group := (project.own.get("server_group") or {}).get("name"):
            needed.append(pool.submit(project.server_groups.named, str(group)))
        for each in needed:
            each.result()
        known, limits, own = listed.result(), told.result(), ours.result()
    left = {
        name: most - used for name, (most, used) in limits.items() if most is not None and most >= 0
    }
    written = {
        str(each["name"]) for each in cloud.data.get("shapes") or () if "accelerator" in each
    }
    disk = {"disk": project.own["disk"]["size"]} if project.own.get("disk") else {}
    shapes = tuple(
        flavours.shape({**each, **disk}, is_told=each["name"] in written) for each in known
    )
    most = _limits(left, known, own)
    return Probe(cloud.name, shapes=shapes, limits=most, alone=True)


def _limits(
    left: dict[str, float], known: list[Object], own: list[Object]
) -> tuple[tuple[str, float], ...]:
    """What our account may have, with what we have already and without what others use of it."""
    by_name = {str(each["name"]): each for each in known}
    taken = {"instances": 0, "cores": 0, "ram": 0}
    for server in own:
        told = names.of_metadata(server["metadata"])
        flavour = by_name.get(told[0].shape, {}) if told else {}
        taken["instances"] += 1
        taken["cores"] += int(flavour.get("vcpus") or 0)
        taken["ram"] += int(flavour.get("ram") or 0)
    called = {"instances": "deployments", "cores": "cpus", "ram": "memory"}
    return tuple((called[name], float(left[name] + taken[name])) for name in called if name in left)
