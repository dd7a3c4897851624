"""A deployment's wish as manifests, for who brings them to a cluster by tools of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from deepcat.clouds.manifests.cards import card
from deepcat.clouds.manifests.fetching import MOST_CARRIED
from deepcat.clouds.manifests.forms import FORMS, Files
from deepcat.clouds.manifests.values import DOMAIN, Model, Served, fit
from deepcat.errors import DeepcatError

if TYPE_CHECKING:
    from deepcat.catalog.reading.tree import Tree
    from deepcat.plan.values import Wish
    from deepcat.tosca.topology import Node

_MODEL, _SERVER = "deepcat.nodes.Model", "deepcat.nodes.ModelServer"


def manifests(wish: Wish, tree: Tree, form: str, settings: Served) -> Files:
    """Path -> text of the files that bring a deployment up.

    Args:
        wish: the deployment with all that it refers to.
        tree: that its module is read from.
        form: one of `FORMS`.
        settings: what no wish says: images, namespace, the secret for pulls.

    Raises:
        DeepcatError: it cannot be brought up by manifests alone (``render/workload``), or a model
            cannot come along (``render/model``).
    """
    wanted = served(wish, tree, settings)
    try:
        return FORMS[form](wanted)
    except ValueError as error:
        raise _model(str(error), "give a model's address as its `archive`") from None


def served(wish: Wish, tree: Tree, settings: Served) -> Served:
    """What of a wish is served.

    Raises:
        DeepcatError: as `manifests`.
    """
    name = wish.deployment.name
    _require_plain(wish)
    servers = [node for node in _nodes(wish, _SERVER) if not node.is_off]
    if len(servers) != 1:
        raise _refused(
            f"`{name}` has {len(servers)} model servers", "a server is a deployment here"
        )
    (server,) = servers
    properties = server.properties
    models = tuple(_models(wish, tree, server))
    if len(models) == 1 and properties.get("model_name"):
        models = (replace(models[0], name=str(_plain(properties["model_name"], server))),)
    work = next((each for each in wish.workloads if each.name == server.name), wish.workloads[0])
    request = wish.request
    accelerators = request.largest.accelerators if request else 0
    return replace(
        settings,
        name=fit(name),
        models=models,
        batching=_plain(properties.get("batching"), server),
        environment=dict(_environment(server)),
        cpus=(request.largest.cpus if request else 0) or work.cpus or 1.0,
        memory_MiB=request.largest.memory_MiB if request else work.memory_MiB,
        replicas=max(work.replicas, work.min_replicas, 1),
        least=max(work.min_replicas, 1),
        most=max(work.max_replicas, 1),
        card=_card(wish, accelerators),
        annotations={
            f"{DOMAIN}/module": wish.module.name,
            f"{DOMAIN}/version": wish.module.version,
        },
    )


def _environment(server: Node) -> Iterator[tuple[str, str]]:
    for name, given in (_plain(server.properties.get("environment"), server) or {}).items():
        value = _plain(given, server)
        yield name, value if isinstance(value, str) else json.dumps(value)


def _card(wish: Wish, count: int) -> Any:
    if not count or wish.request is None:
        return None
    wanted = wish.request.accelerator
    model = wanted.models[0] if wanted.models else ""
    try:
        return card(count, wanted.vendor, model, wanted.mig)
    except ValueError as error:
        raise _refused(f"`{wish.deployment.name}`: {error}", "ask for another vendor's") from None


def _require_plain(wish: Wish) -> None:
    """Raise DeepcatError where more runs than servers of models."""
    name = wish.deployment.name
    odd = sorted({kind for each in wish.workloads for kind in each.kinds} - {"service"})
    own = [
        f"`{operation.name}` of `{node.name}`"
        for node in wish.topology.nodes.values()
        for operation in node.operations
        if operation.origin == "module" and not node.is_off
    ]
    if odd:
        hint = "only servers of models run by manifests alone"
        raise _refused(f"`{name}` has a {' and a '.join(odd)}", hint)
    if wish.deployment.access is not None:
        hint = f"{wish.deployment.access.away}, and let what stands before the service ask"
        raise _refused(f"`{name}` says who may call, and no manifest has the server ask", hint)
    if own:
        raise _refused(f"`{name}` runs {own[0]}, a script of the module", "a cluster runs none")


def _nodes(wish: Wish, kind: str) -> Iterator[Node]:
    for node in wish.topology.nodes.values():
        if kind in (node.type, *node.ancestry):
            yield node


def _models(wish: Wish, tree: Tree, server: Node) -> Iterator[Model]:
    ends = [e.target for e in wish.topology.edges if (e.source, e.name) == (server.name, "model")]
    known = {node.name: node for node in _nodes(wish, _MODEL)}
    for node in [known[name] for name in ends if name in known] or list(known.values()):
        told: Mapping[str, Any] = {key: _plain(v, node) for key, v in node.properties.items()}
        name, version = str(told["name"]), int(told.get("version") or 1)
        archive, checksum = str(told["archive"]), str(told.get("sha256") or "")
        if "://" in archive:
            yield Model(name, version, _checked(checksum, node), archive)
            continue
        path = f"{wish.module.path}/{archive}"
        if (tree.size(path) or 0) > MOST_CARRIED:
            raise _model(
                f"`{archive}` takes more than {MOST_CARRIED / 1e6:.0f} MB",
                "give the model's address as its `archive`",
            )
        try:
            content = tree.read(path)
        except (OSError, ValueError):
            raise _model(f"there is no file `{path}`", "see `deepcat check`") from None
        yield Model(name, version, checksum or sha256(content).hexdigest(), content=content)


def _checked(sha256: str, node: Node) -> str:
    if not sha256:
        raise _model(f"`{node.name}` has no `sha256`", "add the checksum of its archive")
    return sha256


def _plain(value: Any, node: Node) -> Any:
    """A value that is known before anything runs."""
    from deepcat.tosca.topology import Deferred

    if isinstance(value, Deferred):
        why = f"a property of `{node.name}` is known only once others run"
        raise _refused(why, "write its value into the topology, or make it an input")
    return value


def _refused(message: str, hint: str) -> DeepcatError:
    return DeepcatError(message, hint=hint, code="render/workload")


def _model(message: str, hint: str) -> DeepcatError:
    return DeepcatError(message, hint=hint, code="render/model")
