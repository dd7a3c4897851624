"""Secrets of others that a topology asks for, once its inputs are given. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from deepcat.catalog.access import Access
from deepcat.catalog.judging.named_secrets import HINT, people_of
from deepcat.catalog.values import Deployment, Module
from deepcat.plan.refusal import Refusal
from deepcat.plan.secret_lookups import references
from deepcat.secrets.owners import SecretOwners
from deepcat.secrets.reference import parse
from deepcat.tosca.topology import Topology


def foreign(
    topology: Topology,
    deployment: Deployment,
    module: Module,
    literal: Collection[str],
    owners: SecretOwners,
) -> Iterator[Refusal]:
    """Secrets that a topology asks for once its inputs are given, and that are of other people.

    What the deployment's author wrote must be that author's; what stands in the module, its
    maintainers'. What neither wrote alone, such as one half each, must belong to both.

    Args:
        topology: with its inputs given.
        deployment: whose inputs they are.
        module: whose topology it is.
        literal: references as they stand in the module's templates.
        owners: who owns what.
    """
    given_ = set(_texts(deployment.inputs))
    access = deployment.access or Access()
    named = [("keys", key.secret) for key in access.keys]
    if access.tls:
        named += [("tls", access.tls.certificate), ("tls", access.tls.key)]
    for word, text in named:
        reference = parse(text)
        whose = people_of(deployment.path, deployment.data)
        if reference and (
            why := owners.why_not(reference, None if word in access.inherited else whose)
        ):
            yield Refusal("secret/owner", f"the secret `{text}` {why}", HINT)
    for reference in references(topology):
        text = str(reference)
        named_by = []
        if text in given_ or text not in literal:
            named_by.append(people_of(deployment.path, deployment.data))
        if text not in given_:
            named_by.append(people_of(module.path, module.data))
        for who in named_by:
            if why := owners.why_not(reference, who):
                yield Refusal("secret/owner", f"the secret `{text}` {why}", HINT)
                break


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
