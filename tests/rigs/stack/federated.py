"""An OpenID provider that the cloud's identity service trusts."""

from __future__ import annotations

from stack.cloud import PROJECT, Stack
from stack.settings import url

NAME, PROTOCOL, MAPPING = "partner", "mapped", "partners"


def federate(stack: Stack, issuer: str) -> dict[str, str]:
    """Let in whom a provider names; gives the login of a cloud's file, but for the token.

    Args:
        stack: the cloud.
        issuer: the provider's address.
    """
    stack.services.issuer.write_text(issuer)
    identity = stack.admin().identity
    group = identity.create_group(name="partners", domain_id="default")
    project = identity.find_project(PROJECT)
    identity.assign_project_role_to_group(project, group, identity.find_role("member"))
    rule = {
        "local": [{"user": {"name": "{0}"}}, {"group": {"id": group.id}}],
        "remote": [{"type": "OIDC_SUB"}],
    }
    identity.create_mapping(id=MAPPING, rules=[rule])
    identity.create_identity_provider(id=NAME, is_enabled=True, remote_ids=[issuer])
    identity.create_federation_protocol(NAME, id=PROTOCOL, mapping_id=MAPPING)
    return {
        "address": f"{url(stack.services.ports, 'keystone')}/v3", "provider": NAME,
        "protocol": PROTOCOL, "project": project.id,
    }  # fmt: skip
