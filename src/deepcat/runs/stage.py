"""Which of a module's files a run takes along, read from the very tree that was planned. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deepcat.catalog.about import about
from deepcat.catalog.reading.tree import Tree
from deepcat.catalog.values import PROSE_FILES
from deepcat.host.notebook.values import CODE_SERVER, LAB, LOCK
from deepcat.plan.values import State, Wish
from deepcat.runs.state import tag
from deepcat.runtime import jupyter
from deepcat.tosca.load import ARCHIVES
from deepcat.tosca.reading import csar
from deepcat.tosca.reading.report import Report

MODULE = "module"
# Where roles of Ansible Galaxy lie, among the module's files; no file of a module may lie there.
SAMPLES = "samples.json"
# What a server tells of the model that it serves.
ABOUT = "about.json"
ROLES = f"{MODULE}/.deepcat/roles"
_MODEL = "deepcat.nodes.Model"
_SERVERS = frozenset(
    ("deepcat.nodes.ModelServer", "tosca.nodes.indigo.Container.Application.Docker.Marathon")
)
_JOB, _NOTEBOOK = "role:job", "role:notebook"
_TRAINING = "deepcat.nodes.TrainingJob"
_PINNED = frozenset((_TRAINING, "deepcat.nodes.Notebook"))
_PLUGIN = "deepcat.nodes.DEEPaaSGateway"
_PLUGIN_FOLDER = "deepaas/"


def files(tree: Tree, wish: Wish, state: State) -> Iterator[tuple[str, bytes]]:
    """Path below the run's folder for this deployment -> content.

    A file that is not there is left out; the step that needs it says so.
    """
    yield "owner.json", _json(tag(state))
    yield SAMPLES, _json([_sample(sample) for sample in wish.module.samples])
    yield ABOUT, _json(about(wish.module))
    if _has_lab(wish):
        yield f"{MODULE}/{LOCK}", jupyter.lock()
        for path, content in jupyter.extension().items():
            yield f"{MODULE}/{LAB}/{path}", content
    for path, content in module_files(tree, wish):
        yield f"{MODULE}/{path}", content


def module_files(tree: Tree, wish: Wish) -> Iterator[tuple[str, bytes]]:
    """Path below the module's folder -> content, of what a run of it needs."""
    topology = wish.module.template(wish.deployment.profile)
    is_packed = topology.endswith(ARCHIVES)
    for path in sorted(_wanted(tree, wish)):
        whole = f"{wish.module.path}/{path}"
        if is_packed and whole == topology:
            continue
        try:
            content = tree.read(whole)
        except (FileNotFoundError, IsADirectoryError, ValueError):
            continue
        yield path, content
    if is_packed and (_brings_scripts(wish) or _asks(wish, _JOB)):
        for path, content in _unpacked(tree, topology):
            yield path.removeprefix(f"{wish.module.path}/"), content


def servers(wish: Wish) -> int:
    """How many model servers, and containers that run on, the topology asks for."""
    nodes = wish.topology.nodes.values()
    return sum(not _SERVERS.isdisjoint((node.type, *node.ancestry)) for node in nodes)


def plugins(wish: Wish) -> list[str]:
    """The nodes that stand for plug-ins of DEEPaaS which are to run."""
    return [
        node.name
        for node in wish.topology.nodes.values()
        if _PLUGIN in (node.type, *node.ancestry) and not node.is_off
    ]


def locks(wish: Wish) -> list[str]:
    """The files that pin what its trainings and notebooks run in, sorted."""
    nodes = (n for n in wish.topology.nodes.values() if _PINNED & {n.type, *n.ancestry})
    named = {node.properties.get("requirements") for node in nodes if not node.is_off}
    ours = {LOCK} if _has_lab(wish) else set()
    return sorted({str(each) for each in named if each} | ours)


def trains_alone(wish: Wish) -> bool:
    """Whether nothing but trainings and notebooks is to run, each in an environment of its own."""
    nodes = (n for n in wish.topology.nodes.values() if _TRAINING in (n.type, *n.ancestry))
    pinned = all(node.properties.get("requirements") for node in nodes)
    apart = all(each.is_training or each.kind == "notebook" for each in wish.workloads)
    return pinned and bool(wish.workloads) and apart


def _wanted(tree: Tree, wish: Wish) -> set[str]:
    nodes = wish.topology.nodes.values()
    if _asks(wish, _NOTEBOOK):
        return _all(tree, wish)
    if _brings_scripts(wish) or _asks(wish, _JOB):
        return _all(tree, wish) - PROSE_FILES
    archives = (
        node.properties.get("archive") for node in nodes if _MODEL in (node.type, *node.ancestry)
    )
    own = _all(tree, wish) if plugins(wish) else set()
    code = {path for path in own if path.startswith(_PLUGIN_FOLDER)}
    return code | {str(path) for path in archives if path and _is_plain(str(path))}


def _all(tree: Tree, wish: Wish) -> set[str]:
    """The files of the module, by their paths in its folder."""
    start = f"{wish.module.path}/"
    entries = tree.entries(wish.module.path)
    return {entry.path.removeprefix(start) for entry in entries if not entry.is_link}


def _brings_scripts(wish: Wish) -> bool:
    held = [node.operations for node in wish.topology.nodes.values()]
    held += [edge.operations for edge in wish.topology.edges]
    return any(operation.origin == "module" for own in held for operation in own)


def _asks(wish: Wish, role: str) -> bool:
    """Whether a role is asked for: by which programs of the module run as jobs, or notebooks."""
    nodes = wish.topology.nodes.values()
    return any(each.implementation == role for node in nodes for each in node.operations)


def _has_lab(wish: Wish) -> bool:
    """Whether JupyterLab is to run, which is brought."""
    notebooks = (
        node
        for node in wish.topology.nodes.values()
        if any(each.implementation == _NOTEBOOK for each in node.operations)
    )
    return any(node.properties.get("editor") != CODE_SERVER for node in notebooks)


def _unpacked(tree: Tree, path: str) -> Iterator[tuple[str, bytes]]:
    """The files of the archive that holds the topology: the archive becomes a folder."""
    if (tree.size(path) or 0) > csar.MAX_ARCHIVE:
        return
    opened = csar.open_archive(tree.read(path), path, Report())
    if opened is not None:
        yield from opened[0].members()


def _is_plain(path: str) -> bool:
    return "://" not in path and not path.startswith("/") and ".." not in path.split("/")


def _sample(sample: Any) -> Mapping[str, Any]:
    return {
        "name": sample.name,
        "method": sample.method,
        "request": sample.request,
        "response": sample.response,
        "tolerance": sample.tolerance,
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=dict).encode("utf-8", "surrogatepass")
