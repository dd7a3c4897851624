"""Who may call: by an API key, by a token of an OpenID provider, by a certificate; and how much."""

from __future__ import annotations

import contextlib
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepcat.serving.contract.status import Code, ServingError
from deepcat.serving.server.keys import Keys
from deepcat.serving.server.limits import FREE, Ledger, Limits

if TYPE_CHECKING:
    from deepcat.serving.server.oidc import Issuer

_UNCOUNTED = contextlib.nullcontext()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows of who calls.

    Attributes:
        authorization: the header of this name.
        api_key: the header ``x-api-key``.
        certificate: the name in the client's certificate, which the connection has verified.
    """

    authorization: str = ""
    api_key: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how much they may ask."""

    name: str
    limits: Limits = FREE


class Access:
    """Decides who calls.

    Where keys or an issuer are named, each request shows a key or a token of theirs. A certificate
    is asked for by the connection, before there is a request.

    Args:
        keys: the API keys, or None.
        issuer: the OpenID provider whose tokens count, or None.
        limits: the bounds of a caller of whom nothing else is said.
    """

    def __init__(
        self, keys: Keys | None = None, issuer: Issuer | None = None, limits: Limits = FREE
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._limits = limits
        self._ledger = Ledger(time.monotonic)
        # Whether whoever calls may ask as much as they like.
        self.is_open = not self.asks and limits == FREE

    @property
    def asks(self) -> bool:
        """Whether a request has to show a key or a token."""
        return self._keys is not None or self._issuer is not None

    async def caller(self, shown: Shown) -> Caller | None:
        """Who calls; None for somebody without a name.

        Raises:
            ServingError: UNAUTHENTICATED, PERMISSION_DENIED, or UNAVAILABLE where the issuer's
                keys cannot be had.
        """
        if not self.asks:
            name = shown.certificate
            return Caller(f"certificate {name}", self._limits) if name else None
        scheme, _, bearer = shown.authorization.partition(" ")
        bearer = bearer.strip() if scheme.lower() == "bearer" else ""
        given = shown.api_key or bearer
        if not given:
            raise _refused("This server asks for a key or a token")
        if self._keys is not None and (key := self._keys.find(given)):
            return Caller(f"key {key.name}", key.limits)
        if self._issuer is not None and bearer.count(".") == 2:
            return Caller(f"subject {await self._issuer.subject(bearer)}", self._limits)
        raise _refused("The key or token is not known here")

    def using(self, caller: Caller | None) -> AbstractContextManager[None]:
        """Count one request of a caller for as long as it runs; all without a name are one.

        Raises:
            FullError: the caller is over a bound.
        """
        caller = caller or Caller("", self._limits)
        if caller.limits == FREE:
            return _UNCOUNTED
        return self._ledger.using(caller.name, caller.limits)


def _refused(message: str) -> ServingError:
    return ServingError(Code.UNAUTHENTICATED, message)
