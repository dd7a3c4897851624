"""The wishes of a tree, each with what it refers to, or why it cannot be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deepcat.catalog.findings import Finding
from deepcat.catalog.judging.versions import admits
from deepcat.catalog.values import Catalog, Deployment, Module
from deepcat.clouds.offers import Offer, Probe
from deepcat.clouds.registry import takes
from deepcat.clouds.request import request_for
from deepcat.plan.values import Wish

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.records.record import Record


def read_wishes(
    tree: Tree, catalog: Catalog, settings: Mapping[str, Any], but: Collection[str] = ()
) -> tuple[dict[str, Wish], dict[str, tuple[str, ...]]]:
    """Each deployment but some with what it refers to, or why it cannot be read."""
    groups = settings.get("groups")
    handles = groups if isinstance(groups, Mapping) else {}
    wishes: dict[str, Wish] = {}
    held: dict[str, tuple[str, ...]] = {}
    for entry in tree.entries("deployments"):
        name = entry.path.removeprefix("deployments/").removesuffix(".yaml")
        if not entry.path.endswith(".yaml") or "/" in name or name in but:
            continue
        deployment = catalog.deployments.get(name)
        if deployment is None:
            held[name] = _words(catalog.findings, entry.path)
            continue
        wish = _wish(tree, catalog, deployment, handles)
        if isinstance(wish, Wish):
            wishes[name] = wish
        else:
            held[name] = wish
    return wishes, held


def _wish(
    tree: Tree, catalog: Catalog, deployment: Deployment, groups: Mapping[str, Any]
) -> Wish | tuple[str, ...]:
    from deepcat.plan.compile import unrunnable
    from deepcat.tosca.load import load_topology
    from deepcat.tosca.workloads.derive import workloads

    module = _module(catalog, deployment)
    if not isinstance(module, Module):
        return module
    topology, findings = load_topology(tree, module.topology, deployment.inputs)
    if topology is None or any(finding.is_error for finding in findings):
        return tuple(_word(finding) for finding in findings if finding.is_error)
    work = workloads(topology)
    why = unrunnable(topology, deployment, module, work)
    request = request_for(deployment, module, work, groups)
    return tuple(map(str, why)) or Wish(deployment, module, topology, work, request)


def _module(catalog: Catalog, deployment: Deployment) -> Module | tuple[str, ...]:
    """The module that is asked for, or why it cannot be had."""
    module = catalog.modules.get(deployment.module)
    if module is None:
        path = f"modules/{deployment.module}/"
        wrong = tuple(f for f in catalog.findings if f.place.path.startswith(path) and f.is_error)
        missing = (f"there is no module `{deployment.module}`",)
        return tuple(_word(finding) for finding in wrong) or missing
    if not admits(deployment.version, module.version):
        asked = f"the deployment asks for {deployment.version}"
        return (f"the module is at version {module.version}; {asked}",)
    if not module.topology:
        return (f"the module `{module.name}` has no topology, so it cannot be deployed",)
    return module


def out_of_sight(
    records: Mapping[str, Record],
    wishes: Mapping[str, Wish],
    catalog: Catalog,
    tree: Tree,
    probes: Mapping[str, Probe | None],
    found: tuple[Offer, ...],
) -> dict[str, tuple[str, ...]]:
    """Deployments whose cloud cannot be read, asked or used here: they are left as they are."""
    shapes = {(offer.cloud, offer.shape) for offer in found}
    files = {entry.path for entry in tree.entries("clouds")}
    held: dict[str, tuple[str, ...]] = {}
    for name, record in records.items():
        if record.state.has_ended and name in wishes:
            continue  # a job that ended needs its cloud no more
        cloud, shape = record.state.cloud, record.state.shape
        path = f"clouds/{cloud}.yaml"
        seen = probes.get(cloud)
        if cloud in catalog.clouds and not takes(catalog.clouds[cloud]):
            kind = catalog.clouds[cloud].kind
            held[name] = (f"nothing here can run on clouds of the kind `{kind}`",)
        elif cloud not in catalog.clouds and path in files:
            held[name] = ("its cloud cannot be read", *_words(catalog.findings, path))
        elif seen is not None and not seen.healthy and (cloud, shape) not in shapes:
            held[name] = (f"its cloud `{cloud}` does not answer", *filter(None, (seen.detail,)))
        elif name in wishes:
            continue
    return held


def _words(findings: Sequence[Finding], path: str) -> tuple[str, ...]:
    own = tuple(_word(f) for f in findings if f.place.path == path and f.is_error)
    return own or (f"`{path}` cannot be read",)


def _word(finding: Finding) -> str:
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"{finding.place}: {finding.message}{hint}"
