"""Names that speak of a secret, and values that only name where one lies. Pure."""

from __future__ import annotations

import re

_SPEAKS = re.compile(
    r"(?:^|[_-])(?:password|passwd|passphrase|pass|secret|token|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|credentials?|client[_-]?secret|auth)$",
    re.IGNORECASE,
)
# As in `jupyterPASSWORD`, the inputs of DEEP's own templates.
_CAPITALS = re.compile(r"[a-z0-9](?:PASSWORD|Password|SECRET|Secret|TOKEN|Token|ApiKey|APIKEY)$")
_REFERENCE = re.compile(r"(?:env|file|vault|oidc|keyring):\S+\Z")


def speaks_of_a_secret(name: str) -> bool:
    """Whether what bears such a name is a secret, as `admin_password` is."""
    return bool(_SPEAKS.search(name) or _CAPITALS.search(name))


def is_reference(value: str) -> bool:
    """Whether a value names where a secret lies, such as ``env:NAME``."""
    return bool(_REFERENCE.match(value))
