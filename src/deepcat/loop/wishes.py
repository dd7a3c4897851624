"""The wishes of a tree, each with what it refers to, or why it cannot be read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deepcat.catalog.findings import Finding, Place, has_errors
from deepcat.catalog.judging.named_secrets import named_secrets
from deepcat.catalog.settings import does_without_box
from deepcat.catalog.values import Catalog, Deployment, Module
from deepcat.clouds.offers import Offer, Probe
from deepcat.clouds.registry import takes
from deepcat.clouds.request import request_for
from deepcat.loop.sources import Source, Sources, word
from deepcat.loop.wished_sweeps import is_sweep
from deepcat.plan.access import default_of, settled
from deepcat.plan.data import Given, given
from deepcat.plan.values import Wish
from deepcat.secrets.owners import SecretOwners, secret_owners

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.plan.refusal import Refusal
    from deepcat.plan.values import State
    from deepcat.records.record import Record
    from deepcat.tosca.topology import Topology


def read_wishes(
    tree: Tree,
    catalog: Catalog,
    settings: Mapping[str, Any],
    records: Mapping[str, Record],
    but: Collection[str] = (),
) -> tuple[dict[str, Wish], dict[str, tuple[str, ...]]]:
    """Each deployment but some with what it refers to, or why it cannot be read."""
    reader = _Reader(tree, catalog, settings)
    wishes: dict[str, Wish] = {}
    held: dict[str, tuple[str, ...]] = {}
    without = (name for name, each in catalog.deployments.items() if not each.path)
    for name in sorted(set(without).difference(but)):
        wish = reader.wish(catalog.deployments[name], _ran(records.get(name)))
        if isinstance(wish, Wish):
            wishes[name] = _unboxed(wish) if does_without_box(settings) else wish
        else:
            held[name] = wish
    for entry in tree.entries("deployments"):
        name = entry.path.removeprefix("deployments/").removesuffix(".yaml")
        if not entry.path.endswith(".yaml") or "/" in name or name in but:
            continue
        deployment = catalog.deployments.get(name)
        if deployment is None:
            held[name] = _words(catalog.findings, entry.path)
            continue
        if is_sweep(deployment):
            continue  # its trials are wishes; see `deepcat.loop.sweeps`
        wish = reader.wish(deployment, _ran(records.get(name)))
        if isinstance(wish, Wish):
            wishes[name] = _unboxed(wish) if does_without_box(settings) else wish
        else:
            held[name] = wish
    reader.sources.save()
    return wishes, held


def read_wish(
    tree: Tree,
    catalog: Catalog,
    settings: Mapping[str, Any],
    deployment: Deployment,
    record: Record | None,
) -> Wish | tuple[str, ...]:
    """One deployment with what it refers to, or why it cannot be read."""
    wish = _Reader(tree, catalog, settings).wish(deployment, _ran(record))
    return _unboxed(wish) if isinstance(wish, Wish) and does_without_box(settings) else wish


def _ran(record: Record | None) -> State | None:
    """What is known of a deployment that ran once; of one that never came up, nothing goes on."""
    from deepcat.plan.values import Status

    if record is None:
        return None
    well = (Status.RUNNING, Status.ENDED)
    ever = any(moment.status in well for moment in record.history)
    return record.state if ever or record.state.status in well else None


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A template with some inputs given, and the tree, which stays for as long as it is known."""

    tree: Tree
    topology: Topology | None
    findings: tuple[Finding, ...]


