"""Who calls an OpenStack and where, by a cloud's file and the text of a `clouds.yaml`. Pure.

What would send a secret in clear, or go without a check of who answers, is refused before the
client library sees it; so is what would have it fetch more settings from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import yaml

from deepcat.catalog.values import Cloud
from deepcat.clouds.kinds.openstack.schema import SCHEMA, SECTION
from deepcat.errors import DeepcatError

Section = Mapping[str, Any]
# What a login is made by; each is carried out by the client library as it stands.
_TYPES = frozenset(
    {"password", "v3password", "token", "v3token", "v3applicationcredential", "v3oidcaccesstoken"}
)
_KEPT = ("region_name", "interface", "cacert", "cert", "key", "identity_api_version")
_ELSEWHERE = ("profile", "cloud", "vendor_hook")


def section(cloud: Cloud) -> Section:
    """The kind's own part of a cloud's file.

    Raises:
        DeepcatError: there is none, or it does not say enough (``run/openstack``).
    """
    own = cloud.data.get(SECTION)
    needs = SCHEMA["required"]
    if isinstance(own, Mapping) and own.keys() >= set(needs):
        return own
    listed = ", ".join(f"`{each}`" for each in needs)
    raise DeepcatError(
        f"{cloud.path} does not say how its OpenStack is used",
        hint=f"add `{SECTION}` with {listed}; see `deepcat check`",
        code="run/openstack",
    )


def config(own: Section, text: str, secret: str) -> dict[str, Any]:
    """What the client library is given.

    Args:
        own: `login` of the kind's part of the cloud's file.
        text: of the `clouds.yaml` that it refers to; empty where it refers to none.
        secret: of the application credential, or the token; empty where there is none.

    Raises:
        DeepcatError: it says what may not be (``run/login``).
    """
    if "clouds" in own:
        return _of_file(own, text)
    region = {"region_name": str(own["region"])} if own.get("region") else {}
    auth: dict[str, Any] = {"auth_url": own["address"]}
    require_safe(str(own["address"]))
    if "id" in own:
        auth |= {
            "application_credential_id": own["id"],
            "application_credential_secret": secret,
        }
        return {"auth_type": "v3applicationcredential", "auth": auth, **region}
    auth |= {
        "access_token": secret, "identity_provider": own["provider"],
        "protocol": own["protocol"], "project_id": own["project"],
    }  # fmt: skip
    return {"auth_type": "v3oidcaccesstoken", "auth": auth, **region}


def require_safe(address: str) -> None:
    """Raise DeepcatError unless what is sent there is read by nobody on the way."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc:
        return
    if parts.scheme == "http" and _is_loopback(parts.hostname or "") and "@" not in parts.netloc:
        return
    raise _error(f"`{address[:200]}` is no https address", "give one that brings TLS")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _of_file(own: Section, text: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        data = None
    clouds = data.get("clouds") if isinstance(data, Mapping) else None
    if not isinstance(clouds, Mapping):
        raise _error("the `clouds.yaml` names no clouds", "see the section `clouds` of such a file")
    told = clouds.get(own["cloud"])
    if not isinstance(told, Mapping) or not isinstance(told.get("auth"), Mapping):
        raise _error(f"the `clouds.yaml` has no `{own['cloud']}`", "name one of its clouds")
    for word in _ELSEWHERE:
        if told.get(word):
            raise _error(f"the `clouds.yaml` has `{word}`", "write what it stands for instead")
    if told.get("verify") in (False, "false", "no", 0) or told.get("insecure"):
        hint = "give the authority's certificates as `cacert`"
        raise _error("the `clouds.yaml` goes without a check of the certificate", hint)
    kind = str(told.get("auth_type") or "password")
    if kind not in _TYPES:
        hint = f"use one of {', '.join(sorted(_TYPES))}"
        raise _error(f"the `clouds.yaml` logs in by `{kind[:100]}`", hint)
    require_safe(str(told["auth"].get("auth_url") or ""))
    kept = {name: told[name] for name in _KEPT if told.get(name)}
    return {"auth_type": kind, "auth": dict(told["auth"]), **kept}


def _error(message: str, hint: str) -> DeepcatError:
    return DeepcatError(message, hint=hint, code="run/login")
