"""EDGE of secrets: a reference looked up where it points to.

What `resolve` gives is remembered for as long as the process lives, and `mask` takes it out of any
text. Files, the environment, Vault, a workflow's identity and the keyring are asked here alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deepcat.errors import DeepcatError
from deepcat.extras import not_installed
from deepcat.secrets.mask import remember
from deepcat.secrets.reference import (
    WORKLOAD_VAULT,
    Reference,
    missing,
    parse,
    require_for_workload,
)

_OF_VAULT = ("VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_CACERT")
_OF_THE_RUNNER = ("ACTIONS_", "CI_", "GITHUB_", "RUNNER_", "VAULT_")
_TIMEOUT_S = 10
_MAX_BYTES = 1_048_576


def resolve(
    text: str, environment: Mapping[str, str] | None = None, *, for_workload: bool = False
) -> str:
    """The secret itself; from now on `mask` knows it.

    Args:
        text: a reference.
        environment: `os.environ` when None.
        for_workload: whether the value goes to what a deployment's author wrote, who must not get
            at anything but ``env:DEEPCAT_WORKLOAD_…``.

    Raises:
        DeepcatError: ``secret/reference`` (no reference), ``secret/forbidden``, ``secret/missing``
            or ``secret/unavailable``; the message names the reference, never a value.
    """
    environment = os.environ if environment is None else environment
    reference = parse(text)
    if reference is None:
        raise DeepcatError(
            "a secret must be given as a reference, such as `env:NAME`",
            hint="put the secret where the reference points to, and take it out of Git",
            code="secret/reference",
        )
    _forbid(reference, environment, for_workload)
    value = {
        "env": _from_environment,
        "file": _from_file,
        "vault": _from_vault,
        "oidc": _from_oidc,
        "keyring": _from_keyring,
    }[reference.kind](reference, environment)
    remember(value)
    return value


def environment(
    references: Iterable[Reference], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What Ansible's environment must hold so that its look-ups find a workload's secrets.

    Args:
        references: what is looked up.
        given: `os.environ` when None.

    Raises:
        DeepcatError: as `resolve`; what lies in Vault is only asked for by the look-up itself.
    """
    given = os.environ if given is None else given
    found: dict[str, str] = {}
    for reference in references:
        if reference.kind == "vault":
            _forbid(reference, given, for_workload=True)
            found |= _vault_environment(reference, given)
        else:
            found[reference.name] = resolve(str(reference), given, for_workload=True)
    return found


def _forbid(reference: Reference, given: Mapping[str, str], for_workload: bool) -> None:
    name = reference.name
    if for_workload:
        require_for_workload(reference)
        below = given.get(WORKLOAD_VAULT, "").strip("/")
        if reference.kind == "vault" and not (below and name.startswith(f"{below}/")):
            raise DeepcatError(
                f"a workload may not be given `{reference}`",
                hint=f"only what lies below the path in `{WORKLOAD_VAULT}` is meant for workloads",
                code="secret/forbidden",
            )
    if reference.kind == "env" and name.startswith(_OF_THE_RUNNER):
        raise DeepcatError(
            f"`{reference}` belongs to the workflow itself",
            hint="give the credentials a name of their own",
            code="secret/forbidden",
        )


def _from_environment(reference: Reference, environment: Mapping[str, str]) -> str:
    value = environment.get(reference.name, "")
    if not value:
        raise missing(reference, "the environment does not have it")
    return value


def _from_file(reference: Reference, environment: Mapping[str, str]) -> str:
    home = environment.get("HOME", "")
    path = Path(home, reference.name[2:]) if reference.name[:2] == "~/" else Path(reference.name)
    if not path.is_absolute():
        raise missing(reference, "its path is not absolute")
    try:
        with path.open(encoding="utf-8") as stream:
            value = stream.read(_MAX_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise missing(reference, type(error).__name__) from None
    if not value.strip():
        raise missing(reference, "the file is empty")
    return value.removesuffix("\n")


def _from_vault(reference: Reference, environment: Mapping[str, str]) -> str:
    given = _vault_environment(reference, environment)
    try:
        import hvac
    except ImportError:
        raise not_installed("vault", "hvac", "secret/unavailable", asks=f"`{reference}`") from None
    client = hvac.Client(
        url=given["VAULT_ADDR"],
        token=given["VAULT_TOKEN"],
        namespace=given.get("VAULT_NAMESPACE"),
        timeout=_TIMEOUT_S,
        verify=given.get("VAULT_CACERT") or True,
    )
    try:
        answer: Any = client.read(reference.name)
    except Exception as error:
        raise missing(reference, f"Vault: {type(error).__name__}") from None
    data: Any = (answer or {}).get("data") or {}
    # The second version of Vault's key-value store wraps the data once more.
    inner = data.get("data") if isinstance(data.get("data"), Mapping) else data
    value = inner.get(reference.key)
    if not isinstance(value, str) or not value:
        raise missing(reference, "Vault does not have it")
    return value


def _vault_environment(reference: Reference, given: Mapping[str, str]) -> dict[str, str]:
    """How Vault is reached."""
    found = {name: given[name] for name in _OF_VAULT if given.get(name)}
    if "VAULT_ADDR" not in found or "VAULT_TOKEN" not in found or not reference.key:
        raise missing(reference, "it needs VAULT_ADDR, VAULT_TOKEN and a `#KEY`")
    remember(found["VAULT_TOKEN"])
    return found


def _from_oidc(reference: Reference, environment: Mapping[str, str]) -> str:
    """A short-lived token of the workflow's own identity, for clouds that accept it."""
    url = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
    token = environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
    if not (url.startswith(("https://", "http://127.0.0.1:")) and token):
        raise missing(reference, "this is no workflow with the permission `id-token: write`")
    remember(token)
    import urllib.error
    import urllib.request

    audience = urllib.parse.urlencode({"audience": reference.name})
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        f"{url}{'&' if '?' in url else '?'}{audience}", headers={"Authorization": f"bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            value = json.loads(answer.read(_MAX_BYTES)).get("value")
    except urllib.error.HTTPError as error:
        error.close()
        raise missing(reference, f"the forge answered {error.code}") from None
    except (OSError, ValueError, AttributeError) as error:
        raise missing(reference, type(error).__name__) from None
    if not isinstance(value, str) or not value:
        raise missing(reference, "the forge gave no token")
    return value


def _from_keyring(reference: Reference, environment: Mapping[str, str]) -> str:  # noqa: ARG001
    try:
        import keyring
    except ImportError:
        raise not_installed(
            "keyring", "keyring", "secret/unavailable", asks=f"`{reference}`"
        ) from None
    service, _, user = reference.name.partition("/")
    value = keyring.get_password(service, user)
    if not value:
        raise missing(reference, "the keyring does not have it")
    return str(value)
