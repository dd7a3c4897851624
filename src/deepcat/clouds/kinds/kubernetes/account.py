"""How a cluster is reached and by whose rights, by its section and a kubeconfig's text. Pure.

A kubeconfig can run programs, go round the check of certificates and send what a file holds: what
a reader would not expect of a mere setting is refused before the client library sees it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import yaml

from deepcat.catalog.values import Cloud
from deepcat.clouds.kinds.kubernetes.schema import SECTION
from deepcat.errors import DeepcatError

Section = Mapping[str, Any]
_CODE = "run/kubeconfig"
# Each step reads it anew: in C it takes a tenth of the time.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ODD = (
    *("auth-provider", "as", "as-groups", "as-uid", "as-user-extra"),
    *("tokenFile", "username", "password"),
)


def section(cloud: Cloud) -> Section:
    """The kind's own part of a cloud's file.

    Raises:
        DeepcatError: there is none, or it does not say how it is reached (``run/cluster``).
    """
    own = cloud.data.get(SECTION)
    if isinstance(own, Mapping) and own.keys() >= {"login", "namespace", "image"}:
        return own
    message = f"{cloud.path} does not say how its cluster is reached"
    hint = f"add `{SECTION}` with `login`, `namespace` and `image`; see `deepcat check`"
    raise DeepcatError(message, hint=hint, code="run/cluster")


def config(own: Section, text: str, token: str) -> dict[str, Any]:
    """A kubeconfig with one context that says all and nothing that was not allowed.

    Args:
        own: `login` of the kind's part of the cloud's file.
        text: of the kubeconfig that it refers to; empty where it names a server.
        token: that it refers to; empty where the kubeconfig says who calls.

    Raises:
        DeepcatError: it says what may not be (``run/kubeconfig``).
    """
    if own.get("server"):
        return _made(own, token)
    data = _read(text)
    context = _named(data, "contexts", str(own.get("context") or data.get("current-context") or ""))
    inner = context.get("context") or {}
    cluster = _named(data, "clusters", str(inner.get("cluster") or ""))
    user = _named(data, "users", str(inner.get("user") or ""))
    _require_checked(cluster.get("cluster") or {})
    _require_quiet(user.get("user") or {}, own.get("programs") or ())
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context["name"],
        "contexts": [context],
        "clusters": [cluster],
        "users": [user],
    }


def server(kubeconfig: Mapping[str, Any]) -> str:
    """The address of the API server that `config` gave."""
    return str(kubeconfig["clusters"][0]["cluster"]["server"]).rstrip("/")


def _made(own: Section, token: str) -> dict[str, Any]:
    cluster: dict[str, Any] = {"server": own["server"]}
    if own.get("authority"):
        pem = base64.b64encode(str(own["authority"]).encode()).decode()
        cluster["certificate-authority-data"] = pem
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": {"token": token}}],
    }


def _read(text: str) -> Mapping[str, Any]:
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 - a safe one
    except (yaml.YAMLError, RecursionError, ValueError):
        data = None
    if not isinstance(data, Mapping):
        raise _error("the kubeconfig is no mapping of YAML", "see `kubectl config view`")
    return data


def _named(data: Mapping[str, Any], part: str, name: str) -> dict[str, Any]:
    listed = data.get(part)
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and each.get("name") == name:
            inner = each.get(part[:-1])
            if isinstance(inner, Mapping):
                return {"name": name, part[:-1]: dict(inner)}
    hint = "name one of its contexts as `context`"
    raise _error(f"the kubeconfig has no `{name or '?'}` among its {part}", hint)


def _require_checked(cluster: Mapping[str, Any]) -> None:
    address = str(cluster.get("server") or "")
    if not address.startswith("https://") or "@" in address:
        raise _error("the kubeconfig's server is no https address", "give one that brings TLS")
    if cluster.get("insecure-skip-tls-verify"):
        hint = "give the authority's certificates as `certificate-authority-data`"
        raise _error("the kubeconfig goes without a check of the server's certificate", hint)


def _require_quiet(user: Mapping[str, Any], allowed: Any) -> None:
    """Raise DeepcatError where somebody else would be called, run or played."""
    for word in _ODD:
        if user.get(word):
            raise _error(f"the kubeconfig's user has `{word}`", "use a token or a certificate")
    asked = user.get("exec")
    if not asked:
        return
    program = str(asked.get("command") or "") if isinstance(asked, Mapping) else ""
    if program not in allowed:
        raise _error(
            f"the kubeconfig would run the program `{program[:200]}`",
            "name it under `programs` of the cloud's file, or use a token or a certificate",
        )


def _error(message: str, hint: str) -> DeepcatError:
    return DeepcatError(message, hint=hint, code=_CODE)