class _Reader:
    """Reads wishes of one tree."""

    def __init__(self, tree: Tree, catalog: Catalog, settings: Mapping[str, Any]) -> None:
        groups = settings.get("groups")
        self.tree = tree
        self.groups = groups if isinstance(groups, Mapping) else {}
        self.owners = secret_owners(settings)
        self.roles: Mapping[str, str] = settings.get("allowed_roles") or {}
        self.access = default_of(settings)
        self.connects: Collection[str] = settings.get("allowed_network") or ()
        self.datasets = catalog.datasets
        self.sources = Sources(tree, catalog, settings)
        self._loaded: dict[tuple[int, str, str], _Loaded] = {}

    def wish(self, deployment: Deployment, state: State | None) -> Wish | tuple[str, ...]:
        """A deployment with what it refers to, or why it cannot be read."""
        from deepcat.plan.asked import words
        from deepcat.plan.bounded import bounded
        from deepcat.plan.compile import unrunnable
        from deepcat.plan.galaxy_roles import pinned
        from deepcat.plan.guarding import answers
        from deepcat.tosca.workloads.derive import workloads

        source = self.sources.of(deployment, state)
        if not isinstance(source, Source):
            return source
        module, tree = source.module, source.tree
        read = self._topology(deployment, source)
        if not isinstance(read, Given):
            return read
        topology = read.topology
        work = workloads(topology)
        topology, unclear = bounded(topology, deployment, module, tree)
        if answers(topology, work):
            deployment = settled(deployment, self.access)
        connects = module.name in self.connects
        why = unrunnable(topology, deployment, module, work, allowed=self.roles, connects=connects)
        why = (*why, *unclear)
        if not why and self.owners is not None:
            why = others_secrets(tree, topology, deployment, module, self.owners)
        if why:
            return tuple(map(str, why))
        request = request_for(deployment, module, work, self.groups)
        read_there = {*request.data, *(each.digest for each in read.data)}
        asked = words(topology, tuple(deployment.inputs.values()))
        mounts = sorted({each.mounted_by for each in read.data if each.is_mounted})
        asks = (*request.asks, *mounts)
        request = replace(request, words=asked, data=tuple(sorted(read_there)), asks=asks)
        roles = pinned(topology, self.roles)
        wish = Wish(deployment, module, topology, work, request, roles=roles, data=read.data)
        if not source.commit:
            return wish
        return replace(wish, commit=source.commit, tree=tree, note=source.note)

    def _topology(self, deployment: Deployment, source: Source) -> Given | tuple[str, ...]:
        """The topology with the data that its training reads, or why there is none such."""
        module, tree = source.module, source.tree
        template = module.template(deployment.profile)
        if not template:
            return (f"the module `{module.name}` has no topology, so it cannot be deployed",)
        topology, findings = self._load(tree, template, deployment.inputs)
        if topology is None or any(finding.is_error for finding in findings):
            faults = self._faults(deployment, module, tree, findings)
            return (*_of_commit(source, faults), *map(word, faults))
        try:
            return given(topology, module.data, deployment.data, self.datasets, self.tree.read)
        except ValueError as error:
            return (str(error),)

    def _load(
        self, tree: Tree, template: str, inputs: Mapping[str, Any]
    ) -> tuple[Topology | None, tuple[Finding, ...]]:
        """As `load_topology`; wishes of one template with the same inputs share what it gives."""
        from deepcat.tosca.load import load_topology

        key = (id(tree), template, json.dumps(inputs, sort_keys=True, default=repr))
        if key not in self._loaded:
            self._loaded[key] = _Loaded(tree, *load_topology(tree, template, inputs))
        return self._loaded[key].topology, self._loaded[key].findings

    def _faults(
        self, deployment: Deployment, module: Module, tree: Tree, findings: Sequence[Finding]
    ) -> Sequence[Finding]:
        """What keeps a template from being read, in the file that is to be mended.

        As `deepcat check` has it: what is wrong without the inputs, too, is the template's fault.
        """
        from deepcat.catalog.reading.parse import read_bytes
        from deepcat.catalog.topologies import in_the_wish
        from deepcat.tosca.load import load_topology

        errors = [finding for finding in findings if finding.is_error]
        path = f"deployments/{deployment.name}.yaml"
        _, alone = load_topology(tree, module.template(deployment.profile), None)
        if has_errors(alone):
            return errors
        if self.tree.size(path) is None:  # asked for without a file
            return in_the_wish(errors, deployment.inputs, lambda *_: Place(""))
        document, _ = read_bytes(self.tree.read(path), path)
        if document is None:
            return errors
        return in_the_wish(errors, deployment.inputs, lambda *keys: document.place(keys))


