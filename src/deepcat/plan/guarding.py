"""What a wish says of who may call, and nothing carries out: refused by name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deepcat.catalog.values import Deployment
from deepcat.plan.given import PLUGIN, SERVER
from deepcat.plan.refusal import Refusal
from deepcat.tosca.topology import Topology
from deepcat.tosca.workload import Workload

_ANSWERING = frozenset({"service", "notebook", "cluster"})
_CODE = "plan/access"


def answers(topology: Topology, work: Sequence[Workload]) -> bool:
    """Whether anything of a topology answers callers, so that a word for all deployments is its."""
    nodes = {name: node for name, node in topology.nodes.items() if not node.is_off}
    serving = {SERVER, PLUGIN}
    return any(serving & {node.type, *node.ancestry} for node in nodes.values()) or any(
        each.kind in _ANSWERING and each.name in nodes for each in work
    )


def refusals(
    topology: Topology, deployment: Deployment, work: Sequence[Workload], *, connects: bool
) -> Iterator[Refusal]:
    """Why nobody would ask who calls, although the wish says so.

    Args:
        topology: with its inputs given.
        deployment: what asks for it.
        work: of the topology.
        connects: whether the catalog's owners let the module's code call out.
    """
    access = deployment.access
    if access is None:
        return
    away = access.away
    nodes = {name: node for name, node in topology.nodes.items() if not node.is_off}
    kinds = {name: {node.type, *node.ancestry} for name, node in nodes.items()}
    if not any(SERVER in own for own in kinds.values()):
        message = "nothing here answers callers, so that nobody asks them for what `access` says"
        yield Refusal(_CODE, message, f"{away}, or serve the module")
    for name, own in kinds.items():
        if PLUGIN in own:
            message = f"`{name}`, a plug-in of DEEPaaS, asks no caller for what `access` says"
            hint = f"{away}, or switch the plug-in off: the server answers DEEPaaS' API"
            yield Refusal(_CODE, message, hint, ("node_templates", name))
    for each in work:
        if each.kind in _ANSWERING and each.name in kinds and SERVER not in kinds[each.name]:
            message = f"`{each.name}`, a `{nodes[each.name].type}`, asks no caller for a key"
            hint = f"{away}: only model servers carry it out"
            yield Refusal(_CODE, message, hint, ("node_templates", each.name))
    if access.issuer and not connects:
        message = (
            f"its server may not call out, and has to ask {access.issuer} for the keys of tokens"
        )
        hint = f"let the catalog's owners name `{deployment.module}` under `allowed_network`"
        yield Refusal(_CODE, message, hint)
