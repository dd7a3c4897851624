"""References to secrets: what a file may hold in the place of a value. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deepcat.errors import DeepcatError

KINDS = ("env", "file", "vault", "oidc", "keyring")
# A workload may only be given what was meant for workloads, never the workflow's own credentials:
# variables of this prefix, and what lies in Vault below the path that the operator gives in
# `DEEPCAT_WORKLOAD_VAULT`, such as `secret/data/workloads/`.
WORKLOAD_PREFIX = "DEEPCAT_WORKLOAD_"
WORKLOAD_VAULT = "DEEPCAT_WORKLOAD_VAULT"
_REFERENCE = re.compile(rf"({'|'.join(KINDS)}):(\S+)\Z")


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


def missing(reference: Reference, why: str) -> DeepcatError:
    """The error for a secret that is not where its reference points to."""
    return DeepcatError(
        f"the secret `{reference}` is not there: {why}",
        hint="put it there, or name another place",
        code="secret/missing",
    )
