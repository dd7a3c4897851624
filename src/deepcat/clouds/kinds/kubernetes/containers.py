"""The containers of a deployment that run for as long as they are wished. Pure.

Each state of one has a pod of its own, as of a server: it answers beside what runs, and then the
service leads to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deepcat.clouds.kinds.kubernetes import names
from deepcat.clouds.kinds.kubernetes.job_wanted import registered
from deepcat.clouds.kinds.kubernetes.wanted import card_of
from deepcat.clouds.manifests import containers
from deepcat.clouds.manifests.containers import Container
from deepcat.clouds.manifests.values import Served
from deepcat.host.failure import StepError
from deepcat.host.job.wanted import variables_of

Values = Mapping[str, Any]


def container(values: Values, own: Values, catalog: str) -> Container:
    """A container of a deployment, in its own state.

    Args:
        values: of the step.
        own: the kind's part of the cloud's file.
        catalog: the catalog's id.

    Raises:
        StepError: this cloud cannot run it.
    """
    node, deployment = values["node"], str(values["deployment"])
    wanted, host = node["properties"], node.get("host") or {}
    keeper = values.get("keeper") or {}
    needs = keeper.get("needs") or {}
    alone = int(values.get("servers") or 1) == 1
    image = registered(str((node.get("artifacts") or {}).get("image", {}).get("file") or ""))
    what = Served(
        names.server_name(catalog, deployment, "" if alone else str(node["name"])),
        image,
        (),
        namespace=str(own["namespace"]),
        cpus=float(needs.get("cpus") or 1.0),
        memory_MiB=int(needs.get("memory_MiB") or 0),
        card=card_of(str(node["name"]), values, str(keeper.get("shape") or "")),
        pull_secret=str(own.get("pull_secret") or ""),
        patience_s=int(values.get("timeout") or 600),
        labels=names.labels(catalog, deployment),
    )
    found = Container(
        what,
        str(wanted.get("command") or ""),
        ports_of([each.get("source") for each in host.get("publish_ports") or ()]),
        tuple(sorted(str(each).partition(":")[0] for each in host.get("volumes") or ())),
        variables_of(wanted.get("environment_variables") or {}),
        bool(values.get("connects")),
        wanted.get("force_pull_image") is not False and "@sha256:" not in image,
    )
    return replace(found, what=replace(what, state=containers.state(found)))


def ports_of(told: Any) -> tuple[int, ...]:
    """Ports that a topology, or what was noted, names.

    Raises:
        StepError: one is none.
    """
    found = tuple(dict.fromkeys(told))
    for each in found:
        if type(each) is not int or not 0 < each < 65_536:
            hint = "correct the topology's `publish_ports`"
            raise StepError("module", "run/values", f"{str(each)[:40]!r} is no port", hint)
    return found


def reached(name: str, namespace: str, ports: tuple[int, ...]) -> dict[str, str]:
    """Where it answers inside the cluster, by the names of its ports."""
    return {f"port-{each}": f"http://{name}.{namespace}.svc:{each}" for each in ports}