def _of_commit(source: Source, faults: Sequence[Finding]) -> tuple[str, ...]:
    """Which commit a fault of a module is of, where the files that lie here have none of it."""
    folder = f"modules/{source.module.name}/"
    if not source.commit or not any(each.place.path.startswith(folder) for each in faults):
        return ()
    what = f"{source.module.version} of commit {source.commit[:12]}"
    return (f"{what} does not pass today's rules",)


def _unboxed(wish: Wish) -> Wish:
    """The same wish in a catalog whose owners let code of modules run without a box."""
    if wish.request is None:
        return wish
    return replace(wish, request=replace(wish.request, unboxed=True))


def others_secrets(
    tree: Tree, topology: Topology, deployment: Deployment, module: Module, owners: SecretOwners
) -> tuple[Refusal, ...]:
    """Which secrets a topology, its inputs given, asks for that are not its people's."""
    from deepcat.plan.foreign_secrets import foreign

    literal = {each.text for each in named_secrets(tree, module.path)}
    return tuple(foreign(topology, deployment, module, literal, owners))


def out_of_sight(
    records: Mapping[str, Record],
    wishes: Mapping[str, Wish],
    catalog: Catalog,
    tree: Tree,
    probes: Mapping[str, Probe | None],
    found: tuple[Offer, ...],
    own: str = "",
) -> dict[str, tuple[str, ...]]:
    """Deployments whose cloud cannot be read, asked or used here: they are left as they are.

    So are those that were brought up under another id than the catalog has now (`own`): on their
    cloud they would not be known again.
    """
    shapes = {(offer.cloud, offer.shape) for offer in found}
    files = {entry.path for entry in tree.entries("clouds")}
    held: dict[str, tuple[str, ...]] = {}
    for name, record in records.items():
        if record.state.has_ended and name in wishes:
            continue  # a job that ended needs its cloud no more
        cloud, shape = record.state.cloud, record.state.shape
        path = f"clouds/{cloud}.yaml"
        seen = probes.get(cloud)
        if other_id(record.state, own):
            held[name] = (other_id(record.state, own),)
        elif cloud in catalog.clouds and not takes(catalog.clouds[cloud]):
            kind = catalog.clouds[cloud].kind
            held[name] = (f"nothing here can run on clouds of the kind `{kind}`",)
        elif cloud not in catalog.clouds and path in files:
            held[name] = ("its cloud cannot be read", *_words(catalog.findings, path))
        elif _may_leave(wishes.get(name), cloud):
            continue  # it comes up elsewhere, and what is left there is swept once it answers
        elif seen is not None and not seen.healthy and (cloud, shape) not in shapes:
            held[name] = (f"its cloud `{cloud}` does not answer", *filter(None, (seen.detail,)))
        elif name in wishes:
            continue
    return held


def _may_leave(wish: Wish | None, cloud: str) -> bool:
    """Whether a wish allows clouds, and a certain one not among them."""
    request = wish.request if wish is not None else None
    return request is not None and bool(request.clouds) and cloud not in request.clouds


def other_id(state: State, own: str) -> str:
    """Why a deployment is not this catalog's by the ids of both; empty where it is."""
    if not state.catalog or not own or state.catalog == own:
        return ""
    return (
        f"it was brought up by the catalog `{state.catalog}`, and this one is `{own}` by now:"
        f" write `id: {state.catalog}` into `deepcat.yaml`"
    )


def _words(findings: Sequence[Finding], path: str) -> tuple[str, ...]:
    own = tuple(word(f) for f in findings if f.place.path == path and f.is_error)
    return own or (f"`{path}` cannot be read",)
