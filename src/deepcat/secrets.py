"""Secrets by reference: Git holds `env:NAME`, never a value, and no output shows what was resolved.

A reference is one of ``env:NAME``, ``file:PATH``, ``vault:PATH#KEY``, ``oidc:AUDIENCE`` and
``keyring:SERVICE/USER``. What `resolve` gives is remembered for as long as the process lives, and
`mask` takes it out of any text.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from deepcat.errors import DeepcatError

MASK = "•••"
KINDS = ("env", "file", "vault", "oidc", "keyring")
# A workload may only be given what was meant for workloads, never the workflow's own credentials:
# variables of this prefix, and what lies in Vault below the path that the operator gives in
# `DEEPCAT_WORKLOAD_VAULT`, such as `secret/data/workloads/`.
WORKLOAD_PREFIX = "DEEPCAT_WORKLOAD_"
WORKLOAD_VAULT = "DEEPCAT_WORKLOAD_VAULT"
_OF_VAULT = ("VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_CACERT")
_REFERENCE = re.compile(rf"({'|'.join(KINDS)}):(\S+)\Z")
_OF_THE_RUNNER = ("ACTIONS_", "CI_", "GITHUB_", "RUNNER_", "VAULT_")
# Shorter texts stand in every output by chance.
_LEAST = 4
_TIMEOUT_S = 10
_MAX_BYTES = 1_048_576

_known: set[str] = set()


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret lies.

    Attributes:
        kind: one of `KINDS`.
        name: what follows the colon; for ``vault`` without the key.
        key: of ``vault``; else empty.
    """

    kind: str
    name: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" + (f"#{self.key}" if self.key else "")


def parse(text: object) -> Reference | None:
    """The reference that a text is, or None when it is none."""
    match = _REFERENCE.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    name, _, key = match[2].partition("#") if match[1] == "vault" else (match[2], "", "")
    return Reference(match[1], name, key)


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


def require_for_workload(reference: Reference) -> None:
    """Raise DeepcatError (``secret/forbidden``) unless a workload may name such a place at all."""
    name = reference.name
    if reference.kind == "env" and name.startswith(WORKLOAD_PREFIX) and name != WORKLOAD_VAULT:
        return
    if reference.kind == "vault" and reference.key and ".." not in name.split("/"):
        return
    raise DeepcatError(
        f"a workload may not be given `{reference}`",
        hint=f"only `env:{WORKLOAD_PREFIX}…` and `vault:PATH#KEY` are meant for workloads",
        code="secret/forbidden",
    )


def ansible_expression(reference: Reference) -> str:
    """The look-up by which Ansible itself resolves it, so that the value never leaves the play.

    The names are quoted as Python texts inside our own expression: nothing in them is a template.
    """
    lookups = {
        "env": ("ansible.builtin.env", reference.name),
        "file": ("ansible.builtin.file", reference.name),
        "vault": ("community.hashi_vault.hashi_vault", f"{reference.name}:{reference.key}"),
    }
    if reference.kind not in lookups:
        raise DeepcatError(
            f"Ansible cannot look up `{reference}`",
            hint="use `env:`, `file:` or `vault:` here",
            code="secret/unavailable",
        )
    plugin, argument = lookups[reference.kind]
    if re.search(r"[{}'\"\\%#]", argument):
        raise _missing(reference, "its name holds a character that no secret's name needs")
    return "{{ lookup('" + plugin + "', '" + argument + "') }}"


def remember(value: str) -> None:
    """Let `mask` take this value, and its lines, out of every text."""
    for part in (value, *value.splitlines()):
        if len(part.strip()) >= _LEAST:
            _known.update(_spellings(part.strip()))


def mask(text: str) -> str:
    """The text without any secret that was resolved, however it is spelt."""
    if not _known:
        return text
    for value in sorted(_known, key=len, reverse=True):
        if value in text:
            text = text.replace(value, MASK)
    return text


def mask_data(value: Any) -> Any:
    """The same mappings, lists and texts without any secret."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask_data(key): mask_data(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_data(each) for each in value]
    return value


def forget() -> None:
    """Know no secret any more; for tests."""
    _known.clear()


class MaskedStream:
    """A text stream that lets no secret through; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, masked; gives the number of characters taken."""
        self._stream.write(mask(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write many, each masked."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _spellings(value: str) -> set[str]:
    """A value as it may turn up: in JSON, in an address, in a shell word, in base64."""
    raw = value.encode()
    found = {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        urllib.parse.quote(value, safe=""),
        urllib.parse.quote_plus(value),
        shlex.quote(value),
    }
    for shift in range(3):
        # Inside a longer text, base64 spells the value in one of three ways; at its ends, bits of
        # its neighbours are mixed in.
        text = base64.b64encode(b"\0" * shift + raw).decode()
        inner = text[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        if len(inner) >= 2 * _LEAST:
            found |= {inner, inner.replace("+", "-").replace("/", "_")}
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
        raise _missing(reference, "the environment does not have it")
    return value


def _from_file(reference: Reference, environment: Mapping[str, str]) -> str:
    home = environment.get("HOME", "")
    path = Path(home, reference.name[2:]) if reference.name[:2] == "~/" else Path(reference.name)
    if not path.is_absolute():
        raise _missing(reference, "its path is not absolute")
    try:
        with path.open(encoding="utf-8") as stream:
            value = stream.read(_MAX_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise _missing(reference, type(error).__name__) from None
    if not value.strip():
        raise _missing(reference, "the file is empty")
    return value.removesuffix("\n")


def _from_vault(reference: Reference, environment: Mapping[str, str]) -> str:
    given = _vault_environment(reference, environment)
    try:
        import hvac
    except ImportError:
        raise DeepcatError(
            f"`{reference}` needs the library hvac",
            hint="install it with `pip install 'deepcat[vault]'`",
            code="secret/unavailable",
        ) from None
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
        raise _missing(reference, f"Vault: {type(error).__name__}") from None
    data: Any = (answer or {}).get("data") or {}
    # The second version of Vault's key-value store wraps the data once more.
    inner = data.get("data") if isinstance(data.get("data"), Mapping) else data
    value = inner.get(reference.key)
    if not isinstance(value, str) or not value:
        raise _missing(reference, "Vault does not have it")
    return value


def _vault_environment(reference: Reference, given: Mapping[str, str]) -> dict[str, str]:
    """How Vault is reached."""
    found = {name: given[name] for name in _OF_VAULT if given.get(name)}
    if "VAULT_ADDR" not in found or "VAULT_TOKEN" not in found or not reference.key:
        raise _missing(reference, "it needs VAULT_ADDR, VAULT_TOKEN and a `#KEY`")
    remember(found["VAULT_TOKEN"])
    return found


def _from_oidc(reference: Reference, environment: Mapping[str, str]) -> str:
    """A short-lived token of the workflow's own identity, for clouds that accept it."""
    url = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
    token = environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
    if not (url.startswith(("https://", "http://127.0.0.1:")) and token):
        raise _missing(reference, "this is no workflow with the permission `id-token: write`")
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
        raise _missing(reference, f"the forge answered {error.code}") from None
    except (OSError, ValueError, AttributeError) as error:
        raise _missing(reference, type(error).__name__) from None
    if not isinstance(value, str) or not value:
        raise _missing(reference, "the forge gave no token")
    return value


def _from_keyring(reference: Reference, environment: Mapping[str, str]) -> str:  # noqa: ARG001
    try:
        import keyring
    except ImportError:
        raise DeepcatError(
            f"`{reference}` needs the library keyring",
            hint="install it with `pip install keyring`",
            code="secret/unavailable",
        ) from None
    service, _, user = reference.name.partition("/")
    value = keyring.get_password(service, user)
    if not value:
        raise _missing(reference, "the keyring does not have it")
    return str(value)


def _missing(reference: Reference, why: str) -> DeepcatError:
    return DeepcatError(
        f"the secret `{reference}` is not there: {why}",
        hint="put it there, or name another place",
        code="secret/missing",
    )
